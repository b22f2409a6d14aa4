"""What caps will withhold of what the forecasts expect."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.plan.caps_ahead import CountedWrite
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class ComingWrite:
    """A write that is expected and may count towards a cap."""

    ref: TicketRef
    key: str
    due: datetime
    kind: ActionKind
    account: str | None
    """Key of the ticket's account."""


@dataclass(frozen=True)
class ExpectedWithholding:
    """A write that will not be made when it is due, and why."""

    ref: TicketRef
    key: str
    cause: WithheldCause
    because: str


class ForecastCapStore(Protocol):
    """Reads what counts towards caps, and keeps what they will hold in the forecasts."""

    def coming_writes(self, connections: Collection[str]) -> Iterator[ComingWrite]:
        """What is expected and only waits, in the order in which it is served."""

    def counted_writes(self, since: datetime) -> list[CountedWrite]:
        """What was written since an instant and counts."""

    def first_counted_write(self) -> datetime | None:
        """When the first write that counts was made."""

    def first_message(self) -> datetime | None:
        """When the first message to a customer was sent."""

    def withhold_forecasts(self, held: Iterable[ExpectedWithholding]) -> None:
        """Note of some writes that they will be withheld, and why."""
