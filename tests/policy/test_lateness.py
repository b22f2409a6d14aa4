"""What each word on lateness does to each kind of timed step, and that no word in the shipped packs is idle.

Monday is 2026-03-30, 09:00 in Berlin and Stockholm, the day after the clocks went forward.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from bridge.account import Account, SupportPeriod
from bridge.decision.records import action_name, action_value
from bridge.errors import InputError
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.evaluation.misfire import is_timed
from bridge.policy.lint.durations import idle_lateness
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.pack_parts import parts
from bridge.policy.rules.clock import ClockRule
from bridge.ticket import Actor, Approval, Channel, Role
from bridge.yamlio.problems import dotted

from .ticket_simulation import AGENT, TicketSimulation

MONDAY = datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
SATURDAY = timedelta(days=5, hours=5)
"""From Monday to Saturday noon, when every office is closed."""
NEXT_MONDAY = datetime(2026, 4, 6, 7, 0, tzinfo=UTC)
BOSS = Actor(role=Role.CUSTOMER, email="boss@acme.example")
Done = list[tuple[datetime, str, str | int]]


def opened(
    policy: Policy, channel: Channel = Channel.PORTAL, ends: date | None = None, **facts: Any
) -> TicketSimulation:
    """A ticket of Monday morning that the bridge has seen."""
    account = Account(
        name="Acme",
        time_zone="Europe/Berlin",
        management=frozenset({BOSS.email}),
        roles={"team_lead": "lead@vendor.example"},
        support=SupportPeriod(ends=ends),
    )
    ticket = TicketSimulation.fresh(policy, channel, **facts).ticket.model_copy(update={"created_at": MONDAY})
    simulation = TicketSimulation(policy, InMemoryHelpdesk(ticket, account))
    simulation.review()
    return simulation


def then(simulation: TicketSimulation, *events: tuple[str, Any]) -> TicketSimulation:
    for event in events:
        simulation.apply_event(event)
    simulation.review()
    return simulation


def status(to: str) -> tuple[str, Any]:
    return "status", (AGENT, to)


def authorised(policy: Policy) -> TicketSimulation:
    """OnCleverSoft: schedule and severity are authorised, and no engineer is assigned."""
    simulation = then(opened(policy), ("fact:severity", (AGENT, "major")), ("fact:schedule", (AGENT, "this week")))
    simulation.helpdesk.record(
        Approval(at=simulation.helpdesk.now, actor=BOSS, gate="severity_and_schedule", granted=True)
    )
    return then(simulation)


@dataclass(frozen=True)
class Outage:
    """A ticket on which a step falls due while the bridge is away."""

    begins: Callable[[Policy], TicketSimulation]
    away: timedelta = SATURDAY
    unseen: tuple[tuple[timedelta, tuple[str, Any]], ...] = ()
    """What happens meanwhile, and after how long."""
    overrides: dict[str, Any] = field(default_factory=dict)
    """What lets the step fall due, where the pack has no number for it or a very small one."""

    def policy(self, pack: str, path: tuple[str | int, ...] = (), setting: str = "") -> Policy:
        source = load_policy(pack, self.overrides).source
        return Policy.of(_with(source, (*path, "if_late"), setting) if setting else source)

    def back(self, policy: Policy) -> TicketSimulation:
        """The moment at which the bridge is back, and has not looked yet."""
        simulation = self.begins(policy)
        start = simulation.helpdesk.now
        for after, event in self.unseen:
            simulation.helpdesk.now = start + after
            simulation.apply_event(event)
        simulation.helpdesk.now = start + self.away
        return simulation

    def done(self, policy: Policy) -> Done:
        """What the bridge does from its return on, for two weeks."""
        simulation = self.back(policy)
        before = len(simulation.done)
        simulation.review()
        simulation.review_until(simulation.helpdesk.now + timedelta(days=14))
        return done_since(simulation, before)

    def never_away(self, policy: Policy) -> Done:
        simulation = self.begins(policy)
        start, before = simulation.helpdesk.now, len(simulation.done)
        for after, event in self.unseen:
            simulation.review_until(start + after)
            then(simulation, event)
        simulation.review_until(start + self.away + timedelta(days=14))
        return done_since(simulation, before)


def done_since(simulation: TicketSimulation, since: int = 0) -> Done:
    return [(at, action_name(action), action_value(action)) for at, action in simulation.done[since:]]


def _with(source: Any, path: tuple[str | int, ...], setting: str) -> Any:
    """A pack with another word at a place."""
    step, *rest = path
    inner = _with(source[step], tuple(rest), setting) if rest else setting
    if isinstance(source, list):
        return [inner if index == step else value for index, value in enumerate(source)]
    return {**source, step: inner}


def clock(name: str, **facts: Any) -> dict[str, Any]:
    """A clock that warns long before it is due, at 10 %; the bridge is back when a quarter has passed."""
    hours = 6 if facts.get("calendar") else 2
    return {"overrides": {"clocks": [{"name": name, "warn_at_percent": 10, **facts}]}, "away": timedelta(hours=hours)}


def rated(**facts: Any) -> Callable[[Policy], TicketSimulation]:
    return lambda policy: opened(policy, Channel.PHONE, **facts)


def waiting(to: str, **facts: Any) -> Callable[[Policy], TicketSimulation]:
    return lambda policy: then(opened(policy, **facts), status(to))


def written(policy: Policy) -> TicketSimulation:
    """Mattermost: a customer has written after the ticket was made."""
    return then(opened(policy), ("reply", Actor(role=Role.CUSTOMER, email="help@acme.example")))


FULL_DAY = {"targets": {"normal": "24h"}, "calendar": "always"}
ASKED_TWICE = ((timedelta(hours=1), ("escalate", None)), (timedelta(hours=2), ("escalate", None)))

OUTAGES: dict[str, dict[str, Outage]] = {
    "maas360": {
        "clocks[0]": Outage(rated(affected="individual"), **clock("first_response")),
        "clocks[1]": Outage(rated(affected="individual"), away=timedelta(hours=20)),
        "waiting[0]": Outage(waiting("waiting_customer")),
        "waiting[1]": Outage(waiting("customer_update_required"), away=timedelta(days=9)),
        "escalation": Outage(rated(affected="all")),
    },
    "maintmaster": {
        "clocks[0]": Outage(opened, **clock("first_response", targets={"low": "8h"})),
        "waiting[0]": Outage(waiting("waiting_customer"), away=timedelta(days=7) + SATURDAY),
        "escalation.on_request": Outage(opened, unseen=ASKED_TWICE),
    },
    "erp_maestro": {
        "clocks[0]": Outage(rated(severity="1"), **clock("work_start", targets={"1": "3h"})),
        "clocks[1]": Outage(rated(severity="2"), **clock("first_response")),
        "clocks[2]": Outage(rated(severity="1"), **clock("completion", calendar="always")),
        "reactions[6]": Outage(waiting("waiting_customer", severity="1")),
    },
    "mattermost": {
        "clocks[0]": Outage(opened, **clock("first_response", **FULL_DAY)),
        "clocks[1]": Outage(written, **clock("next_reply", **FULL_DAY)),
        "clocks[2]": Outage(opened, **clock("status_update", **FULL_DAY)),
    },
    "oncleversoft": {
        "clocks[0]": Outage(rated(severity="critical"), **clock("first_response")),
        "clocks[1]": Outage(rated(severity="critical"), **clock("completion", targets={"critical": "8h"})),
        "reactions[0]": Outage(authorised),
        "support_period": Outage(lambda policy: opened(policy, ends=date(2026, 3, 31))),
        "support_period.renewal": Outage(lambda policy: opened(policy, ends=date(2026, 5, 1))),
    },
}
"""Pack -> place of a word -> an outage in which the step comes late."""


def each_other_setting() -> Iterator[Any]:
    """Every other word that could stand at each place of the shipped packs, and makes a difference there."""
    for pack in packs():
        for path, part in parts(load_policy(pack)):
            for setting in (
                get_args(type(part).model_fields["if_late"].annotation) if "if_late" in part.model_fields_set else ()
            ):
                changed = Policy.of(_with(load_policy(pack).source, (*path, "if_late"), setting))
                if setting != dict(part)["if_late"] and not list(idle_lateness(changed)):
                    yield pytest.param(pack, path, setting, id=f"{pack} {dotted(path)} {setting}")


other_settings = pytest.mark.parametrize(("pack", "path", "setting"), list(each_other_setting()))


@pytest.mark.parametrize("pack", packs())
def test_every_timed_step_of_a_shipped_pack_says_what_happens_when_it_is_late(pack: str) -> None:
    steps = [(path, part) for path, part in parts(load_policy(pack)) if is_timed(part) or isinstance(part, ClockRule)]
    assert steps
    assert [dotted(path) for path, part in steps if "if_late" not in part.model_fields_set] == []


@other_settings
def test_another_setting_in_a_shipped_pack_changes_what_happens_after_an_outage(
    pack: str, path: Any, setting: str
) -> None:
    outage = OUTAGES[pack][dotted(path)]
    assert outage.done(outage.policy(pack, path, setting)) != outage.done(outage.policy(pack))


@other_settings
def test_a_bridge_that_was_never_down_does_the_same_whatever_the_setting(pack: str, path: Any, setting: str) -> None:
    outage = OUTAGES[pack][dotted(path)]
    assert outage.never_away(outage.policy(pack, path, setting)) == outage.never_away(outage.policy(pack))


@other_settings
def test_a_late_decision_stays_the_same_until_it_asks_to_be_made_again(pack: str, path: Any, setting: str) -> None:
    """Nothing of it has been carried out: what is held back for an opening knows when that comes."""
    outage = OUTAGES[pack][dotted(path)]
    simulation = outage.back(outage.policy(pack, path, setting))
    for _ in range(4):
        first = simulation.decide()
        end = first.wake_at or simulation.helpdesk.now + timedelta(days=60)
        later = simulation.decide(end - timedelta(microseconds=1))
        assert later.model_copy(update={"at": first.at}) == first
        simulation.helpdesk.now = end


# -- the words, one by one ------------------------------------------------------------------------------------------


def of(done: Done, *actions: str) -> list[tuple[datetime, str | int]]:
    return [(at, value) for at, action, value in done if action in actions]


def changed(pack: str, place: tuple[str | int, ...], setting: str) -> Done:
    outage = OUTAGES[pack][dotted(place)]
    return outage.done(outage.policy(pack, place, setting))


def test_reminders_that_fire_are_all_sent_each_as_far_from_the_last_as_promised() -> None:
    back = MONDAY + timedelta(days=9)
    done = changed("maas360", ("waiting", 1), "act")
    assert of(done, "public_message", "set_status") == [
        (back, "update_requested"),
        (back + timedelta(days=2), "update_requested_again"),
        (back + timedelta(days=4), "final_notice"),
        (back + timedelta(days=5), "solved"),
    ]


def test_reminders_of_which_only_the_latest_is_sent_leave_the_highest_and_the_day_after_it() -> None:
    back = MONDAY + timedelta(days=9)
    done = changed("maas360", ("waiting", 1), "latest_only")
    assert of(done, "public_message", "set_status") == [(back, "final_notice"), (back + timedelta(days=1), "solved")]


def test_reminders_and_the_end_can_wait_for_an_open_office() -> None:
    """Back on Saturday: the notice of Wednesday waits for Monday, 00:00 in Berlin, the client's calendar."""
    ladder = {"name": "pending client action", "calendar": "client", "if_late": "when_open"}
    outage = Outage(waiting("customer_update_required"), overrides={"waiting": [ladder]})
    monday = datetime(2026, 4, 5, 22, 0, tzinfo=UTC)
    done = outage.done(outage.policy("maas360"))
    assert of(done, "public_message")[0] == (monday, "update_requested_again")
    outage = Outage(waiting("waiting_customer"), away=timedelta(days=7) + SATURDAY)
    done = outage.done(outage.policy("maintmaster", ("waiting", 0), "when_open"))
    assert of(done, "set_status") == [(datetime(2026, 4, 13, 6, 0, tzinfo=UTC), "solved")]  # 08:00 in Stockholm


