"""Desired minus actual minus already done: what is written, what is left alone, what is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from bridge.decision import (
    Clear,
    DesiredValue,
    Fact,
    Field,
    MessageKind,
    OnOverride,
    Set,
    Severity,
    SystemField,
    Tag,
    Target,
)
from bridge.decision.records import RecordedAction
from bridge.plan import Ledger, LedgerEntry, plan, restrict
from bridge.ticket import Actor, Merge, Role, Status, Ticket

from .conftest import BRIDGE, CITE, NOW, changed, decision, desired, entry, message, sent, ticket

WITH: list[tuple[Target, Any, dict[str, Any], dict[str, Any]]] = [
    # target, desired value, ticket that has it, ticket that does not
    (Tag("policy_x"), True, {"tags": {"policy_x"}}, {"tags": {"policy_y"}}),
    (Field("region"), "apac", {"fields": {"region": "apac"}}, {"fields": {"region": "emea"}}),
    (Fact("stage"), "study", {"facts": {"stage": "study"}}, {"facts": {"stage": None}}),
    (Fact("stage"), None, {"facts": {"stage": None}}, {"facts": {"stage": "study"}}),
    (Fact("stage"), None, {"facts": {"stage": ""}}, {"facts": {"stage": "study"}}),
    (SystemField.PRIORITY, "high", {"priority": "high"}, {"priority": "low"}),
    (SystemField.STATUS, "solved", {"status": "solved"}, {"status": "open"}),
    (SystemField.TIER, 2, {"tier": 2}, {"tier": 1}),
    (SystemField.ASSIGNEE, "a@x.example", {"assignee": "a@x.example"}, {"assignee": None}),
    (SystemField.GROUP, "japanese", {"group": "japanese"}, {"group": None}),
]


def actions(seen: Ticket, *wants: DesiredValue, ledger: tuple[LedgerEntry, ...] = ()) -> Any:
    todo = plan(decision(wants=wants), seen, Ledger(ledger, seen))
    return todo.actions, todo.findings


@pytest.mark.parametrize(("target", "value", "having", "lacking"), WITH)
def test_what_differs_is_written_and_what_is_equal_is_not(
    target: Target, value: Any, having: dict[str, Any], lacking: dict[str, Any]
) -> None:
    wanted = desired(target, value)
    assert actions(ticket(**having), wanted) == ((), ())
    assert actions(ticket(**lacking), wanted) == ((wanted.action(),), ())
    assert isinstance(wanted.action(), Clear if value is None else Set)


@pytest.mark.parametrize(("on_override", "severity"), [("respect", Severity.INFO), ("flag", Severity.WARNING)])
def test_what_a_person_changed_after_we_wrote_it_stays_and_is_reported(on_override: str, severity: Severity) -> None:
    wanted = desired(SystemField.PRIORITY, "high", on_override=OnOverride(on_override))
    done, found = actions(ticket(priority="low"), wanted, ledger=(entry(wanted.action()),))
    assert done == ()
    assert [(finding.code, finding.severity) for finding in found] == [("overridden", severity)]
    assert found[0].because == "priority should be high (the rule applies); a person set low"


def test_what_is_enforced_is_written_again() -> None:
    wanted = desired(SystemField.PRIORITY, "high", on_override=OnOverride.ENFORCE)
    assert actions(ticket(priority="low"), wanted, ledger=(entry(wanted.action()),)) == ((wanted.action(),), ())


@pytest.mark.parametrize(
    ("wanted", "seen", "because"),
    [
        (desired(Tag("policy_x")), ticket(), "the tag policy_x should be on the ticket (why); a person removed it"),
        (desired(Field("region"), "apac"), ticket(), "field region should be apac (why); a person removed it"),
        (
            desired(Fact("stage"), None),
            ticket(facts={"stage": "study"}),
            "fact stage should be empty (why); a person set study",
        ),
    ],
)
def test_an_override_is_reported_in_a_sentence(wanted: DesiredValue, seen: Ticket, because: str) -> None:
    wanted = wanted.model_copy(update={"because": "why"})
    _, (found,) = actions(seen, wanted, ledger=(entry(wanted.action()),))
    assert found.because == because


def test_an_intent_alone_is_no_write_of_ours() -> None:
    wanted = desired(SystemField.PRIORITY, "high")
    assert actions(ticket(priority="low"), wanted, ledger=(entry(wanted.action(), confirmed=False),))[0] == (
        wanted.action(),
    )


@pytest.mark.parametrize(
    ("minutes", "actor", "overruled"),
    [(-60, "agent", True), (-60, "bridge", False), (-120, "agent", False), (-180, "agent", False)],  # wanted since -120
)
@pytest.mark.parametrize("target", [Tag("policy_x"), SystemField.PRIORITY, Field("region")])
def test_who_takes_away_what_the_policy_wants_after_the_occasion_overrules_it(
    target: Target, minutes: float, actor: str, overruled: bool
) -> None:
    change = {
        Tag("policy_x"): ("tags", "policy_x,vip", "vip"),
        SystemField.PRIORITY: ("priority", "high", "low"),
        Field("region"): ("field:region", "apac", None),
    }[target]
    by = BRIDGE if actor == "bridge" else changed("x", 1, 2).actor
    wanted = desired(target, {SystemField.PRIORITY: "high", Field("region"): "apac"}.get(target, True))
    seen = ticket(changed(*change, actor=by, minutes=minutes), priority="low", tags={"vip"})
    done, found = actions(seen, wanted)
    assert ([finding.code for finding in found], list(done)) == (
        (["overridden"], []) if overruled else ([], [wanted.action()])
    )


def test_the_last_loss_of_the_wanted_value_decides() -> None:
    wanted = desired(SystemField.PRIORITY, "high")
    by_agent, by_us = changed("priority", "high", "low", minutes=-50), changed("priority", "high", "low", BRIDGE, -40)
    raised = changed("priority", "low", "high", minutes=-45)
    other = changed("priority", "low", "normal", minutes=-30)
    assert actions(ticket(by_agent, raised, by_us, other, priority="normal"), wanted)[0] == (wanted.action(),)


def test_a_fact_that_should_be_empty_is_emptied_whoever_has_just_filled_it() -> None:
    wanted = desired(Fact("stage"), None)
    filled = changed("fact:stage", None, "study")
    assert actions(ticket(filled, facts={"stage": "study"}), wanted) == ((wanted.action(),), ())


def test_another_tag_that_goes_overrules_nothing() -> None:
    wanted = desired(Tag("policy_x"))
    seen = ticket(changed("tags", "policy_x,vip", "policy_x"), changed("tags", None, "vip"), tags=set())
    assert actions(seen, wanted)[0] == (wanted.action(),)


@pytest.mark.parametrize(("target", "value", "having", "lacking"), WITH[:2])
def test_what_is_wanted_no_more_is_taken_back_once(
    target: Tag | Field, value: Any, having: dict[str, Any], lacking: dict[str, Any]
) -> None:
    written = entry(desired(target, value).action())
    (cleared,), _ = actions(ticket(**having), ledger=(written,))
    assert cleared == Clear(
        cite=CITE, because="condition no longer applies", target=target, key=f"{written.key}/withdrawn"
    )
    assert actions(ticket(**having), desired(target, value), ledger=(written,))[0] == ()
    assert actions(ticket(**lacking), ledger=(written,)) == ((), ())
    assert actions(ticket(**having), ledger=(written, entry(cleared, minutes=-1))) == ((), ())
    assert actions(ticket(**having), ledger=(entry(written.action, confirmed=False),)) == ((), ())


@pytest.mark.parametrize(("target", "value", "having", "lacking"), WITH[2:3] + WITH[5:])
def test_facts_and_system_fields_are_never_taken_back(
    target: Target, value: Any, having: dict[str, Any], lacking: dict[str, Any]
) -> None:
    written = entry(desired(target, value).action())
    assert actions(ticket(**having), ledger=(written,)) == ((), ())
    assert actions(ticket(**lacking), ledger=(written,)) == ((), ())


# messages

LATER = NOW + timedelta(minutes=1)
LONG_AGO = NOW - timedelta(hours=1)


def owed(*owes: Any, seen: Ticket | None = None, wants: Any = (), ledger: tuple[LedgerEntry, ...] = ()) -> Any:
    seen = seen or ticket()
    todo = plan(decision(wants=wants, owes=owes), seen, Ledger(ledger, seen))
    return [action.key for action in todo.actions], [finding.because for finding in todo.findings]


def test_a_message_that_is_due_is_sent_as_it_is() -> None:
    note = message("note", MessageKind.INTERNAL_NOTE, to=("a@x.example",))
    todo = plan(decision(owes=[note]), ticket(), Ledger())
    assert todo.actions == (note.action(),)
    assert todo.messages == [note.action()]
    assert not hasattr(note.action(), "due_at")


def test_of_late_messages_the_last_says_enough() -> None:
    first, last = message("first", due_at=LONG_AGO - timedelta(minutes=5)), message("last", due_at=LONG_AGO)
    keys, because = owed(first, last)
    assert keys == [last.key]
    assert because == ["the message first was due 2026-03-02 06:55 UTC; it is late, and a later message replaces it"]


@pytest.mark.parametrize(
    "more",
    [
        {"due_at": LONG_AGO + timedelta(seconds=1)},  # not late
        {"due_at": LONG_AGO, "gives_way": False},
        {"due_at": LONG_AGO, "kind": MessageKind.INTERNAL_NOTE},
    ],
)
def test_what_is_not_late_or_must_be_sent_is_never_left_out(more: dict[str, Any]) -> None:
    kind = more.pop("kind", MessageKind.PUBLIC_MESSAGE)
    first, last = message("first", kind, **more), message("last")
    assert owed(first, last) == ([first.key, last.key], [])


def test_a_late_message_gives_way_to_what_the_customer_has_got_since() -> None:
    late = message("late", due_at=LONG_AGO)
    assert owed(late, seen=ticket(sent("newer", minutes=-59, keys=["k"]))) != ([late.key], [])
    assert owed(late, seen=ticket(sent("older", minutes=-60, keys=["k"]))) == ([late.key], [])
    assert owed(late, seen=ticket(sent("note", minutes=-59, keys=["k"], public=False))) == ([late.key], [])


def test_a_message_sent_just_before_is_no_later_one() -> None:
    before, late = message("before", due_at=LONG_AGO - timedelta(minutes=5)), message("late", due_at=LONG_AGO)
    seen = ticket(sent("before", minutes=0, keys=[before.key]))
    assert owed(before, late, seen=seen) == ([late.key], [])


@pytest.mark.parametrize(("due_at", "sends"), [(LONG_AGO, False), (NOW, True)])
def test_a_late_message_waits_while_the_status_moves(due_at: Any, sends: bool) -> None:
    late, moves = message("late", due_at=due_at), desired(SystemField.STATUS, "solved")
    assert owed(late, wants=[moves], seen=ticket(status=Status.OPEN))[0] == [moves.key, *([late.key] if sends else [])]


def test_a_move_that_was_refused_holds_no_message_back() -> None:
    late, moves = message("late", due_at=LONG_AGO), desired(SystemField.STATUS, "solved")
    tried = entry(moves.action(), confirmed=False)
    assert owed(late, wants=[moves], ledger=(tried,), seen=ticket(status=Status.OPEN))[0] == [moves.key, late.key]


def test_another_write_holds_no_message_back() -> None:
    late, tag = message("late", due_at=LONG_AGO), desired(SystemField.PRIORITY, "high")
    assert owed(late, wants=[tag])[0] == [tag.key, late.key]


def test_what_was_sent_is_not_sent_again() -> None:
    sent_before = message("said")
    assert owed(sent_before, ledger=(entry(sent_before.action()),)) == ([], [])
    assert owed(sent_before, seen=ticket(sent("said", keys=[sent_before.key]))) == ([], [])
    assert owed(
        sent_before, ledger=(entry(sent_before.action(), minutes=-1, confirmed=False),), seen=ticket(sent("said"))
    ) == ([], [])


@pytest.mark.parametrize(
    ("minutes", "actor", "on_override", "stays"),
    [
        (-60, "agent", OnOverride.RESPECT, True),
        (-60, "agent", OnOverride.ENFORCE, False),
        (-60, "customer", OnOverride.RESPECT, False),
        (-180, "agent", OnOverride.RESPECT, False),  # wanted since -120
    ],
)
@pytest.mark.parametrize("target", [SystemField.PRIORITY, SystemField.ASSIGNEE, SystemField.TIER, SystemField.GROUP])
def test_what_a_person_chose_after_the_fact_stays_although_we_have_written_nothing_yet(
    target: SystemField, minutes: float, actor: str, on_override: OnOverride, stays: bool
) -> None:
    wanted_value, chosen = {
        SystemField.PRIORITY: ("high", "normal"),
        SystemField.ASSIGNEE: ("a@x.example", "b@x.example"),
        SystemField.TIER: (2, 3),
        SystemField.GROUP: ("japanese", "korean"),
    }[target]
    wanted = desired(target, wanted_value).model_copy(update={"on_override": on_override})
    by = Actor(role=Role(actor), email="somebody@x.example")
    seen = ticket(changed(target.value, None, chosen, actor=by, minutes=minutes), **{target.value: chosen})
    done, found = actions(seen, wanted)
    assert list(done) == ([] if stays else [wanted.action()])
    assert [finding.code for finding in found] == (["overridden"] if stays else [])


@pytest.mark.parametrize(
    ("actual", "said"),
    [
        ("urgent", "priority is urgent, set by trigger 3507 (VIP) on {at}; the policy wants high"),
        ("high", "priority is high, set by trigger 3507 (VIP) on {at}; the policy wants the same"),
    ],
)
def test_a_value_that_a_rule_of_the_helpdesk_set_is_named_as_its_own(actual: str, said: str) -> None:
    """And never as agreement; what the policy wants is written all the same."""
    rule = Actor(role=Role.SYSTEM, id="3507", name="trigger 3507 (VIP)")
    before = changed("priority", None, actual, rule, minutes=-120)
    wanted = desired(SystemField.PRIORITY, "high")
    done, [found] = actions(ticket(before, priority=actual), wanted)
    assert done == (() if actual == "high" else (wanted.action(),))
    assert (found.code, found.because) == ("set_by_rule", said.format(at=f"{before.at:%Y-%m-%d %H:%M} UTC"))
    written = entry(wanted.action())
    if actual == "urgent":
        _, [overridden] = actions(ticket(before, priority=actual), wanted, ledger=(written,))
        assert overridden.because.endswith("; trigger 3507 (VIP) set urgent")


def test_tags_of_ours_that_came_with_a_merge_are_removed_once_and_others_stay() -> None:
    carried = frozenset({"policy_severity_high", "policy_shared", "policy_own", "vip"})
    merge = Merge(at=NOW, actor=Actor(role=Role.AGENT), source="12", tags=carried | {"policy_elsewhere"})
    seen = ticket(merge, tags=carried)
    shared, own = desired(Tag("policy_shared")), entry(desired(Tag("policy_own")).action())
    done, found = actions(seen, shared, ledger=(own,))
    assert found == ()
    assert [(each.target.name, each.because) for each in done] == [
        ("policy_own", "condition no longer applies"),
        ("policy_severity_high", "it came with ticket 12, which was merged into this one"),
    ]
    put_back = ticket(merge, tags=carried - {"policy_own"})
    assert actions(put_back, shared, ledger=(own, *map(entry, done))) == ((), ())


def test_what_a_note_has_put_on_peoples_lists_is_withdrawn_once_from_a_resolved_ticket() -> None:
    noted = entry(message("coo", MessageKind.NOTIFY).action())
    left = ticket(status=Status.SOLVED, activities="5,7")
    [withdrawn] = plan(decision(), left, Ledger([noted])).actions
    assert withdrawn == Clear(
        cite=CITE,
        because="the ticket is resolved",
        target=SystemField.ACTIVITIES,
        key="AC-03/coo/activities:5,7/withdrawn",
    )
    record: TypeAdapter[Any] = TypeAdapter(RecordedAction)
    assert record.validate_json(record.dump_json(withdrawn)) == withdrawn
    closed = ticket(status=Status.CLOSED, activities="5,7")
    wanted = plan(decision(wants=[desired(Tag("policy_x"))]), closed, Ledger([noted]))
    assert restrict(wanted, closed, fields=()).actions == (withdrawn,), "nothing else can be written to a closed ticket"
    done = Ledger([noted, entry(withdrawn)])
    assert not done.can_be_undone(done.entries[-1])
    assert not plan(decision(), left, done)
    assert not plan(decision(), left, Ledger()), "no note of ours is on record"
    reopened = desired(SystemField.STATUS, Status.OPEN)
    assert plan(decision(wants=[reopened]), left, Ledger([noted])).actions == (reopened.action(),)
