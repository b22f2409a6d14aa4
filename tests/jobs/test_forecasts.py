"""A preview is what enforcing then does: the same actions on the same tickets, at the same times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bridge.account import Account
from bridge.decision import Citation, Plan, WithheldCause
from bridge.decision.limits import Limits
from bridge.decision.records import parse_action
from bridge.errors import Retry
from bridge.plan.bursts import BURST_FLOOR
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ports.caps import CapRequest
from bridge.ports.forecasts import HORIZON, ForecastFilter
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.preview_summary import summarize
from bridge.runtime.retry import PREVIEW_WAITS
from bridge.store import SqlStore
from bridge.ticket import (
    Actor,
    Changed,
    Channel,
    Message,
    Person,
    Priority,
    Role,
    Status,
    Ticket,
    TicketRef,
    TimelineEntry,
)
from tests.support.databases import two_engines_one_slow

from .watched import CONNECTION, Done, SeveralTickets, Watched

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PACKS = ("maas360", "maintmaster", "erp_maestro", "mattermost", "oncleversoft")
CUSTOMER = Actor(role=Role.CUSTOMER, email="helpdesk@acme.example")
AGENT = Actor(role=Role.AGENT, email="agent1@vendor.example")
ACCOUNT = Account(name="Acme", plan="standard", time_zone="Europe/Berlin", contacts=frozenset({CUSTOMER.email}))
SETTLED = timedelta(seconds=10)
"""What follows from a write is written once the write has settled; a preview has no need to wait for that."""


def tickets(pack: str, seed: int, count: int, before: datetime = NOW) -> list[Ticket]:
    """Tickets of all ages and states."""
    policy, chance = load_policy(pack), Random(seed)
    return [_ticket(policy, chance, str(number), before) for number in range(1, count + 1)]


def _ticket(policy: Policy, chance: Random, ident: str, before: datetime) -> Ticket:
    created = before - timedelta(
        seconds=chance.choice([600, 7200, 86_400, 864_000, 31_536_000]) * chance.uniform(0.3, 1)
    )
    created = created.replace(microsecond=0)
    facts = {name: chance.choice([None, *(spec.values or ())]) for name, spec in policy.facts.items()}
    status = chance.choice([*Status])
    timeline: list[TimelineEntry] = []
    at = created
    for _ in range(chance.randint(0, 4)):
        at = min(at + (before - at) * chance.uniform(0, 0.9), before - timedelta(seconds=5)).replace(microsecond=0)
        actor = chance.choice([CUSTOMER, AGENT])
        timeline.append(Message(at=at, actor=actor, public=True, text="We are looking into what you sent us"))
    if status is not Status.NEW:
        timeline.append(Changed(at=at, actor=AGENT, field="status", old=Status.NEW, new=status))
    return Ticket(
        ref=TicketRef(connection=CONNECTION, id=ident),
        created_at=created,
        account="5101",
        channel=Channel.PHONE,
        type=chance.choice([*policy.ticket_types]),
        requester=Person(email=CUSTOMER.email),
        subject="Nobody can enrol devices in the portal",
        description="Since this morning nobody can enrol devices in the portal",
        priority=chance.choice([None, Priority.LOW, Priority.URGENT]),
        status=status,
        tier=1,
        facts=facts,
        timeline=tuple(timeline),
    )


def differences(expected: list[Done], done: list[Done]) -> list[Done]:
    """What is on one side alone; times count as equal as long as a write may take to settle."""
    missing = list(expected)
    surplus = []
    for each in done:
        match = next((one for one in missing if one[:4] == each[:4] and abs(one[4] - each[4]) <= SETTLED), None)
        if match:
            missing.remove(match)
        else:
            surplus.append(each)
    return missing + surplus


@pytest.mark.parametrize("pack", PACKS)
def test_what_a_preview_shows_is_what_enforcing_then_does(store: SqlStore, pack: str) -> None:
    helpdesk = SeveralTickets(tickets(pack, seed=7, count=5), ACCOUNT)
    watched = Watched(store, helpdesk, NOW - timedelta(hours=1), pack, account=ACCOUNT)
    watched.watch()
    watched.work_until(NOW)
    expected = watched.expected()
    assert helpdesk.writes == 0
    assert len(expected) > 10
    watched.restart("enforce")
    assert watched.work_until(NOW + timedelta(seconds=1)) == [], "nothing is written before somebody confirms it"
    watched.modes.confirm(CONNECTION, "pat", watched.now)
    done = watched.work_until(NOW + HORIZON - timedelta(minutes=1))
    expected = [each for each in expected if each[4] <= NOW + HORIZON - timedelta(minutes=1)]
    assert differences(expected, done) == []


def test_a_preview_that_a_helpdesk_interrupts_goes_on_where_it_was(store: SqlStore) -> None:
    helpdesk = SeveralTickets(tickets("maas360", seed=3, count=6), ACCOUNT)
    watched = Watched(store, helpdesk, NOW, account=ACCOUNT)
    for ref in helpdesk.tickets:  # a delivery told of them, and no review has seen them yet
        store.wake(ref, NOW, ReviewCause.DELIVERY)
    helpdesk.refuses_after = 3
    waits: list[float] = []
    with pytest.raises(Retry):
        watched.previews.run([CONNECTION], NOW, waits.append)
    assert waits == [30.0] * PREVIEW_WAITS
    assert store.forecast_range([CONNECTION])[0] == 3
    helpdesk.refuses_after, helpdesk.fetched = 10_000, 0
    run = watched.previews.run([CONNECTION], NOW + timedelta(minutes=5), waits.append)
    assert (run.is_resumed, run.at, helpdesk.fetched) == (True, NOW, 3)
    assert store.forecast_range([CONNECTION]) == (6, NOW)
    assert not watched.previews.run([CONNECTION], NOW + timedelta(minutes=6), waits.append).is_resumed


def test_an_interrupted_preview_of_another_file_starts_again(store: SqlStore) -> None:
    watched = Watched(store, SeveralTickets(tickets("maas360", seed=3, count=2), ACCOUNT), NOW, account=ACCOUNT)
    watched.watch()
    store.begin_preview("of another file", NOW)
    assert not watched.previews.run([CONNECTION], NOW, lambda _: None).is_resumed


def test_what_a_rule_keeps_back_is_listed_with_its_reason_and_not_counted(store: SqlStore) -> None:
    rules = [{"clause": "MA-09", "mode": "shadow"}]
    helpdesk = SeveralTickets(tickets("maas360", seed=7, count=4), ACCOUNT)
    watched = Watched(store, helpdesk, NOW, more={"rollout": rules}, account=ACCOUNT)
    watched.watch()
    watched.previews.run([CONNECTION], NOW, lambda _: None)
    found = list(store.forecast_actions(ForecastFilter([CONNECTION])))
    kept_back = [each for each in found if each.action.cite.clause == "MA-09"]
    assert kept_back
    assert {(each.cause, each.is_expected) for each in kept_back} == {(WithheldCause.ROLLOUT, False)}
    others = {(each.cause, each.because, each.is_expected) for each in found if each not in kept_back}
    assert others == {(WithheldCause.MODE, "mode shadow", True)}
    summary = summarize(store, ForecastFilter([CONNECTION]), NOW)
    assert summary.totals.total() == len(found) - len(kept_back)
    assert summary.withheld[WithheldCause.ROLLOUT] == len(kept_back)


def test_what_a_cap_will_hold_is_shown_as_held_and_counted(store: SqlStore) -> None:
    limits = {"status_changes": {"day": 0}, "reassignments": {"hour": 1}}
    helpdesk = SeveralTickets(tickets("maas360", seed=7, count=12), ACCOUNT)
    watched = Watched(store, helpdesk, NOW, more={"limits": limits}, account=ACCOUNT)
    watched.watch()
    before = watched.expected()
    found = list(store.forecast_actions(ForecastFilter([CONNECTION])))
    held = [each for each in found if each.cause is WithheldCause.CAP]
    assert {each.because for each in held} <= {"limit of 0 status changes a day", "limit of 1 reassignments an hour"}
    assert all(each in held for each in found if each.kind in ("closings", "reopenings", "status_changes"))
    assert held, [each.kind for each in found]
    assert len(before) == len(found), "it only has to wait"
    assert watched.expected() == before


@two_engines_one_slow
def test_a_burst_that_is_to_come_is_shown_from_the_instant_at_which_it_stops_everything(store: SqlStore) -> None:
    """All tickets that wait are adopted at one instant, so that their reminders are due at one instant, too."""
    waits = Changed(at=NOW - timedelta(hours=2), actor=AGENT, field="status", old="new", new="customer_update_required")
    update = {"status": Status.CUSTOMER_UPDATE_REQUIRED, "created_at": NOW - timedelta(hours=3), "timeline": (waits,)}
    waiting = [each.model_copy(update=update) for each in tickets("maas360", seed=7, count=24)]
    watched = Watched(store, SeveralTickets(waiting, ACCOUNT), NOW - timedelta(hours=1), account=ACCOUNT)
    send_one_message(store, NOW - timedelta(days=2))
    watched.watch()
    watched.now = NOW
    expected = watched.expected()
    found = list(store.forecast_actions(ForecastFilter([CONNECTION])))
    held = [each for each in found if each.cause is WithheldCause.STOP]
    burst = min(each.due for each in held)
    sent = [each for each in found if each.kind == "public_messages" and each not in held]
    assert len(sent) == BURST_FLOOR
    assert burst == min(each.due for each in sent) == max(each.due for each in sent)
    assert {each.because for each in held} == {
        "a burst would stop all writing: 21 messages to customers within an hour, where 0.011 are usual"
    }
    assert all(each in held for each in found if each.due > burst)
    assert len(expected) == len(found), "it only has to wait"
    watched.restart("enforce")
    watched.modes.confirm(CONNECTION, "pat", watched.now)
    done = watched.work_until(burst + timedelta(hours=1))
    assert len([each for each in done if each[2] == "public_message"]) == BURST_FLOOR, "it comes as it was shown"
    assert [stop.by for stop in store.stops()] == ["Policybridge"]


def send_one_message(store: SqlStore, at: datetime) -> None:
    ref = TicketRef(connection=CONNECTION, id="before")
    store.wake(ref, at, ReviewCause.COMMAND)
    (claim,) = store.claim(at, limit=1, lease_s=60)
    cite = Citation(pack="maas360", version="1", clause="MA-07")
    message = parse_action("public_message", "t", key="before/c/1", cite=cite)
    assert not store.record_plan(claim, "r", CapRequest(Plan(actions=(message,)), Limits(), None, 4, at))
    store.finish(claim, Review("r", ref, at, claim.why, ReviewOutcome.APPLIED), confirmed=["before/c/1"], due=None)


def test_while_a_connection_is_watched_its_forecasts_follow_the_reviews(store: SqlStore) -> None:
    helpdesk = SeveralTickets(tickets("maas360", seed=7, count=4), ACCOUNT)
    watched = Watched(store, helpdesk, NOW, account=ACCOUNT)
    watched.watch()
    assert watched.previews.follow(NOW + timedelta(seconds=1)) == 4
    assert watched.previews.follow(NOW + timedelta(seconds=2)) == 0
    assert list(store.forecast_actions(ForecastFilter([CONNECTION])))
    assert helpdesk.writes == 0


def test_where_the_bridge_writes_forecasts_follow_when_no_ticket_is_under_review(store: SqlStore) -> None:
    helpdesk = SeveralTickets(tickets("maas360", seed=7, count=4), ACCOUNT)
    watched = Watched(store, helpdesk, NOW, mode="enforce", account=ACCOUNT)
    watched.modes.confirm(CONNECTION, "pat", NOW)
    watched.watch()
    assert watched.previews.follow(NOW + timedelta(seconds=1), is_busy=True) == 0
    assert watched.previews.follow(NOW + timedelta(seconds=1)) == 4
    assert list(store.forecast_actions(ForecastFilter([CONNECTION])))


def test_what_a_cap_holds_now_is_in_the_forecasts_that_follow(store: SqlStore) -> None:
    helpdesk = SeveralTickets(tickets("maas360", seed=7, count=12), ACCOUNT)
    nothing = {"limits": {"reassignments": {"day": 0}, "status_changes": {"day": 0}, "customer_messages": {"day": 0}}}
    watched = Watched(
        store, helpdesk, NOW, mode="enforce", more=nothing, settings={"backlog": "judge"}, account=ACCOUNT
    )
    watched.modes.confirm(CONNECTION, "pat", NOW)
    watched.watch()
    watched.previews.follow(NOW + timedelta(seconds=1))
    held = {(each.ref, each.action.key): each.because for each in store.withheld(causes=[WithheldCause.CAP])}
    found = list(store.forecast_actions(ForecastFilter([CONNECTION])))
    assert held
    assert held == {(each.ref, each.action.key): each.because for each in found if each.cause is WithheldCause.CAP}


def test_stepping_back_needs_nobody_and_a_judged_backlog_is_confirmed_by_itself(store: SqlStore) -> None:
    helpdesk = SeveralTickets(tickets("maas360", seed=7, count=2), ACCOUNT)
    watched = Watched(store, helpdesk, NOW, mode="enforce", account=ACCOUNT)
    assert watched.modes.unconfirmed() == []
    for mode, waiting in (("shadow", []), ("comment_only", []), ("enforce", [CONNECTION])):
        watched.restart(mode)  # type: ignore[arg-type]
        assert watched.modes.unconfirmed() == waiting
    assert watched.modes.current(CONNECTION).mode == "comment_only"
    watched.modes.confirm(CONNECTION, "pat", NOW)
    assert watched.modes.current(CONNECTION).mode == "enforce"
    watched.settings = {"backlog": "judge"}
    watched.restart("enforce")
    assert watched.modes.current(CONNECTION).mode == "shadow"
    assert "backlog: judge" in watched.modes.current(CONNECTION).unconfirmed
    watched.modes.confirm(CONNECTION, "pat", NOW)
    watched.restart("enforce")
    assert watched.modes.unconfirmed() == []
