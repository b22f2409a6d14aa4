"""When scenarios begin: on ordinary days, before nights in which clocks change, and before calendars differ."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bridge.account import Account
from bridge.policy.model import Policy
from bridge.scenarios.search.edit import Edit

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
INSTANTS = (
    MONDAY,
    datetime(2026, 3, 6, 15, 30, tzinfo=UTC),  # Friday afternoon in Europe, morning in America
    datetime(2026, 3, 7, 20, 0, tzinfo=UTC),  # before the night in which America moves its clocks
    datetime(2026, 3, 28, 20, 0, tzinfo=UTC),  # before the night in which Europe moves its clocks
)
A_YEAR = timedelta(days=370)


def calendar_turns(old: Policy, new: Policy, edit: Edit) -> Iterator[datetime]:
    """A little before calendars differ that the edit changes."""
    for name in sorted(edit.calendars):
        if name in old.calendars and name in new.calendars:
            spans = [set(_spans(policy, name)) for policy in (old, new)]
            differing = sorted(spans[0] ^ spans[1])
            for at, _ in differing[:2]:
                yield from (at - timedelta(minutes=10), at - timedelta(hours=6))
            for _, end in differing[:1]:
                yield end - timedelta(hours=1, minutes=30)


def _spans(policy: Policy, name: str) -> Iterator[tuple[datetime, datetime]]:
    calendar = policy.calendar_for(name, Account())
    return ((a, b) for a, b in calendar.open_spans(MONDAY, MONDAY + A_YEAR))
