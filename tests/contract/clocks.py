"""How time passes in a scenario: some clocks can be turned; where none can, what is read is put to its time instead."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bridge.decision import Plan
from bridge.ports.helpdesk import Helpdesk, WriteResult
from bridge.runtime.ticket_clock import wall_clock
from bridge.sandbox.process import Sandbox
from bridge.ticket import Entry, Merge, Ticket, TicketRef

ALIGNED = timedelta(minutes=1)
"""A jump this long begins with a second of the server, so that no stamp of whole seconds can lie on the wrong side."""
APART = timedelta(days=1)
"""What lies so far apart in the scenario is more than a moment apart on the server as well."""
MOMENT_S = 3.0
E = TypeVar("E", bound=Entry)


class Clock(ABC):
    """The clock of a scenario."""

    @abstractmethod
    def now(self) -> datetime:
        """The present, aware UTC."""

    @abstractmethod
    def begin(self) -> None:
        """A scenario begins: what is stamped from here on is not older than what the bridge has seen of the time."""

    @abstractmethod
    def pass_time(self, seconds: float) -> None: ...

    def before(self, helpdesk: Helpdesk) -> Helpdesk:
        """A helpdesk as it is seen through this clock."""
        return helpdesk


class Turned(Clock):
    """The clock of a sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._read()

    def now(self) -> datetime:
        return wall_clock() + self._ahead

    def begin(self) -> None:
        """The sandbox and the bridge share this clock."""

    def pass_time(self, seconds: float) -> None:
        self._sandbox.advance(seconds)
        self._read()

    def _read(self) -> None:
        self._ahead = datetime.fromisoformat(self._sandbox.admin("GET", "")["now"]) - wall_clock()


class Jumping(Clock):
    """A clock beside that of a real server, which nobody can turn.

    A scenario's time is the server's plus all jumps so far. What the server stamped between two jumps belongs between
    them, and :class:`Relative` puts it there: for whoever reads the ticket, a reminder that was sent "two days later"
    has been sent two days later. That is not the server's truth, and it is why only scenarios are played so.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """``seconds``: the server's clock, whole seconds since the epoch."""
        self._seconds = seconds
        self._from = [0.0]
        self._ahead = [timedelta()]

    def now(self) -> datetime:
        return wall_clock() + self._ahead[-1]

    def begin(self) -> None:
        """The bridge is ahead by whole seconds: by a fraction, a ticket created now would be older than its policy."""
        self._from.append(self._when_past(1.0))
        self._ahead.append(timedelta(seconds=math.ceil(self._ahead[-1].total_seconds())))

    def pass_time(self, seconds: float) -> None:
        length = timedelta(seconds=seconds)
        wait = MOMENT_S if length >= APART else 1.0
        self._from.append(self._when_past(wait) if length >= ALIGNED else time.time())
        self._ahead.append(self._ahead[-1] + length)

    def before(self, helpdesk: Helpdesk) -> Helpdesk:
        return Relative(helpdesk, self)  # type: ignore[return-value]

    def in_scenario_time(self, at: datetime) -> datetime:
        """The server's instant in the time of the scenario."""
        return at + self._ahead[bisect_right(self._from, at.timestamp()) - 1]

    def stamped(self, at: datetime) -> datetime:
        """An instant of the scenario as the server's."""
        began = [
            datetime.fromtimestamp(since, UTC) + ahead for since, ahead in zip(self._from, self._ahead, strict=True)
        ]
        place = max(bisect_right(began, at) - 1, 0)
        found = at - self._ahead[place]
        following = self._from[place + 1 : place + 2]
        return min([found, *(datetime.fromtimestamp(since, UTC) for since in following)])

    def _when_past(self, seconds: float) -> float:
        """Wait until the server's clock shows so many seconds more, and say what it shows."""
        began = self._seconds()
        while (now := self._seconds()) < began + seconds:
            time.sleep(0.05)
        return now


class Relative:
    """A helpdesk whose instants are those of a scenario."""

    def __init__(self, helpdesk: Helpdesk, clock: Jumping) -> None:
        self._helpdesk, self._clock = helpdesk, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._helpdesk, name)

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        known = before and _moved(before, self._clock.stamped)
        return _moved(self._helpdesk.fetch(ref, known), self._clock.in_scenario_time)

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> WriteResult:
        return self._helpdesk.apply(_moved(ticket, self._clock.stamped), plan, review)

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        return self._helpdesk.changed_since(cursor, self._clock.stamped(now))


def _moved(ticket: Ticket, to: Callable[[datetime], datetime]) -> Ticket:
    held = {name: getattr(ticket, name) for name in Ticket.model_fields}  # a copy would carry what the old one cached
    timeline = tuple(_entry_moved(entry, to) for entry in ticket.timeline)
    return Ticket(**{**held, "created_at": to(ticket.created_at), "timeline": timeline})


def _entry_moved(entry: E, to: Callable[[datetime], datetime]) -> E:
    """The entry at its time in the scenario; a merge with all that it brings."""
    moved: dict[str, Any] = {"at": to(entry.at)}
    if isinstance(entry, Merge):
        moved["said"] = tuple(_entry_moved(said, to) for said in entry.said)
        moved["created_at"] = entry.created_at and to(entry.created_at)
    return entry.model_copy(update=moved)
