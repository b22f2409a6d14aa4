"""Whatever goes wrong between helpdesk and bridge, nothing is lost, nothing happens twice, nothing is overwritten."""

from __future__ import annotations

from datetime import timedelta

from .conftest import World
from .guide import CRITICAL, REMINDERS


def test_an_edit_between_look_and_write_is_looked_at_and_both_survive(world: World) -> None:
    number = world.desk.open("Profiles are gone", affected="all")
    world.settle()
    world.later(minutes=3)
    world.moment.acts.append(lambda: world.desk.edit(number, priority="high", tag="vip"))
    world.later(hours=4)
    outcomes = [review.outcome for review in world.reviews(number)]
    assert "conflict" in outcomes
    assert outcomes[-1] in ("nothing", "applied")
    seen = world.see(number)
    assert "vip" in seen.tags
    assert (seen.priority, seen.tier) == ("high", 3)
    assert {"policy_escalated_1", "policy_severity_critical"} <= seen.tags
    assert "\n".join(seen.notes).count("Escalation stage 1 (MA-14)") == 1


def test_an_edit_in_the_very_moment_of_the_write_survives(world: World) -> None:
    number = world.desk.open("Profiles vanish", affected="all")
    world.settle()
    world.later(minutes=3)
    world.desk.line.meanwhile(lambda: world.desk.edit(number, priority="high", tag="vip"))
    world.later(hours=4)
    seen = world.see(number)
    assert "vip" in seen.tags
    assert (seen.priority, seen.tier) == ("high", 3)
    assert {"policy_escalated_1", "policy_severity_critical"} <= seen.tags
    assert "\n".join(seen.notes).count("Escalation stage 1 (MA-14)") == 1


