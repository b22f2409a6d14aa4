"""Undo on both databases: it keeps to its lease, counts towards no cap, and goes on after a process was killed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bridge.account import Account
from bridge.decision import Citation, Clear, Decision, Fact, Field, Plan, Set, Tag
from bridge.errors import Conflict, Retry
from bridge.evaluate import evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.plan import Ledger, plan
from bridge.plan.undo import Undoing
from bridge.policy.load import load_policy
from bridge.ports.helpdesk import WriteResult
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.ticket_clock import TicketClock
from bridge.runtime.undo import Undo, UndoRequest
from bridge.store import SqlStore
from bridge.store.tables import effects
from bridge.ticket import Actor, Priority, Role, Ticket, TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="zendesk", id="1")


class KilledWriting(InMemoryHelpdesk):
    """A helpdesk that takes a write; then the process is gone."""

    dies = False

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        result = super().apply(ticket, plan, review)
        if self.dies:
            raise KeyboardInterrupt
        return result


@pytest.fixture
def helpdesk(store: SqlStore) -> KilledWriting:
    """A ticket that was reviewed, and written to, at 8:00."""
    ticket = Ticket(ref=REF, created_at=NOW, facts={"affected": "all"}, priority=Priority.LOW)
    helpdesk = KilledWriting(ticket)
    policy = load_policy("maas360")
    before = helpdesk.fetch(REF)
    decision = evaluate(before, Account(), policy, NOW)
    review_with(store, helpdesk, plan(decision, before, Ledger((), before)), decision)
    assert helpdesk.fetch(REF).priority == Priority.URGENT
    return helpdesk


def review_with(store: SqlStore, helpdesk: InMemoryHelpdesk, todo: Plan, decision: Decision | None = None) -> None:
    """A review that was written and recorded."""
    before = helpdesk.fetch(REF)
    store.wake(REF, NOW, ReviewCause.DELIVERY)
    (claim,) = store.claim(NOW, limit=1, lease_s=60)
    store.record_intent(claim, "first", todo.actions, NOW)
    done = helpdesk.apply(before, todo)
    review = Review(
        "first", REF, NOW, ReviewCause.DELIVERY, ReviewOutcome.APPLIED, ticket=before, decision=decision, plan=todo
    )
    assert store.finish(claim, review, confirmed=done.confirmed, due=None)


def undo_of(store: SqlStore, helpdesk: KilledWriting) -> Undo:
    return Undo(store, {"zendesk": helpdesk}, TicketClock(lambda: NOW))


def test_the_ticket_is_as_it_was_and_the_policy_leaves_it_so(store: SqlStore, helpdesk: KilledWriting) -> None:
    undo = undo_of(store, helpdesk)
    assert undo.tickets(UndoRequest(since=NOW)) == [REF]
    undo.apply(REF, UndoRequest(since=NOW), "pat")
    now = helpdesk.fetch(REF)
    assert (now.priority, now.tags) == (Priority.LOW, frozenset())
    decision = evaluate(now, Account(), load_policy("maas360"), NOW)
    again = plan(decision, now, Ledger(store.ledger(REF), now))
    assert not again.actions
    assert {finding.code for finding in again.findings} >= {"undone"}
    assert undo.tickets(UndoRequest(since=NOW)) == []
    recorded = {review.why: review.outcome for review in store.reviews(REF)}
    assert recorded[ReviewCause.UNDO] is ReviewOutcome.APPLIED


def test_a_fact_is_taken_back_and_a_display_field_of_the_same_name_is_another_one(store: SqlStore) -> None:
    before = {"facts": {"stage": "diagnosed"}, "fields": {"stage": "shown"}}
    helpdesk = KilledWriting(Ticket.model_validate({"ref": REF, "created_at": NOW, **before}))
    cite = Citation(pack="p", version="1", clause="c")
    written = Set(cite=cite, because="approved", target=Fact("stage"), value="scheduled", key="c/1/fact")
    review_with(store, helpdesk, Plan(actions=(written,)))
    assert (helpdesk.ticket.facts, helpdesk.ticket.fields) == ({"stage": "scheduled"}, {"stage": "shown"})
    done = undo_of(store, helpdesk).apply(REF, UndoRequest(), "pat")
    assert not done.undoing.kept
    assert (helpdesk.ticket.facts, helpdesk.ticket.fields) == (before["facts"], before["fields"])


def test_what_a_ticket_has_afterwards_is_shown_once_with_all_clauses() -> None:
    first, second = (Citation(pack="p", version="1", clause=clause) for clause in ("c1", "c2"))
    taken_back = [Clear(cite=cite, because="", target=Field("clause"), key=cite.clause) for cite in (first, second)]
    taken_back.append(Clear(cite=first, because="", target=Tag("policy_x"), key="c3"))
    shown = Undoing(actions=tuple(taken_back)).afterwards
    assert shown == {"field clause empty again": (first, second), "tag policy_x removed": (first,)}


def test_a_process_that_is_killed_right_after_the_write(store: SqlStore, helpdesk: KilledWriting) -> None:
    helpdesk.dies = True
    with pytest.raises(KeyboardInterrupt):
        undo_of(store, helpdesk).apply(REF, UndoRequest(), "pat")
    helpdesk.dies = False
    assert helpdesk.fetch(REF).priority == Priority.LOW
    decision = evaluate(helpdesk.fetch(REF), Account(), load_policy("maas360"), NOW)
    again = plan(decision, helpdesk.fetch(REF), Ledger(store.ledger(REF), helpdesk.fetch(REF)))
    assert not again.actions, "what an undo intended is not written again meanwhile"
    undo_of(store, helpdesk).apply(REF, UndoRequest(), "pat")
    now = helpdesk.fetch(REF)
    assert (now.priority, now.tags) == (Priority.LOW, frozenset())


def test_what_a_person_changes_at_the_last_moment_stays(store: SqlStore, helpdesk: KilledWriting) -> None:
    class Changed(KilledWriting):
        def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
            if helpdesk.fetch(REF).priority is Priority.URGENT:
                helpdesk.change("priority", "high", Actor(role=Role.AGENT))
                raise Conflict("it was changed")
            return helpdesk.apply(ticket, plan, review)

        def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
            return helpdesk.fetch(ref, before)

    done = undo_of(store, Changed(helpdesk.fetch(REF))).apply(REF, UndoRequest(), "pat")
    assert [kept.because for kept in done.undoing.kept] == ["priority is high now: it was changed since"]
    assert helpdesk.fetch(REF).priority == Priority.HIGH
    assert not helpdesk.fetch(REF).tags


def test_a_ticket_under_review_is_left_to_its_holder(store: SqlStore, helpdesk: KilledWriting) -> None:
    store.wake(REF, NOW, ReviewCause.COMMAND)
    assert store.claim(NOW, limit=1, lease_s=60)
    with pytest.raises(Retry, match="under review"):
        undo_of(store, helpdesk).apply(REF, UndoRequest(), "pat")
    assert helpdesk.fetch(REF).priority == Priority.URGENT


def test_an_undo_counts_towards_no_cap(store: SqlStore, helpdesk: KilledWriting) -> None:
    done = undo_of(store, helpdesk).apply(REF, UndoRequest(), "pat")
    assert done.undoing.actions
    with store.database.read() as connection:
        kinds = dict(connection.execute(select(effects.c.key, effects.c.kind)).all())
    assert {kind for key, kind in kinds.items() if key.endswith("/undone")} == {None}
