"""Other installations: noticed by their marks on tickets. Of two that write to one helpdesk, one stops.

Two databases cannot know what the other has done, so both might send a customer the same message. Which one goes on
follows from their ids (:class:`bridge.installation_id.InstallationId`), until a person decides.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bridge.installation_id import InstallationId
from bridge.ports.audit import audit_entry
from bridge.ports.conditions import Condition
from bridge.ports.installation import Identity
from bridge.ports.stops import Stop, stop_entry
from bridge.ports.store import Store
from bridge.runtime.retry import FIRST_MARKS_S, NEW_INSTALLATION_S, TAKEOVER_GRACE_S
from bridge.runtime.ticket_clock import TicketClock
from bridge.ticket import Role, Ticket

log = structlog.get_logger()

STOPPED_BY = "policybridge, which is not the only one"
"""Who stopped writing, where another installation was noticed."""


@dataclass(frozen=True)
class OtherInstallations:
    """Looks for marks of other installations, and for our own that our database does not know."""

    store: Store
    clock: TicketClock

    def check(self, ticket: Ticket) -> bool:
        """Raise the alarm if a ticket shows that somebody else writes; True: this installation has stopped for it."""
        own = self.store.identity(self.clock.now())
        if other := _other(own, ticket):
            comes_first = own.id.precedes(other)
            problem = _describe(other, ticket, comes_first=comes_first)
        elif self._is_copied(own, ticket):
            comes_first = False
            problem = (
                f"ticket {ticket.ref} has a write of this installation that is not in this database: a copy of the "
                "database is in use elsewhere, or this one was restored from a backup"
            )
        else:
            return False
        connection = ticket.ref.connection
        self.store.failed(Condition.SOLE_WRITER, self.clock.now(), problem, connection)
        if comes_first:
            return False
        stop = Stop(connection, self.clock.now(), STOPPED_BY, problem)
        if self.store.stop(stop, stop_entry(stop)):
            log.error("another_installation_writes", connection=connection, reason=problem)
        return True

    def new_review(self, now: datetime) -> str:
        """The id of a new review, which its writes carry: it begins with that of this installation."""
        return f"{self.store.identity(now).id}-{secrets.token_hex(8)}"

    def is_new(self) -> bool:
        """Whether this installation may still meet another one that it has not noticed."""
        age = self.clock.now() - self.store.identity(self.clock.now()).since
        return self.clock.speed == 1 and age < timedelta(seconds=NEW_INSTALLATION_S)

    def take_over(self, who: str) -> tuple[Identity, list[Stop]]:
        """Make this installation the one that writes; returns its new identity and the stops that this ended."""
        now = self.clock.now()
        own = self.store.identity(now)
        # a review that is under way still leaves a mark with the old identity
        new = Identity(own.id.taking_over(now, secrets.token_hex(2)), now + timedelta(seconds=TAKEOVER_GRACE_S))
        self.store.take_over(
            new, audit_entry("takeover", f"{who} let this installation be the one that writes", "", now)
        )
        ended = [
            stop
            for stop in self.store.stops()
            if stop.by == STOPPED_BY
            and self.store.resume(stop.scope, audit_entry("resume", f"{stop.what} resumed by {who}", "", now), now)
        ]
        for state in self.store.conditions():
            if state.condition is Condition.SOLE_WRITER and state.failures:
                self.store.succeeded(Condition.SOLE_WRITER, now, state.connection)
        return new, ended

    def _is_copied(self, own: Identity, ticket: Ticket) -> bool:
        """Whether the ticket has a recent write of this installation without a line in the ledger, written first."""
        last = ticket.marked_by.get(str(own.id))
        recent = max(own.since, self.clock.now() - timedelta(days=1))
        if last is None or last <= recent:
            return False
        known = tuple(entry.key for entry in self.store.ledger(ticket.ref))
        return any(
            not key.startswith(known)  # keys of what tells about an action begin with that of the action
            for entry in ticket.timeline
            if entry.at > recent and entry.actor.role is Role.BRIDGE
            for key in entry.keys
        )


def _other(own: Identity, ticket: Ticket) -> InstallationId | None:
    """The other installation that has written since ours began; of several the one that comes first."""
    found: InstallationId | None = None
    since = own.since + timedelta(seconds=FIRST_MARKS_S)
    for name, at in ticket.marked_by.items():
        other = InstallationId.of(name)
        if other and other != own.id and at > since and (found is None or other.precedes(found)):
            found = other
    return found


def _describe(other: InstallationId, ticket: Ticket, *, comes_first: bool) -> str:
    at, began = ticket.marked_by[str(other)], datetime.fromtimestamp(other.began, UTC)
    who = f"another installation, first started {began:%Y-%m-%d %H:%M} UTC, wrote to {ticket.ref} at {at:%H:%M} UTC"
    if comes_first:
        return f"{who}; this one comes first and goes on"
    return f"{who}; it comes first, so this one has stopped writing"