def test_a_late_contact_waits_for_a_business_day_of_the_client_or_not() -> None:
    saturday, monday = MONDAY + SATURDAY, datetime(2026, 4, 5, 22, 0, tzinfo=UTC)
    assert of(changed("maas360", ("waiting", 0), "when_open"), "public_message")[0] == (monday, "contact_attempt")
    assert of(changed("maas360", ("waiting", 0), "act"), "public_message")[0] == (saturday, "contact_attempt")


def test_late_stages_of_escalation_leave_only_the_latest_or_all_speak() -> None:
    collapsed = {value for _, value in of(changed("maas360", ("escalation",), "latest_only"), "notify")}
    assert collapsed == {"assignee", "coo"}
    fired = [value for _, value in of(changed("maas360", ("escalation",), "act"), "notify")]
    assert sorted(map(str, fired)) == [
        *("account_manager", "assignee", "assignee", "coo", "customer_service_manager", "customer_service_manager"),
    ]


def test_late_stages_can_be_announced_in_the_morning_while_their_marks_come_at_once() -> None:
    overrides = {"escalation": {"calendar": "client", "if_late": "when_open"}}
    outage = Outage(rated(affected="all"), overrides=overrides)
    done = outage.done(outage.policy("maas360"))
    tags = [at for at, value in of(done, "add_tag") if str(value).startswith("policy_escalated")]
    assert set(tags) == {MONDAY + SATURDAY}
    assert {at for at, _ in of(done, "notify", "internal_note")} == {datetime(2026, 4, 5, 22, 0, tzinfo=UTC)}


