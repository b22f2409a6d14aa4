"""A connection to a helpdesk, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bridge.account import Account
from bridge.decision import Mode, Plan, Target
from bridge.policy.model import Policy
from bridge.ports.native_targets import NativeTargets
from bridge.ticket import Ticket, TicketRef

BeforeWrite = Callable[[], None]
"""Called before each request that changes a ticket or tells somebody; raises ``Stopped`` if nothing may be written."""


MayMeetOthers = Callable[[], bool]
"""Whether another installation, unknown to this one, may write to the same tickets."""


def meets_nobody() -> bool:
    """Every installation is known."""
    return False


def always_write() -> None:
    """Nothing stops a write."""


@dataclass(frozen=True)
class WriteResult:
    """What a helpdesk did with a plan."""

    confirmed: frozenset[str]
    """Keys of the actions that the vendor's own answer shows as done."""
    deferred: frozenset[str] = frozenset()
    """Keys that this write could not carry, such as a second comment; the ticket is reviewed again at once."""
    refused: dict[str, str] = field(default_factory=dict)
    """Keys the vendor accepted but did not apply, with the reason: 200 does not mean done."""
    version: str = ""
    """Version stamp of the ticket after the write."""


@dataclass(frozen=True)
class OpenTickets:
    """A page of the open tickets of a helpdesk."""

    refs: Sequence[TicketRef]
    following: str | None = None
    """Cursor of the next page; None: this is the last one."""


@dataclass(frozen=True)
class Diagnosis:
    """One line of ``doctor``: what was checked, whether it is in order, and what to do."""

    subject: str
    ok: bool
    """Whether it works; where it does not, ``doctor`` fails."""
    advice: str
    warns: bool = False
    """It works, and yet somebody may have wanted something else."""


CLOSING_MAILS = "closing mails"
"""Subject of the diagnosis that a helpdesk mails customers whenever a ticket closes; a fault where a policy reopens."""


class Helpdesk(Protocol):
    """One connection to a vendor. Methods raise only :mod:`bridge.errors`."""

    name: str
    mode: Mode
    settling_time: timedelta
    """How long after a delivery the change it reports may still be invisible; the ticket is reviewed again then."""

    @property
    def known_fields(self) -> Container[Target]:
        """Fields, facts and the group, if they can be written; plans leave out the others. Raises as ``fetch`` does."""

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        """The ticket and its audit trail, now. Raises ``Gone``, ``Retry`` or ``GiveUp``.

        ``before``: what the last review saw, for vendors that do not keep a full history: what is different from it is
        noted as observed.
        """

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        """Write a plan in one combined update that expects ``ticket.version``, and confirm it from the answer.

        ``review`` and the keys of the actions are sent along where the vendor can hold them. Raises ``Conflict``
        when the ticket has changed since, ``Retry`` when the write may be tried again, ``GiveUp`` when it never can
        succeed, with the vendor's explanation where that is because of a part of it.
        """

    def ticket_url(self, ref: TicketRef) -> str:
        """Where agents see the ticket in their helpdesk."""

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        """Tickets changed after ``cursor`` and the next cursor; None starts a little before ``now``."""

    def open_tickets(self, cursor: str | None) -> OpenTickets:
        """A page of all tickets that are neither solved nor closed, as far as can be told without reading each.

        ``cursor``: of the page; None: of the first. A page may repeat tickets.
        """

    def in_background(self) -> AbstractContextManager[None]:
        """In this context the thread's calls let all others go first, where the vendor limits how many there may be."""

    def for_person(self) -> AbstractContextManager[None]:
        """In this context the thread's calls are for somebody who waits, and are not bound by our share."""

    def cursor_at(self, instant: datetime) -> str:
        """A cursor for ``changed_since`` that starts at an instant of the past. Raises as ``fetch`` does."""

    def account(self, ticket: Ticket) -> Account | None:
        """What the vendor itself knows of the ticket's account, or None."""

    def native_targets(self, since: datetime) -> NativeTargets:
        """What the helpdesk's own SLA said of tickets since an instant, read when the first is asked for."""

    def probe(self) -> None:
        """Make one cheap call, to find out whether the connection works. Raises as ``fetch`` does."""

    def missing(self) -> Sequence[str]:
        """What the configuration names and the helpdesk does not have now, one line each. Raises as ``fetch`` does."""

    def clock_problem(self) -> str:
        """Why this machine's clock is not to be trusted for writes; empty: it agrees with the helpdesk's, as far as its
        last response showed."""

    def diagnose(self, policies: Sequence[Policy] = ()) -> Iterable[Diagnosis]:
        """Check credentials, rights and everything configured against the vendor, for ``doctor``.

        ``policies``: the options of fields have to mean something to them.
        """
