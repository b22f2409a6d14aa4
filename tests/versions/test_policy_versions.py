"""Which version of a pack judges a ticket: pinned at creation, and what an edit means for what is under way."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.decision import Clock, ClockState, Decision
from bridge.policy.model import Policy
from bridge.runtime.replay import replay
from bridge.ticket import Role

from .conftest import AGENT, CLIENT, MONDAY, RestartableBridge, pack

CHANGES = ("new_only", "from_cutover", "retroactive")


def hours(clock: Clock) -> float:
    """The target of a clock."""
    return clock.target_s / 3600


def decided(site: RestartableBridge, name: str = "one") -> Decision:
    found = site.review(name).decision
    assert found
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_a_target_of_4_hours_met_in_2_and_a_half_stays_met_after_an_edit_to_2_hours(
    site: RestartableBridge, change: str
) -> None:
    site.ticket()
    site.review()
    site.pass_time(hours=2.5)
    site.send_message(AGENT)
    [met] = site.clocks()
    assert met.state is ClockState.MET
    site.pass_time(hours=1)
    site.start(pack(2, "2", change=change))
    for _ in range(3):
        site.pass_time(hours=1)
        assert site.clocks() == [met]
        assert "policy_breached_answer" not in site.helpdesks["one"].fetch(decided(site).ref).tags


@pytest.mark.parametrize("change", CHANGES)
def test_a_breach_stays_a_breach_after_an_edit_to_8_hours_and_may_still_be_met(
    site: RestartableBridge, change: str
) -> None:
    site.ticket()
    site.pass_time(hours=5)
    [breached] = site.clocks()
    assert breached.state is ClockState.BREACHED
    site.start(pack(8, "2", change=change))
    site.pass_time(hours=1)
    [still] = site.clocks()
    assert (still.state, still.due_at, still.met_at) == (ClockState.BREACHED, breached.due_at, None)
    site.send_message(AGENT)
    [late] = site.clocks()
    assert (late.state, late.met_at) == (ClockState.BREACHED, site.now)
    assert "policy_breached_answer" in site.helpdesks["one"].fetch(decided(site).ref).tags


def test_a_ticket_keeps_its_rules_after_a_restart_with_an_edited_file(site: RestartableBridge) -> None:
    site.ticket()
    assert [hours(clock) for clock in site.clocks()] == [4]
    site.pass_time(hours=1)
    site.start(pack(2, "2"))
    assert [hours(clock) for clock in site.clocks()] == [4]
    assert decided(site).version == "1"
    site.pass_time(minutes=1)
    site.ticket("two")
    assert [hours(clock) for clock in site.clocks(name="two")] == [2]
    assert decided(site, "two").version == "2"


def test_a_ticket_first_seen_after_an_edit_is_evaluated_by_the_version_of_its_creation(site: RestartableBridge) -> None:
    site.ticket()
    site.pass_time(hours=1)
    site.start(pack(2, "2"))
    assert [hours(clock) for clock in site.clocks()] == [4]


def test_a_version_of_the_future_waits_for_its_day(site: RestartableBridge) -> None:
    site.start(pack(2, "2", effective="2026-03-04"))
    site.pass_time(hours=1)
    site.ticket()
    assert decided(site).version == "1"
    site.pass_time(days=3)
    site.ticket("two")
    assert decided(site).version == "1"
    assert decided(site, "two").version == "2"


def test_a_version_that_is_taken_back_before_its_day_never_comes(site: RestartableBridge) -> None:
    site.start(pack(2, "2", effective="2026-03-04"))
    site.pass_time(hours=1)
    site.start(pack(4))
    site.pass_time(days=3)
    site.ticket()
    assert decided(site).version == "1"


def test_a_restart_with_the_same_file_is_no_edit(site: RestartableBridge) -> None:
    for _ in range(3):
        site.pass_time(hours=1)
        site.start(pack(4))
    assert len(site.store.pack_versions()) == 1


def test_from_a_cutover_running_clocks_keep_their_text_and_new_ones_follow_the_new_one(site: RestartableBridge) -> None:
    site.ticket()
    site.pass_time(minutes=30)
    site.send_message(CLIENT)
    site.review()
    site.pass_time(minutes=30)
    site.start(pack(2, "2", change="from_cutover"))
    [answer], [reply] = site.clocks(), site.clocks("reply")
    assert [hours(answer), hours(reply)] == [4, 4]
    assert decided(site).version == "2", "everything else follows the new text"
    assert {str(clock.cite.version) for clock in (answer, reply)} == {"1"}
    site.pass_time(minutes=30)
    site.send_message(AGENT)
    site.pass_time(minutes=30)
    site.send_message(CLIENT)
    before, after = site.clocks("reply")
    assert [(hours(before), before.state), (hours(after), after.state)] == [
        (4, ClockState.MET),
        (2, ClockState.RUNNING),
    ]
    site.pass_time(hours=3)
    assert [clock.state for clock in site.clocks("reply")] == [ClockState.MET, ClockState.BREACHED]


def test_a_running_clock_of_the_old_text_is_breached_by_the_old_text(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    site.pass_time(hours=1)
    site.start(pack(2, "2", change="from_cutover"))
    site.pass_time(hours=2)
    assert [clock.state for clock in site.clocks()] == [ClockState.RUNNING]
    review = site.review()
    assert review.decision
    assert review.decision.wake_at
    assert review.decision.wake_at <= MONDAY + timedelta(hours=4), "it is looked at when the old clock falls due"
    site.pass_time(hours=1, seconds=1)
    assert [clock.state for clock in site.clocks()] == [ClockState.BREACHED]
    assert "policy_breached_answer" in site.helpdesks["one"].fetch(review.ref).tags


def test_a_cutover_to_come_leaves_everything_as_it_is_until_then(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    cutover = site.now + timedelta(days=2)
    site.start(pack(2, "2", change="from_cutover", cutover=f"{cutover:%Y-%m-%dT%H:%M:%SZ}"))
    site.pass_time(hours=1)
    site.send_message(AGENT)
    assert decided(site).version == "1"
    assert not site.is_due()
    site.now = cutover
    assert site.is_due(), "the cutover itself wakes the ticket"
    assert decided(site).version == "2"
    assert [hours(clock) for clock in site.clocks()] == [4]


def test_a_running_clock_whose_rule_is_gone_comes_to_its_end(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    site.pass_time(hours=1)
    later = pack(2, "2", change="from_cutover", clocks=[{"name": "other", "clause": "MA-10", "met_by": ["solved"]}])
    site.start(later)
    review = site.review()
    assert review.decision
    assert review.decision.wake_at == MONDAY + timedelta(hours=3), "three quarters of the old clock"
    site.pass_time(hours=3)
    [clock] = site.clocks()
    assert (hours(clock), clock.state) == (4, ClockState.BREACHED)
    assert "policy_breached_answer" in site.helpdesks["one"].fetch(review.ref).tags


def test_retroactive_evaluates_what_is_not_closed_again(site: RestartableBridge) -> None:
    site.ticket()
    site.pass_time(hours=1)
    assert [clock.state for clock in site.clocks()] == [ClockState.RUNNING]
    site.start(pack(0.5, "2", change="retroactive"))
    assert site.is_due(), "the edit wakes open tickets"
    [clock] = site.clocks()
    assert (hours(clock), clock.state) == (0.5, ClockState.BREACHED)
    assert decided(site).version == "2"


def test_an_edit_for_new_tickets_only_wakes_no_ticket(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    site.pass_time(minutes=1)
    site.start(pack(2, "2"))
    assert not site.is_due()


def test_several_edits_one_after_the_other(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    for number, (target, change) in enumerate(((8, "new_only"), (6, "from_cutover"), (3, "retroactive")), 2):
        site.pass_time(minutes=10)
        site.start(pack(target, str(number), change=change))
        expected = {"new_only": (4, "1"), "from_cutover": (4, "3"), "retroactive": (3, "4")}[change]
        assert ([hours(clock) for clock in site.clocks()], decided(site).version) == ([expected[0]], expected[1])


@pytest.mark.parametrize("change", CHANGES)
def test_every_decision_is_reproduced_byte_for_byte(site: RestartableBridge, change: str) -> None:
    site.ticket()
    for policy in (pack(4), pack(2, "2", change=change), pack(1, "3", change=change)):
        site.start(policy)
        for actor in (CLIENT, AGENT, CLIENT):
            site.pass_time(minutes=50)
            site.send_message(actor)
            site.review()
    reviews = [review for review in site.store.reviews(limit=100) if review.decision]
    assert len(reviews) > 9
    for review in reviews:
        recorded, again = replay(site.store, review.id)
        assert recorded.model_dump_json() == again.model_dump_json()


def test_a_contract_that_changes_leaves_closed_verdicts_alone(site: RestartableBridge) -> None:
    site.ticket()
    site.pass_time(hours=2.5)
    site.send_message(AGENT)
    [met] = site.clocks()
    shorter = dict.fromkeys(("critical", "high", "medium", "low"), "2h")
    site.account = site.account.model_copy(update={"overrides": {"clocks": [{"name": "answer", "targets": shorter}]}})
    assert site.clocks() == [met]


def test_contract_terms_that_do_not_fit_are_a_finding_and_no_crash(site: RestartableBridge) -> None:
    site.ticket()
    site.account = site.account.model_copy(
        update={"name": "Acme", "overrides": {"clocks": [{"name": "answer", "speed": 9}]}}
    )
    review = site.review()
    assert review.outcome == "nothing"
    assert review.decision
    [found] = [finding for finding in review.decision.findings if finding.code == "misfit"]
    assert "Acme" in found.because
    assert "speed" in found.because
    assert [hours(clock) for clock in site.clocks()] == [4]
    recorded, again = replay(site.store, review.id)
    assert recorded.model_dump_json() == again.model_dump_json()


def test_the_pack_of_a_pinned_ticket_may_go(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    other: dict[str, Any] = {"pack": "other", "applies_when": {"brand": "blue"}}
    site.start(pack(1, **other))
    assert decided(site).pack == "maas360"
    assert site.helpdesks["one"].fetch(decided(site).ref).timeline[-1].actor.role is Role.BRIDGE


def test_what_the_store_pinned_survives_its_program(site: RestartableBridge) -> None:
    """The texts are in the store: a bridge that knows only the edited file still has the old one."""
    site.ticket()
    site.review()
    [version] = site.store.pack_versions()
    text = site.store.pack_text(version.digest)
    assert text
    assert Policy.of(text).digest == version.digest
    pinned = site.store.pin(decided(site).ref)
    assert pinned
    assert (pinned.pack, pinned.digest) == ("maas360", version.digest)


def test_a_contract_that_gets_shorter_concerns_clocks_that_start_then(site: RestartableBridge) -> None:
    site.ticket()
    site.review()
    site.pass_time(hours=3)
    shorter = dict.fromkeys(("critical", "high", "medium", "low"), "2h")
    terms = {"clocks": [{"name": name, "targets": shorter} for name in ("answer", "reply")]}
    site.account = site.account.model_copy(update={"overrides": terms})
    [answer] = site.clocks()
    assert (hours(answer), answer.state) == (4, ClockState.RUNNING), "what was promised when it started"
    site.pass_time(minutes=30)
    site.send_message(CLIENT)
    site.pass_time(minutes=1)
    [reply] = site.clocks("reply")
    assert (hours(reply), reply.state) == (2, ClockState.RUNNING)
    site.pass_time(minutes=40)
    [answer] = site.clocks()
    assert (hours(answer), answer.state) == (4, ClockState.BREACHED)
    for review in site.store.reviews(limit=100):
        recorded, again = replay(site.store, review.id)
        assert recorded.model_dump_json() == again.model_dump_json()


FIVE_HOURS = dict.fromkeys(("critical", "high", "medium", "low"), "5h")


@pytest.mark.parametrize(
    "promise",
    [
        {"counts_while": {"plan": "premium"}, "targets": FIVE_HOURS},
        {"when": {"plan": "premium"}, "targets": FIVE_HOURS},
        {"plan_targets": {"premium": FIVE_HOURS}},
    ],
    ids=lambda promise: next(iter(promise)),
)
@pytest.mark.parametrize("met_by", ["solved", "agent_message"])
def test_a_plan_that_an_account_buys_counts_from_then(
    site: RestartableBridge, promise: dict[str, Any], met_by: str
) -> None:
    clock = {"name": "premium", "clause": "MA-10", "met_by": [met_by], **promise}
    site.start(pack(4, "2", clocks=[clock]))
    site.pass_time(minutes=1)
    site.ticket()
    assert site.clocks("premium") == []
    site.pass_time(days=9)
    site.account = site.account.model_copy(update={"plan": "premium"})
    [bought] = site.clocks("premium")
    assert (bought.started_at, bought.state) == (site.now, ClockState.RUNNING)
    site.pass_time(minutes=301)
    assert [clock.state for clock in site.clocks("premium")] == [ClockState.BREACHED]


def test_a_schedule_that_a_version_adds_begins_at_its_cutover(site: RestartableBridge) -> None:
    site.ticket(facts={"affected": "all"})
    site.review()
    site.pass_time(days=9)
    site.start(pack(4, "2", change="from_cutover", escalation={}))
    site.review()
    tags = {0: False, 3: False, 5: True}
    for passed, is_reached in tags.items():
        site.pass_time(hours=passed)
        assert ("policy_escalated_1" in site.helpdesks["one"].fetch(site.review().ref).tags) is is_reached