def test_requests_of_an_outage_leave_the_latest_all_speak_or_wait_for_the_office() -> None:
    place, saturday = ("escalation", "on_request"), MONDAY + SATURDAY
    collapsed = changed("maintmaster", place, "latest_only")
    assert of(collapsed, "notify") == [(saturday, "chief_services_officer")]
    fired = changed("maintmaster", place, "act")
    assert of(fired, "notify") == [(saturday, "support_manager"), (saturday, "chief_services_officer")]
    assert of(fired, "public_message") == [(saturday, "escalated_to_management")], "late, the first gives way"
    waited = changed("maintmaster", place, "when_open")
    assert of(waited, "notify") == [(datetime(2026, 4, 6, 6, 0, tzinfo=UTC), "chief_services_officer")]
    assert (saturday, "policy_escalated_2") in of(waited, "add_tag")


def test_late_messages_of_a_route_are_sent_left_out_or_wait_but_its_tags_come_at_once() -> None:
    saturday = MONDAY + SATURDAY
    for setting, expected in (("act", [saturday]), ("skip", []), ("when_open", [NEXT_MONDAY])):
        done = changed("oncleversoft", ("reactions", 0), setting)
        assert [at for at, _ in of(done, "notify")] == expected, setting
        assert (saturday, "policy_assignment_due") in of(done, "add_tag")