def test_doubled_and_disordered_webhooks_change_nothing(world: World) -> None:
    world.needs("webhooks")
    with world.postbox.holding() as held:
        number = world.desk.open("Console is slow", affected="significant")
        world.desk.pass_time(60)
        world.desk.answer(number, "We are looking")
        world.desk.pass_time(60)
        world.desk.edit(number, status="in_progress")
        world.hear_out()
    assert held
    for first in ([*held[::-1], *held], held):
        world.postbox.let_in(first)
        world.settle()
    assert set(world.postbox.answers[-len(held) :]) == {202}
    world.expect(
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
    assert list(world.desk.line.writes) == [number]


def test_what_webhooks_lost_the_sweep_finds(world: World) -> None:
    world.sweep()
    with world.postbox.losing():
        number = world.desk.open("Printing fails", affected="small")
        world.desk.pass_time(90)
        world.desk.answer(number, "Which printer?")
        world.desk.pass_time(90)
    assert world.queue_entry(number) is None
    world.sweep()
    world.expect(
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
    with world.postbox.losing():
        world.desk.answer(number, "And which cable?")
        world.desk.pass_time(90)
    looks = len(world.reviews(number))
    world.sweep()
    assert len(world.reviews(number)) > looks


def test_a_helpdesk_that_is_down_delays_and_no_more(world: World) -> None:
    first = world.desk.open("Wifi fails", affected="small")
    world.settle()
    world.later(minutes=1)
    with world.desk.line.cut():
        second = world.desk.open("Nobody receives messages", affected="small")
        world.desk.reply(first, "Still nothing")
        world.settle()
        assert list(world.desk.line.writes) == [first]
    world.later(minutes=20)
    for number, public in ((first, ["Still nothing"]), (second, [])):
        world.expect(
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


def test_a_lost_answer_doubles_nothing(world: World) -> None:
    world.desk.line.lose_answer()
    number = world.desk.open("Maps fail", affected="all")
    world.settle()
    world.later(minutes=10)
    world.expect(
        number,
        priority="urgent",
        status="new",
        tags=CRITICAL,
        severity="critical",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity critical (MA-09)"],
    )
    assert list(world.desk.line.writes) == [number]


def test_a_customer_gets_one_message_though_its_answer_was_lost(world: World) -> None:
    number = world.desk.open("Question on maps", affected="individual")
    world.desk.answer(number, "Which map?")
    world.settle()
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    world.desk.line.lose_answer(public=True)
    world.later(days=2, minutes=1)
    world.later(minutes=30)
    seen = world.see(number)
    assert list(seen.public) == ["Which map?", REMINDERS[0].format("Question on maps")]
    assert "policy_followup_1" in seen.tags
    assert "retry" in [review.outcome for review in world.reviews(number)]


def test_a_line_that_breaks_after_the_first_change_loses_nothing(world: World) -> None:
    with world.desk.line.cut(after=1):
        number = world.desk.open("Lights are off", affected="small")
        world.settle()
    world.later(minutes=20)
    world.expect(
        number,
        priority="normal",
        status="new",
        tags={"maas360", "severity_medium"},
        severity="medium",
        next_due="first_response",
        clause="MA-10",
        notes=["Severity medium (MA-09)"],
    )


def test_a_line_that_breaks_before_a_message_to_the_customer_delays_it(world: World) -> None:
    world.needs("hands")
    number = world.desk.open("Question on lights", affected="individual")
    world.settle()
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    with world.desk.line.cut(after=1):
        world.later(days=2, minutes=1)
    world.later(minutes=30)
    assert list(world.see(number).public) == [REMINDERS[0].format("Question on lights")]


def test_a_bridge_that_has_lost_its_database_repeats_nothing(world: World) -> None:
    number = world.desk.open("Question on heat", affected="individual")
    world.settle()
    world.later(minutes=1)
    world.desk.edit(number, status="customer_update_required")
    world.settle()
    world.later(days=2, minutes=1)
    world.desk.edit(number, priority="high", untag="policy_severity_low")
    world.settle()
    before = world.see(number)
    assert list(before.public) == [REMINDERS[0].format("Question on heat")]
    world.start()
    world.desk.note(number, "Anybody there?")
    world.settle()
    world.later(minutes=5)
    after = world.see(number)
    assert after.public == before.public
    assert after.notes == (*before.notes, "Anybody there?")
    assert (after.priority, after.status, after.tags) == (before.priority, before.status, before.tags)
    world.later(days=2)
    assert list(world.see(number).public) == [text.format("Question on heat") for text in REMINDERS[:2]]


def test_a_ticket_from_before_the_bridge_is_judged_by_what_the_helpdesk_knows(world: World) -> None:
    world.stop()
    number = world.desk.open("Question on sounds", affected="individual")
    world.desk.pass_time(timedelta(days=8).total_seconds())
    world.desk.edit(number, status="customer_update_required")
    world.desk.pass_time(timedelta(hours=1).total_seconds())
    world.start()
    world.desk.note(number, "We have a bridge now")
    world.settle()
    seen = world.see(number)
    assert (seen.priority, seen.status, seen.public) == ("low", "customer_update_required", ())
    assert "policy_followup_1" not in seen.tags
    world.later(days=2)
    assert list(world.see(number).public) == [REMINDERS[0].format("Question on sounds")]


def test_a_deleted_ticket_is_let_go_and_others_go_on(world: World) -> None:
    gone = world.desk.open("Sent by mistake", affected="all")
    world.settle()
    world.later(minutes=1)
    world.desk.delete(gone)
    other = world.desk.open("Sent on purpose", affected="small")
    world.later(hours=4, minutes=1)
    standing = world.queue_entry(gone)
    assert standing is not None
    assert standing.parked
    assert world.reviews(gone)[-1].outcome == "gave_up"
    assert "policy_escalated_1" not in world.see(other).tags
    assert world.see(other).priority == "normal"


def test_a_ticket_that_is_deleted_while_it_is_judged_is_let_go(world: World) -> None:
    number = world.desk.open("Sent too early", affected="all")
    world.moment.acts.append(lambda: world.desk.delete(number))
    world.settle()
    standing = world.queue_entry(number)
    assert standing is not None
    assert standing.parked
    assert world.reviews(number)[-1].outcome == "gave_up"


def test_two_tickets_at_once_stay_apart(world: World) -> None:
    numbers = {world.desk.open(f"Number {level}", affected=level): level for level in ("all", "individual")}
    world.settle()
    seen = {numbers[number]: world.see(number) for number in numbers}
    assert (seen["all"].priority, seen["individual"].priority) == ("urgent", "low")
    assert "policy_severity_critical" in seen["all"].tags
    assert "policy_severity_low" in seen["individual"].tags
    assert sorted(world.desk.line.writes) == sorted(numbers)
