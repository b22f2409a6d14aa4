"""Undo: take back what the bridge wrote, ticket by ticket, each under a lease and with its intent recorded first."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from bridge.catalogue import ENGLISH
from bridge.decision import Plan, Say
from bridge.decision.records import action_name, action_value
from bridge.errors import Conflict, GiveUp, Retry
from bridge.explain import describe_action
from bridge.plan import Ledger, LedgerEntry
from bridge.plan.undo import PastWrites, Undoing, undoing
from bridge.policy.recorded import recorded_policy
from bridge.ports.audit import audit_entry
from bridge.ports.helpdesk import Helpdesk, WriteResult
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.runtime.partial_write import write_what_stands
from bridge.runtime.retry import LEASE_S, SETTLE_AFTER_WRITE_S
from bridge.runtime.stops import despite_stops_before
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from bridge.ticket import Ticket, TicketRef

ATTEMPTS = 3
"""How often a ticket is tried."""


@dataclass(frozen=True)
class UndoRequest:
    """Which writes a person wants to have taken back; what is None does not matter."""

    since: datetime | None = None
    review: str | None = None
    ref: TicketRef | None = None
    clause: str | None = None

    def __str__(self) -> str:
        since = f"since {self.since:%Y-%m-%dT%H:%M:%SZ}" if self.since else ""
        named = {"review": self.review, "ticket": self.ref, "clause": self.clause}
        return ", ".join(filter(None, [since, *(f"{name} {value}" for name, value in named.items() if value)]))

    def wants(self, entry: LedgerEntry, review: str) -> bool:
        """Whether an entry of the ledger, intended last by a review, is meant."""
        return (
            (self.since is None or entry.at >= self.since)
            and self.review in (None, review)
            and (self.clause is None or entry.cite.clause.casefold() == self.clause.casefold())
        )


@dataclass(frozen=True)
class TicketUndo:
    """What was, or would be, taken back on one ticket."""

    ref: TicketRef
    undoing: Undoing = field(default_factory=Undoing)
    refused: Mapping[str, str] = field(default_factory=dict)
    """Keys that the helpdesk did not accept, with its reason."""
    failed: str = ""
    """Why nothing was taken back; empty: it was."""

    def as_json(self) -> dict[str, Any]:
        """The undo as plain values, for ``--json`` and the API."""
        found = self.undoing
        undone = [
            {
                "clause": a.cite.clause,
                "action": action_name(a),
                "value": action_value(a),
                "refused": self.refused.get(a.key),
            }
            for a in found.undone
        ]
        kept = [{"clause": k.entry.cite.clause, "key": k.entry.key, "because": k.because} for k in found.kept]
        sent = [{"clause": s.cite.clause, "key": s.key, "action": describe_action(s.action)} for s in found.sent]
        return {"ticket": str(self.ref), "failed": self.failed, "undone": undone, "kept": kept, "messages": sent}


@dataclass(frozen=True)
class Undo:
    """Takes back writes of one installation."""

    store: SqlStore
    helpdesks: Mapping[str, Helpdesk]
    clock: TicketClock
    lease_s: float = LEASE_S

    @cached_property
    def _asked_at(self) -> datetime:
        """When somebody asked for it: a stop that begins later ends it."""
        return self.clock()

    def tickets(self, request: UndoRequest) -> list[TicketRef]:
        """The tickets on which something that is meant was written, and not taken back yet."""
        found = self.store.effects_of(request.since, request.review, request.ref)
        return [ref for ref in found if self._is_concerned(ref, request)]

    def _is_concerned(self, ref: TicketRef, request: UndoRequest) -> bool:
        rows = self.store.ledger_with_reviews(ref)
        ledger = Ledger(entry for entry, _ in rows)
        return any(
            request.wants(entry, review) and not isinstance(entry.action, Say) and ledger.can_be_undone(entry)
            for entry, review in rows
        )

    def plan(self, ref: TicketRef, request: UndoRequest) -> TicketUndo:
        """What would be taken back. Raises :mod:`bridge.errors`."""
        return TicketUndo(ref, self._undoing(self._fetch(ref), request))

    def apply(self, ref: TicketRef, request: UndoRequest, who: str) -> TicketUndo:
        """Take it back. Raises :mod:`bridge.errors`; whatever was intended is settled by the next attempt."""
        claim = self.store.claim_ticket(ref, ReviewCause.UNDO, self.clock(), self.lease_s)
        if claim is None:
            raise Retry(f"{ref} is under review just now; run the command again")
        done: TicketUndo | None = None
        try:
            with despite_stops_before(self._asked_at):
                done = self._attempt(claim, request, who)
        finally:
            if done is None or not done.undoing.undone:
                self.store.give_back(claim, self.clock())
        return done

    def record(self, done: Sequence[TicketUndo], who: str, request: UndoRequest) -> None:
        """Note in the audit log what was taken back."""
        if count := sum(len(each.undoing.undone) - len(each.refused) for each in done):
            what = f"{who} had {count} writes taken back on {len(done)} tickets ({request})"
            self.store.record_audit(audit_entry("undo", what, "", self.clock()))

    def _attempt(self, claim: Claim, request: UndoRequest, who: str, left: int = ATTEMPTS) -> TicketUndo:
        """Read, compare and write; again if the ticket changes in between, or the helpdesk asks us to wait."""
        try:
            ticket = self._fetch(claim.ref)
            found = self._undoing(ticket, request)
            return self._finish(claim, ticket, found, who) if found.undone else TicketUndo(claim.ref, found)
        except Conflict:
            pause = 0.0
            if left == 1:
                raise
        except Retry as error:
            pause = error.after or SETTLE_AFTER_WRITE_S
            if left == 1 or pause > self.lease_s / (2 * ATTEMPTS):  # the lease has to outlast it
                raise
        time.sleep(pause)
        return self._attempt(claim, request, who, left - 1)

    def _finish(self, claim: Claim, ticket: Ticket, found: Undoing, who: str) -> TicketUndo:
        """Write what is left to be written, and record it with what an interrupted undo had written."""
        review, now = uuid.uuid4().hex, self.clock()
        ledger, note = Ledger(self.store.ledger(claim.ref), ticket), found.note(who, self._language(claim.ref))
        plan = Plan(actions=found.actions if ledger.is_confirmed(note.key) else (*found.actions, note))
        helpdesk = self.helpdesks[claim.ref.connection]
        result = WriteResult(frozenset())
        if plan:
            self.store.record_intent(claim, review, plan.actions, now)
            result = write_what_stands(lambda each: helpdesk.apply(ticket, each, review), plan, lambda _: False)
        outcome = ReviewOutcome.APPLIED if plan else ReviewOutcome.NOTHING
        record = Review(review, claim.ref, now, ReviewCause.UNDO, outcome, f"undone by {who}", plan=plan)
        detail = "; ".join([record.detail, *(f"{key}: {why}" for key, why in result.refused.items())])
        record = replace(record, detail=detail)
        due = now + self.clock.ticket_time(timedelta(seconds=SETTLE_AFTER_WRITE_S) + helpdesk.settling_time)
        if not self.store.finish(claim, record, confirmed=ledger.proven | result.confirmed, due=due):
            raise Retry(f"{claim.ref}: the lease ended during the undo; run the command again")
        return TicketUndo(claim.ref, found, result.refused)

    def _fetch(self, ref: TicketRef) -> Ticket:
        if ref.connection not in self.helpdesks:
            raise GiveUp(f"{ref}: no connection is called {ref.connection!r}")
        return self.helpdesks[ref.connection].fetch(ref, self.store.snapshot(ref))

    def _undoing(self, ticket: Ticket, request: UndoRequest) -> Undoing:
        rows = self.store.ledger_with_reviews(ticket.ref)
        keys = [entry.key for entry, review in rows if request.wants(entry, review)]
        seen = dict(self._seen(rows))
        return undoing(ticket, PastWrites(Ledger((entry for entry, _ in rows), ticket), seen), keys)

    def _language(self, ref: TicketRef) -> str:
        """The language of the agents, by the last policy that evaluated the ticket."""
        idents = [ident for _, ident in reversed(self.store.ledger_with_reviews(ref))]
        reviews = (self.store.review(ident) for ident in dict.fromkeys(idents))
        packs = (review.pack for review in reviews if review and review.pack)
        return next((recorded_policy(pack).language_of_templates for pack in packs), ENGLISH)

    def _seen(self, rows: Sequence[tuple[LedgerEntry, str]]) -> Iterator[tuple[str, Ticket]]:
        """What the review of each write saw before it, by the key of the write."""
        reviews = {review: self.store.review(review) for review in {review for _, review in rows}}
        for entry, ident in rows:
            review = reviews[ident]
            if review and review.ticket:
                yield entry.key, review.ticket
