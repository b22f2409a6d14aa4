"""What is withheld now: the actions that the last review of each ticket planned and did not write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bridge.decision import Action, WithheldCause
from bridge.decision.records import action_json
from bridge.ports.audit import AuditEntry
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class WithheldAction:
    """An action that is withheld, and since when."""

    ref: TicketRef
    action: Action
    cause: WithheldCause
    because: str
    since: datetime
    urgency: int
    """How urgent its ticket is: 0 is the most urgent."""
    released: str | None = None
    """Who has released it from caps."""


def withheld_json(held: WithheldAction) -> dict[str, Any]:
    """A withheld action as programs read it."""
    return {
        "ticket": str(held.ref),
        **action_json(held.action),
        "key": held.action.key,
        "cause": held.cause,
        "because": held.because,
        "released": held.released,
        "since": f"{held.since:%Y-%m-%dT%H:%M:%SZ}",
    }


class WithheldStore(Protocol):
    """Keeps what is withheld, written with each review by ``QueueStore.finish``."""

    def withheld(
        self,
        *,
        ref: TicketRef | None = None,
        causes: Collection[WithheldCause] = tuple(WithheldCause),
        limit: int = 500,
    ) -> list[WithheldAction]:
        """What is withheld for one of these causes, the most urgent first, then by how long it has waited."""

    def release(self, ref: TicketRef, who: str, entry: AuditEntry, now: datetime) -> int:
        """Free what caps withhold on a ticket from them, record who did, and wake it. Returns how many actions."""

    def count_withheld(self) -> dict[WithheldCause, int]:
        """How many actions are withheld, by cause."""
