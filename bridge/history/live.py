"""Histories of an installation: the tickets of its helpdesks, and those that its own reviews have seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from bridge.account import Account
from bridge.errors import HelpdeskError, Retry
from bridge.history.line import HistoryLine
from bridge.history.problems import HistoryProblem
from bridge.history.source import Line, Trouble
from bridge.ports.native_targets import NativeTargets
from bridge.ports.reviews import Review
from bridge.ticket import Ticket, TicketRef

FindAccount = Callable[[Ticket, Account | None], Account]
Wait = Callable[[float], object]
T = TypeVar("T")

MAX_WAITS = 20
"""How many times in a row a helpdesk may ask to wait, for one call."""
WAIT_S = 30.0


class ReadableHelpdesk(Protocol):
    """What is read of a helpdesk; see :class:`bridge.ports.helpdesk.Helpdesk`."""

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket: ...

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]: ...

    def cursor_at(self, instant: datetime) -> str: ...

    def account(self, ticket: Ticket) -> Account | None: ...

    def native_targets(self, since: datetime) -> NativeTargets: ...

    def in_background(self) -> AbstractContextManager[None]: ...


@dataclass
class HelpdeskHistory:
    """The tickets of helpdesks that have changed since an instant, with all their history. They are only read."""

    helpdesks: Mapping[str, ReadableHelpdesk]
    accounts: FindAccount
    seen: Callable[[TicketRef], Ticket | None]
    """The ticket as a review has seen it, for helpdesks that do not keep a full history; None: none has."""
    since: datetime
    now: datetime
    wait: Wait
    without: frozenset[TicketRef] = frozenset()
    """Tickets that are known already."""
    troubles: list[Trouble] = field(default_factory=list)
    fingerprint = ""
    count: int | None = None

    @property
    def description(self) -> str:
        return f"the tickets of {', '.join(self.helpdesks)}"

    @property
    def taken_at(self) -> datetime:
        return self.now

    def lines(self) -> Iterator[Line]:
        """Raises ``HelpdeskError`` when the helpdesk keeps refusing to say which tickets have changed."""
        for helpdesk in self.helpdesks.values():
            with helpdesk.in_background():
                native = self._call(partial(helpdesk.native_targets, self.since))
                for ref in self._refs(helpdesk):
                    if line := self._line(helpdesk, ref, native):
                        yield Line(str(ref), line.as_line())

    def _refs(self, helpdesk: ReadableHelpdesk) -> Iterator[TicketRef]:
        """Every ticket once, in the order in which the helpdesk lists them."""
        seen = set(self.without)
        cursor = self._call(lambda: helpdesk.cursor_at(self.since))
        while True:
            refs, following = self._call(partial(helpdesk.changed_since, cursor, self.now))
            yield from (ref for ref in refs if ref not in seen)
            seen |= set(refs)
            if not refs or following == cursor:
                return
            cursor = following

    def _line(self, helpdesk: ReadableHelpdesk, ref: TicketRef, native: NativeTargets) -> HistoryLine | None:
        try:
            ticket = self._call(lambda: helpdesk.fetch(ref, self.seen(ref)))
            account = self._call(lambda: helpdesk.account(ticket))
            targets = self._call(lambda: native(ref))
        except Retry:
            raise
        except HelpdeskError as error:
            self.troubles.append(Trouble(HistoryProblem.UNFETCHED, f"{ref}: {error}"))
            return None
        return HistoryLine(ticket=ticket, account=self.accounts(ticket, account), native=targets)

    def _call(self, call: Callable[[], T]) -> T:
        """What a helpdesk answers, after the waits that it asks for. Raises ``Retry`` if it asks too often."""
        for _ in range(MAX_WAITS):
            try:
                return call()
            except Retry as error:
                self.wait(min(error.after if error.after is not None else WAIT_S, WAIT_S))
        return call()


@dataclass
class StoreHistory:
    """The newest state of every ticket that this installation has reviewed."""

    reviews: Callable[[], Iterator[Review]]
    now: datetime
    without: frozenset[TicketRef] = frozenset()
    """Tickets that are known already."""
    troubles: list[Trouble] = field(default_factory=list)
    fingerprint = ""
    count: int | None = None
    description = "the tickets that this installation has reviewed"

    @property
    def taken_at(self) -> datetime:
        return self.now

    def lines(self) -> Iterator[Line]:
        for review in self.reviews():
            if review.ticket and review.ref not in self.without:
                ticket = review.ticket.model_copy(update={"adopted_at": None})
                yield Line(str(review.ref), HistoryLine(ticket=ticket, account=review.account).as_line())
