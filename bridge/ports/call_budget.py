"""How much of a helpdesk's capacity all processes of an installation may use together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

WINDOW = timedelta(seconds=60)
"""A budget is what may be used within this time, whenever it begins."""
PORTION = timedelta(seconds=5)
"""What was drawn from a budget is to be used within this time, or is lost."""

DrawFromBudget = Callable[[str, int, int], int]
"""Draw so much (second argument) of a limit by its name, of which so much (third) may be used within the window by all
processes; returns what was granted."""


def unlimited(_name: str, wanted: int, _most: int) -> int:
    """There is no other process."""
    return wanted


class CallBudgetStore(Protocol):
    """Counts what all processes have drawn from the budgets of a connection."""

    def draw(self, connection: str, name: str, wanted: int, most: int, at: datetime) -> int:
        """Draw up to ``wanted``, as long as all together have drawn at most ``most`` within the window.

        Returns what was granted; 0: the budget is used up.
        """
