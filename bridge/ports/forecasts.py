"""Forecasts: what the bridge would do on each ticket in the coming days if nothing else happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bridge.account import Account
from bridge.decision import Action, WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.decision.records import action_json
from bridge.ticket import Ticket, TicketRef

HORIZON = timedelta(days=7)
"""How far a forecast looks ahead."""

SOON = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": HORIZON}
"""How soon something is due, by name; each contains the one before."""


@dataclass(frozen=True)
class ForecastAction:
    """One thing that would be done, and when."""

    ref: TicketRef
    account: str
    """Name or key of the account; empty: none is known."""
    subject: str
    action: Action
    kind: ActionKind
    due: datetime
    urgency: int = 0
    """How urgent the ticket is: 0 is the most urgent."""
    cause: WithheldCause | None = None
    """What keeps it from being written as things are; None: nothing."""
    because: str = ""
    """The same for people."""
    is_expected: bool = True
    """It will be written once the connection enforces its policies: neither a rule nor a person keeps it back."""

    def as_json(self) -> dict[str, Any]:
        """The action as programs read it."""
        action = self.action
        return {
            "ticket": str(self.ref),
            "account": self.account or None,
            "subject": self.subject,
            "pack": action.cite.pack,
            **action_json(action),
            "kind": self.kind,
            "reason": action.because,
            "due": f"{self.due:%Y-%m-%dT%H:%M:%SZ}",
            "withheld": {"cause": self.cause, "because": self.because} if self.cause else None,
        }


@dataclass(frozen=True)
class ForecastCount:
    """How many actions are alike."""

    pack: str
    clause: str
    account: str
    kind: ActionKind
    cause: WithheldCause | None
    is_expected: bool
    soon: str
    """The first of :data:`SOON` within which they are due."""
    times: int


@dataclass(frozen=True)
class ForecastFilter:
    """Which forecasts are asked for; what is empty does not matter."""

    connections: Collection[str]
    pack: str = ""
    clause: str = ""
    kind: str = ""
    account: str | None = None


@dataclass(frozen=True)
class Mark:
    """What a person thinks of one thing that would be done."""

    ref: TicketRef
    clause: str
    action: str
    value: str
    is_right: bool
    because: str
    by: str
    at: datetime

    @property
    def key(self) -> tuple[TicketRef, str, str, str]:
        """What it is about."""
        return self.ref, self.clause, self.action, self.value


@dataclass(frozen=True)
class Forecast:
    """What would be done on one ticket from an instant on."""

    ref: TicketRef
    at: datetime
    actions: Sequence[ForecastAction] = ()


@dataclass(frozen=True)
class KnownTicket:
    """A ticket that was seen before, or of which a delivery told."""

    ref: TicketRef
    snapshot: str | None
    """The review that saw it last; None: none has."""
    has_ended: bool = False
    """It was resolved, deleted, merged or archived when it was seen last."""


@dataclass(frozen=True)
class PreviewRun:
    """A preview of all tickets, which an interrupted one can be taken up from."""

    id: str
    at: datetime
    """The instant from which it looks ahead."""
    is_resumed: bool = False


class ForecastStore(Protocol):
    """Keeps the newest forecast of each ticket."""

    def begin_preview(self, fingerprint: str, now: datetime) -> PreviewRun:
        """Begin a preview, or take up the one that was interrupted, if it was about the same."""

    def end_preview(self, run: PreviewRun) -> None:
        """Record that a preview has come to its end."""

    def tickets_to_forecast(
        self, connections: Collection[str], since: datetime, *, after: TicketRef | None, limit: int
    ) -> list[KnownTicket]:
        """Known tickets without a forecast of this time or later, in order of their references."""

    def tickets_reviewed_since_forecast(self, connections: Collection[str], limit: int) -> list[KnownTicket]:
        """Tickets that were seen after their forecast was made, or have none."""

    def seen(self, review: str) -> tuple[Ticket, Account | None] | None:
        """The ticket and the account that a review has recorded."""

    def save_forecasts(self, forecasts: Iterable[Forecast]) -> None:
        """Replace the forecasts of some tickets."""

    def forecast_actions(self, which: ForecastFilter, limit: int | None = None) -> Iterator[ForecastAction]:
        """What the newest forecasts say, the next due first, the most urgent ticket first."""

    def forecast_counts(self, which: ForecastFilter, now: datetime) -> tuple[list[ForecastCount], int]:
        """The same in numbers, and on how many tickets something is expected."""

    def forecast_range(self, connections: Collection[str]) -> tuple[int, datetime | None]:
        """How many tickets have a forecast, and the time of the oldest one."""

    def mark(self, mark: Mark) -> None:
        """Keep what a person thinks; a later mark on the same replaces it."""

    def marks(self, connections: Collection[str]) -> list[Mark]:
        """Marks that people set on actions of these connections."""
