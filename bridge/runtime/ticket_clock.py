"""The clock of tickets, which a demo can speed up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.ports.clock import WallClock


def wall_clock() -> datetime:
    """The present, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class TicketClock:
    """The present for tickets, and what real time is in ticket time: a demo plays a day in minutes.

    Vendors ask us to wait in real time, and leases outlive calls that take real time; both are compared with the
    present for tickets, so they are converted first.
    """

    present: WallClock = wall_clock
    speed: float = 1.0
    """Seconds of ticket time in a real second."""

    @property
    def is_of_machine(self) -> bool:
        """Whether tickets go by this machine's clock, so that the clock of a helpdesk can be compared with it."""
        return self.present is wall_clock

    def now(self) -> datetime:
        """The present for tickets, aware UTC."""
        return self.present()

    __call__ = now

    def ticket_time(self, real: timedelta) -> timedelta:
        """How much ticket time passes in some real time."""
        return real * self.speed

    def real_time(self, elapsed: timedelta) -> timedelta:
        """In how much real time some ticket time passes."""
        return elapsed / self.speed
