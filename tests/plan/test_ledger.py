"""Whatever is said arrives once: marked or not, several in one update, with lost requests and lost answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decision import Clear, Field, MessageKind, Say, Set, SystemField, Tag
from bridge.plan import Ledger, LedgerEntry
from bridge.ticket import Actor, Role

from .conftest import AGENT, CITE, LossyHelpdesk, decision, desired, entry, message, sent, ticket

kinds = st.lists(st.sampled_from(MessageKind), min_size=1, max_size=4)
capacities = st.integers(1, 4)
troubles = st.lists(st.sampled_from(["fine", "request lost", "answer lost"]), max_size=6)


def helpdesk(kinds: list[MessageKind], *, marks: bool, capacity: int) -> LossyHelpdesk:
    owed = [message(f"m{number}", kind) for number, kind in enumerate(kinds)]
    return LossyHelpdesk(decision(owes=owed), marks, capacity)


def live(lossy: LossyHelpdesk, troubles: list[str]) -> None:
    for trouble in troubles:
        lossy.review(reaches=trouble != "request lost", answers=trouble != "answer lost")
    lossy.settle()


@given(kinds, capacities, troubles)
def test_with_marks_every_message_arrives_once_whatever_is_lost(
    kinds: list[MessageKind], capacity: int, troubles: list[str]
) -> None:
    lossy = helpdesk(kinds, marks=True, capacity=capacity)
    live(lossy, troubles)
    assert [lossy.received(owed) for owed in lossy.owed.due_messages] == [1] * len(kinds)


@given(kinds, capacities, st.lists(st.sampled_from(["fine", "request lost"]), max_size=6))
def test_without_marks_every_message_arrives_once_as_long_as_answers_come(
    kinds: list[MessageKind], capacity: int, troubles: list[str]
) -> None:
    lossy = helpdesk(kinds, marks=False, capacity=capacity)
    live(lossy, troubles)
    assert [lossy.received(owed) for owed in lossy.owed.due_messages] == [1] * len(kinds)


@given(kinds, capacities, troubles)
def test_without_marks_the_customer_gets_no_message_twice_and_agents_miss_none(
    kinds: list[MessageKind], capacity: int, troubles: list[str]
) -> None:
    lossy = helpdesk(kinds, marks=False, capacity=capacity)
    live(lossy, troubles)
    for owed in lossy.owed.due_messages:
        assert lossy.received(owed) <= 1 if owed.is_public else lossy.received(owed) >= 1


def test_a_message_that_the_first_update_could_not_carry_is_sent_by_the_next() -> None:
    """The first message carries its key: it is not a sign that the second has arrived."""
    first, second = message("first"), message("second")
    seen = ticket(sent("first", keys=[first.key]))
    ledger = Ledger([entry(owed.action(), minutes=-1, confirmed=False) for owed in (first, second)], seen)
    assert ledger.is_confirmed(first.key)
    assert not ledger.has_arrived(second, seen)


@pytest.mark.parametrize(
    ("found", "arrived"),
    [
        (sent("x"), True),
        (sent("x", minutes=-1), True),  # within the second of the intent
        (sent("x", minutes=-1.1), False),
        (sent("x", keys=["another"]), False),
        (sent("x", public=False), False),
        (sent("x", actor=AGENT), False),
        (sent("x", actor=Actor(role=Role.SYSTEM)), False),
    ],
)
def test_what_has_no_mark_is_ours_when_it_is_public_and_later_than_the_intent(found: Any, arrived: bool) -> None:
    owed, seen = message("x"), ticket(found)
    intent = entry(owed.action(), minutes=-1, confirmed=False)
    intent = intent.model_copy(update={"at": intent.at.replace(microsecond=700_000)})
    assert Ledger([intent], seen).has_arrived(owed, seen) is arrived


def test_without_an_intent_nothing_has_arrived_unmarked() -> None:
    owed, seen = message("x"), ticket(sent("x"))
    assert not Ledger([], seen).has_arrived(owed, seen)


@pytest.mark.parametrize("kind", [MessageKind.INTERNAL_NOTE, MessageKind.NOTIFY])
def test_a_note_is_never_taken_for_arrived_without_a_mark(kind: MessageKind) -> None:
    owed, seen = message("x", kind), ticket(sent("x"))
    ledger = Ledger([entry(owed.action(), minutes=-1, confirmed=False)], seen)
    assert not ledger.has_arrived(owed, seen)


@pytest.mark.parametrize(
    "other",
    [
        entry(message("old").action(), minutes=-5),  # confirmed before the intent: its message is older too
        entry(message("lost").action(), minutes=0, confirmed=False),
        entry(message("note", MessageKind.INTERNAL_NOTE).action(), minutes=0),
        entry(desired(Tag("policy_x")).action(), minutes=0),
    ],
)
def test_only_a_received_message_to_the_customer_explains_one_without_a_mark(other: LedgerEntry) -> None:
    owed, seen = message("x"), ticket(sent("x"))
    assert Ledger([entry(owed.action(), minutes=-1, confirmed=False), other], seen).has_arrived(owed, seen)


def test_a_received_message_whose_mark_is_there_explains_none_without() -> None:
    owed, other = message("x"), message("other")
    seen = ticket(sent("other", keys=[other.key]), sent("x"))
    ledger = Ledger([entry(owed.action(), minutes=-1, confirmed=False), entry(other.action(), minutes=0)], seen)
    assert ledger.has_arrived(owed, seen)


def test_what_the_ticket_shows_is_confirmed_though_nobody_recorded_it() -> None:
    tag = Set(cite=CITE, target=Tag("policy_x"), key="k")
    seen = ticket(sent("x", keys=["k"]))
    ledger = Ledger([entry(tag, confirmed=False)], seen)
    assert ledger.is_confirmed("k")
    assert ledger.last_writes == {Tag("policy_x"): tag}
    assert not Ledger([entry(tag, confirmed=False)], ticket()).is_confirmed("k")
    assert Ledger([], seen).is_confirmed("k")
    assert not Ledger([], seen).is_confirmed("other")


def test_an_intent_counts_as_intended_only() -> None:
    tag = Set(cite=CITE, target=Tag("policy_x"), key="k")
    ledger = Ledger([entry(tag, confirmed=False)])
    assert ledger.is_intended("k")
    assert not ledger.is_intended("other")
    assert ledger.last_writes == {}


def test_the_last_write_of_a_target_counts_whatever_the_order_of_the_record() -> None:
    first = Set(cite=CITE, target=SystemField.PRIORITY, value="low", key="k1")
    last = Set(cite=CITE, target=SystemField.PRIORITY, value="high", key="k2")
    note = Say(cite=CITE, kind=MessageKind.INTERNAL_NOTE, key="k3", template="note")
    entries = [entry(last, minutes=-1), entry(note), entry(first, minutes=-9)]
    assert Ledger(entries).last_writes == {SystemField.PRIORITY: last}


@pytest.mark.parametrize("target", [Tag("policy_x"), Field("region")])
def test_what_the_bridge_took_back_itself_does_not_stand(target: Tag | Field) -> None:
    wanted = desired(target, True if isinstance(target, Tag) else "apac")
    written = entry(wanted.action(), minutes=-9)
    cleared = entry(Clear(cite=CITE, target=target, key=f"{wanted.key}/withdrawn"), minutes=-5)
    assert Ledger([written]).has_written(wanted)
    assert not Ledger([written, cleared]).has_written(wanted)
    assert not Ledger([cleared]).has_written(wanted)