def test_what_was_left_out_or_waits_is_a_finding() -> None:
    outage = OUTAGES["oncleversoft"]["reactions[0]"]
    for setting, says in (
        ("skip", "it is late and is skipped"),
        ("when_open", "it is late and is held until the calendar opens"),
    ):
        simulation = outage.back(outage.policy("oncleversoft", ("reactions", 0), setting))
        (found,) = (finding for finding in simulation.decide().findings if finding.code == "late")
        assert found.because == f"notify team_lead was due 2026-03-30 11:00 UTC; {says}"
        assert found.cite.clause == "OC-12"


def test_up_to_an_hour_nothing_is_late() -> None:
    for minutes, expected in ((59, ["team_lead"]), (60, [])):
        outage = Outage(authorised, away=timedelta(hours=4, minutes=minutes))
        done = outage.done(outage.policy("oncleversoft", ("reactions", 0), "skip"))
        assert [value for _, value in of(done, "notify")] == expected


def test_a_warning_that_is_late_is_given_or_left_out() -> None:
    """24 h for a low case: the warning is due after 18 h, the bridge is back after 20 h and away no more."""
    for setting, warned in (("act", True), ("skip", False)):
        tags = [value for _, value in of(changed("maas360", ("clocks", 1), setting), "add_tag")]
        assert ("policy_warning_status_update" in tags) is warned
        assert "policy_breached_status_update" in tags


