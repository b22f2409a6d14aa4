"""A helpdesk that can be read and not written to."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import NoReturn

from bridge.account import Account
from bridge.decision import Mode, Plan, Target
from bridge.errors import BridgeError
from bridge.ports.helpdesk import Diagnosis, Helpdesk, OpenTickets
from bridge.ports.native_targets import NativeTargets
from bridge.ticket import Ticket, TicketRef


class ReadOnly:
    """Implements :class:`~bridge.ports.helpdesk.Helpdesk` over another one, whose ``apply`` nobody can reach."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._helpdesk = helpdesk
        self.name = helpdesk.name
        self.mode: Mode = "shadow"
        self.settling_time: timedelta = helpdesk.settling_time

    @property
    def known_fields(self) -> Container[Target]:
        return self._helpdesk.known_fields

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        return self._helpdesk.fetch(ref, before)

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> NoReturn:  # noqa: ARG002 (nothing is written)
        """Refuse. Raises ``BridgeError``."""
        raise BridgeError(f"{ticket.ref}: this connection is read-only here; please report this bug")

    def ticket_url(self, ref: TicketRef) -> str:
        return self._helpdesk.ticket_url(ref)

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        return self._helpdesk.changed_since(cursor, now)

    def open_tickets(self, cursor: str | None) -> OpenTickets:
        return self._helpdesk.open_tickets(cursor)

    def in_background(self) -> AbstractContextManager[None]:
        return self._helpdesk.in_background()

    def for_person(self) -> AbstractContextManager[None]:
        return self._helpdesk.for_person()

    def cursor_at(self, instant: datetime) -> str:
        return self._helpdesk.cursor_at(instant)

    def account(self, ticket: Ticket) -> Account | None:
        return self._helpdesk.account(ticket)

    def native_targets(self, since: datetime) -> NativeTargets:
        return self._helpdesk.native_targets(since)

    def probe(self) -> None:
        self._helpdesk.probe()

    def clock_problem(self) -> str:
        return self._helpdesk.clock_problem()

    def diagnose(self) -> Iterable[Diagnosis]:
        return self._helpdesk.diagnose()
