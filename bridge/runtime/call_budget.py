"""Draws from the budgets of a connection, which all processes of an installation share."""

from __future__ import annotations

from bridge.ports.store import Store
from bridge.runtime.ticket_clock import wall_clock


def draw_from_budget(store: Store, connection: str, name: str, wanted: int, most: int) -> int:
    """Draw up to ``wanted`` of a limit now; calls take real time, whatever the clock of the tickets shows."""
    return store.draw(connection, name, wanted, most, wall_clock())