def test_a_warning_that_was_given_in_time_stays_whatever_the_setting() -> None:
    outage = OUTAGES["maas360"]["clocks[1]"]
    simulation = outage.begins(outage.policy("maas360", ("clocks", 1), "skip"))
    simulation.review_until(MONDAY + timedelta(hours=23))
    simulation.review()
    assert "policy_warning_status_update" in simulation.ticket.tags


def test_a_late_end_of_support_and_a_late_renewal() -> None:
    for place, action, value in (
        (("support_period",), "internal_note", "support_expired"),
        (("support_period", "renewal"), "notify", "account_owner"),
    ):
        tag = "policy_support_expired" if len(place) == 1 else "policy_renewal_due"
        for setting, times in (("act", 1), ("skip", 0)):
            done = changed("oncleversoft", place, setting)
            assert [ledger for _, ledger in of(done, action)].count(value) == times
            assert tag in [tagged for _, tagged in of(done, "add_tag")]


def test_a_question_that_expired_unseen_gives_the_status_back_at_once_or_in_the_morning() -> None:
    """An estimate of Monday with one business day to answer; the answer of Thursday comes too late either way."""
    for setting, at in (("act", MONDAY + SATURDAY), ("when_open", NEXT_MONDAY)):
        gate = {"name": "estimate", "expires_after": "1 business day", "calendar": "business", "if_late": setting}
        outage = Outage(
            lambda policy: then(opened(policy), status("open"), ("fact:estimate_hours", (AGENT, 8))),
            unseen=((timedelta(days=3), ("answer", ("estimate", True))),),
            overrides={"gates": [gate]},
        )
        done = outage.done(outage.policy("oncleversoft"))
        assert of(done, "set_status") == [(at, "open")]
        assert (MONDAY + SATURDAY, "policy_awaiting_estimate") in of(done, "remove_tag")


# -- what cannot stand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pack", "overrides", "allowed"),
    [
        ("maas360", {"waiting": [{"name": "pending client action", "if_late": "skip"}]}, "latest_only, act, when_open"),
        ("maas360", {"waiting": [{"name": "three contacts", "if_late": "latest_only"}]}, "when_open, act"),
        ("maas360", {"escalation": {"if_late": "skip"}}, "latest_only, act, when_open"),
        ("maas360", {"escalation": {"if_late": "when_open"}}, "latest_only, act"),
        ("maas360", {"clocks": [{"name": "status_update", "if_late": "latest_only"}]}, "act, skip"),
        (
            "erp_maestro",
            {"reactions": [{"name": "customer unavailable", "if_late": "latest_only"}]},
            "act, skip, when_open",
        ),
        ("oncleversoft", {"gates": [{"name": "estimate", "if_late": "skip"}]}, "act, when_open"),
        ("oncleversoft", {"support_period": {"if_late": "when_open"}}, "act, skip"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_those_that_do(pack: str, overrides: Any, allowed: str) -> None:
    with pytest.raises(InputError, match=f"allowed: {allowed}(;|$)"):
        load_policy(pack, overrides)
