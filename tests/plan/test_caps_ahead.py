"""Caps on what is to come: what exceeds one is held, takes its turn, and delays what is due later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.decision.limits import CappedKind, Limits
from bridge.plan.caps import HOUR
from bridge.plan.caps_ahead import CapsAhead, CountedWrite

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MESSAGE = [CappedKind.CUSTOMER_MESSAGES]


def limits(**given: object) -> Limits:
    return Limits.model_validate(given)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_what_was_written_counts_and_leaves_the_hour_again() -> None:
    made = [CountedWrite(at(-50), CappedKind.CUSTOMER_MESSAGES, "acme")]
    ahead = CapsAhead(limits(customer_messages={"hour": 2}), at(-5000), made)
    assert ahead.withhold(at(0), MESSAGE, "acme") == ""
    assert ahead.withhold(at(5), MESSAGE, "acme") == "limit of 2 customer messages an hour"
    assert ahead.withhold(at(9), MESSAGE, "acme"), "the one that waits comes first"
    assert ahead.withhold(at(200), MESSAGE, "acme") == ""


def test_a_message_waits_for_the_closing_with_which_it_is_written() -> None:
    ahead = CapsAhead(limits(closings={"day": 0}), at(-5000), [])
    assert ahead.withhold(at(0), [*MESSAGE, CappedKind.CLOSINGS], None) == "limit of 0 closings a day"
    assert ahead.withhold(at(0), MESSAGE, None) == "", "what a person has to release takes nobody's place"


def test_an_account_has_a_cap_of_its_own_and_the_first_day_a_lower_one() -> None:
    given = limits(per_account={"customer_messages": {"day": 1}}, first_day={"customer_messages": {"day": 2}})
    ahead = CapsAhead(given, None, [])
    assert [ahead.withhold(at(0), MESSAGE, account) for account in ("a", "a", "b", None)] == [
        "",
        "limit of 1 customer messages a day for one account",
        "",
        "limit of 2 customer messages a day",
    ]


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 5))
def test_what_is_not_held_never_exceeds_the_cap(minutes: list[int], most: int) -> None:
    ahead = CapsAhead(limits(customer_messages={"hour": most}), at(-5000), [])
    written = [at(due) for due in sorted(minutes) if not ahead.withhold(at(due), MESSAGE, None)]
    for end in written:
        assert sum(end - HOUR < each <= end for each in written) <= most
