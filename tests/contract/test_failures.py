"""Whatever goes wrong between helpdesk and bridge, nothing is lost, nothing happens twice, nothing is overwritten."""

from __future__ import annotations

from datetime import timedelta

from .conftest import VendorScenario
from .expected_texts import NEW_CRITICAL, REMINDERS


def test_an_edit_between_fetch_and_write_is_reviewed_and_both_survive(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Profiles are gone", affected="all")
    scenario.settle()
    scenario.later(minutes=3)
    scenario.moment.acts.append(lambda: scenario.vendor.edit(number, priority="high", tag="vip"))
    scenario.later(hours=4)
    outcomes = [review.outcome for review in scenario.reviews(number)]
    assert "conflict" in outcomes
    assert outcomes[-1] in ("nothing", "applied")
    seen = scenario.see(number)
    assert "vip" in seen.tags
    assert (seen.priority, seen.tier) == ("high", 3)
    assert {"policy_escalated_1", "policy_severity_critical"} <= seen.tags
    assert "\n".join(seen.notes).count("Escalation stage 1 (MA-14)") == 1


def test_an_edit_in_the_very_moment_of_the_write_survives(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Profiles vanish", affected="all")
    scenario.settle()
    scenario.later(minutes=3)
    scenario.vendor.line.meanwhile(lambda: scenario.vendor.edit(number, priority="high", tag="vip"))
    scenario.later(hours=4)
    seen = scenario.see(number)
    assert "vip" in seen.tags
    assert (seen.priority, seen.tier) == ("high", 3)
    assert {"policy_escalated_1", "policy_severity_critical"} <= seen.tags
    assert "\n".join(seen.notes).count("Escalation stage 1 (MA-14)") == 1


def test_doubled_and_disordered_webhooks_change_nothing(scenario: VendorScenario) -> None:
    scenario.needs("webhooks")
    with scenario.webhook_endpoint.holding() as held:
        number = scenario.vendor.open("Console is slow", affected="significant")
        scenario.vendor.pass_time(60)
        scenario.vendor.answer(number, "We are looking")
        scenario.vendor.pass_time(60)
        scenario.vendor.edit(number, status="in_progress")
        scenario.hear_out()
    assert held
    for first in ([*held[::-1], *held], held):
        scenario.webhook_endpoint.let_in(first)
        scenario.settle()
    assert set(scenario.webhook_endpoint.answers[-len(held) :]) == {202}
    scenario.expect(
        number,
        priority="high",
        status="in_progress",
        tags={"maas360", "severity_high"},
        severity="high",
        next_due="status_update",
        clause="MA-11",
        public=["We are looking"],
        notes=["Severity high (MA-09)"],
    )
    assert list(scenario.vendor.line.writes) == [number]


def test_what_webhooks_lost_the_sweep_finds(scenario: VendorScenario) -> None:
    scenario.sweep()
    with scenario.webhook_endpoint.losing():
        number = scenario.vendor.open("Printing fails", affected="small")
        scenario.vendor.pass_time(90)
        scenario.vendor.answer(number, "Which printer?")
        scenario.vendor.pass_time(90)
    assert scenario.queue_entry(number) is None
    scenario.sweep()
    scenario.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="status_update",
        clause="MA-11",
        public=["Which printer?"],
        notes=["Severity medium (MA-09)"],
    )
    with scenario.webhook_endpoint.losing():
        scenario.vendor.answer(number, "And which cable?")
        scenario.vendor.pass_time(90)
    looks = len(scenario.reviews(number))
    scenario.sweep()
    assert len(scenario.reviews(number)) > looks


def test_a_helpdesk_that_is_down_delays_and_no_more(scenario: VendorScenario) -> None:
    first = scenario.vendor.open("Wifi fails", affected="small")
    scenario.settle()
    scenario.later(minutes=1)
    with scenario.vendor.line.cut():
        second = scenario.vendor.open("Nobody receives messages", affected="small")
        scenario.vendor.reply(first, "Still nothing")
        scenario.settle()
        assert list(scenario.vendor.line.writes) == [first]
    scenario.later(minutes=20)
    for number, public in ((first, ["Still nothing"]), (second, [])):
        scenario.expect(
            number,
            priority="normal",
            status="new",
            tags={"maas360", "severity_medium"},
            severity="medium",
            next_due="first_response",
            clause="MA-10",
            public=public,
            notes=["Severity medium (MA-09)"],
        )


def test_a_lost_answer_doubles_nothing(scenario: VendorScenario) -> None:
    scenario.vendor.line.lose_answer()
    number = scenario.vendor.open("Maps fail", affected="all")
    scenario.settle()
    scenario.later(minutes=10)
    scenario.expect(number, **NEW_CRITICAL)
    assert list(scenario.vendor.line.writes) == [number]


def test_a_customer_gets_one_message_though_its_answer_was_lost(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Question on maps", affected="individual")
    scenario.vendor.answer(number, "Which map?")
    scenario.settle()
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.vendor.line.lose_answer(public=True)
    scenario.later(days=2, minutes=1)
    scenario.later(minutes=30)
    seen = scenario.see(number)
    assert list(seen.public) == ["Which map?", REMINDERS[0].format("Question on maps")]
    assert "policy_followup_1" in seen.tags
    assert "retry" in [review.outcome for review in scenario.reviews(number)]


def test_a_line_that_breaks_after_the_first_change_loses_nothing(scenario: VendorScenario) -> None:
    with scenario.vendor.line.cut(after=1):
        number = scenario.vendor.open("Lights are off", affected="small")
        scenario.settle()
    scenario.later(minutes=20)
    scenario.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity medium (MA-09)"],
    )


def test_a_line_that_breaks_before_a_message_to_the_customer_delays_it(scenario: VendorScenario) -> None:
    scenario.needs("hands")
    number = scenario.vendor.open("Question on lights", affected="individual")
    scenario.settle()
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    with scenario.vendor.line.cut(after=1):
        scenario.later(days=2, minutes=1)
    scenario.later(minutes=30)
    assert list(scenario.see(number).public) == [REMINDERS[0].format("Question on lights")]


def test_a_bridge_that_has_lost_its_database_repeats_nothing(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Question on heat", affected="individual")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(days=2, minutes=1)
    scenario.vendor.edit(number, priority="high", untag="policy_severity_low")
    scenario.settle()
    before = scenario.see(number)
    assert list(before.public) == [REMINDERS[0].format("Question on heat")]
    scenario.start()
    scenario.vendor.note(number, "Anybody there?")
    scenario.settle()
    scenario.later(minutes=5)
    after = scenario.see(number)
    assert after.public == before.public
    assert after.notes == (*before.notes, "Anybody there?")
    assert (after.priority, after.status, after.tags) == (before.priority, before.status, before.tags)
    scenario.later(days=2)
    assert list(scenario.see(number).public) == [text.format("Question on heat") for text in REMINDERS[:2]]


def test_a_ticket_from_before_the_bridge_is_evaluated_by_what_the_helpdesk_knows(scenario: VendorScenario) -> None:
    scenario.stop()
    number = scenario.vendor.open("Question on sounds", affected="individual")
    scenario.vendor.pass_time(timedelta(days=8).total_seconds())
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.vendor.pass_time(timedelta(hours=1).total_seconds())
    scenario.start(in_force_since="2020-01-01T00:00:00Z")
    scenario.vendor.note(number, "We have a bridge now")
    scenario.settle()
    seen = scenario.see(number)
    assert (seen.priority, seen.status, seen.public) == ("low", "customer_update_required", ())
    assert "policy_followup_1" not in seen.tags
    scenario.later(days=2)
    assert list(scenario.see(number).public) == [REMINDERS[0].format("Question on sounds")]


def test_a_deleted_ticket_is_let_go_and_others_go_on(scenario: VendorScenario) -> None:
    gone = scenario.vendor.open("Sent by mistake", affected="all")
    scenario.settle()
    scenario.later(minutes=1)
    scenario.vendor.delete(gone)
    other = scenario.vendor.open("Sent on purpose", affected="small")
    scenario.later(hours=4, minutes=1)
    standing = scenario.queue_entry(gone)
    assert standing is not None
    assert (standing.parked, standing.due, standing.is_open) == (None, None, False)
    assert scenario.reviews(gone)[-1].outcome == "ended"
    assert "policy_escalated_1" not in scenario.see(other).tags
    assert scenario.see(other).priority == "normal"


def test_a_ticket_that_is_deleted_while_it_is_evaluated_is_let_go(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Sent too early", affected="all")
    scenario.moment.acts.append(lambda: scenario.vendor.delete(number))
    scenario.settle()
    standing = scenario.queue_entry(number)
    assert standing is not None
    assert (standing.parked, standing.is_open) == (None, False)
    assert scenario.reviews(number)[-1].outcome == "ended"


def test_two_tickets_at_once_stay_apart(scenario: VendorScenario) -> None:
    numbers = {scenario.vendor.open(f"Number {level}", affected=level): level for level in ("all", "individual")}
    scenario.settle()
    seen = {numbers[number]: scenario.see(number) for number in numbers}
    assert (seen["all"].priority, seen["individual"].priority) == ("urgent", "low")
    assert "policy_severity_critical" in seen["all"].tags
    assert "policy_severity_low" in seen["individual"].tags
    assert sorted(scenario.vendor.line.writes) == sorted(numbers)
