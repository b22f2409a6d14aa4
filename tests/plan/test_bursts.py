"""Bursts that are still to come: when a preview expects so many messages that all writing would be stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.plan.bursts import BurstsAhead

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOURLY = [NOW - timedelta(hours=hours) for hours in range(1, 24 * 7)]


def sent(ahead: BurstsAhead, minutes: range) -> list[str]:
    """What becomes of a message at each of these minutes."""
    found = []
    for minute in minutes:
        at = NOW + timedelta(minutes=minute)
        found.append(ahead.stops(at, 1))
        if not found[-1]:
            ahead.sent(at, 1)
    return found


def test_the_message_that_makes_it_a_burst_stops_everything_after_it() -> None:
    found = sent(BurstsAhead(10, HOURLY[-1], HOURLY), range(50))
    assert found.index(found[-1]) == 20, "20 in an hour are never a burst"
    assert found[-1] == "21 messages to customers within an hour, where 1 are usual"
    assert BurstsAhead(None, HOURLY[-1], HOURLY).stops(NOW, 500) == "", "switched off"


def test_nothing_is_usual_on_the_first_day() -> None:
    assert set(sent(BurstsAhead(10, None, []), range(50))) == {""}
    assert set(sent(BurstsAhead(10, NOW - timedelta(hours=20), HOURLY[:20]), range(50))) == {""}


def test_messages_that_are_spread_out_are_no_burst() -> None:
    assert set(sent(BurstsAhead(10, HOURLY[-1], HOURLY), range(0, 600, 6))) == {""}
