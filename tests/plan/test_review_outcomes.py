"""Every cause and outcome of a review has a meaning, and the docs list all outcomes."""

import re
from pathlib import Path

import pytest

from bridge.ports.outcomes import ReviewCause, ReviewOutcome

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("value", [*ReviewCause, *ReviewOutcome])
def test_each_has_a_label_of_its_own_for_people(value: ReviewCause | ReviewOutcome) -> None:
    assert value.label
    assert "_" not in value.label
    assert [other.label for other in type(value)].count(value.label) == 1


@pytest.mark.parametrize("outcome", ReviewOutcome)
def test_what_is_silent_needs_no_attention(outcome: ReviewOutcome) -> None:
    assert not (outcome.is_silent and outcome.needs_attention)
    assert not (outcome.is_settled and outcome.is_transient)


def test_the_operations_page_lists_every_outcome() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    start = page.index("The outcome of every review is recorded")
    documented = re.findall(r"^\| `([a-z_]+)` \|", page[start : page.index("\n\n`policybridge explain", start)], re.M)
    assert documented == list(ReviewOutcome)
