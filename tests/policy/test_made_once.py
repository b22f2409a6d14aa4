"""What is made once is told apart by all that it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from bridge.decision import Citation, Fact, OnOverride
from bridge.policy.evaluation.made_once import desired_value, stamp
from bridge.policy.evaluation.template import fill

CITE = Citation(pack="desk", version="1", clause="D-01")
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_yes_is_not_the_number_one() -> None:
    values = [
        desired_value(CITE, "because", Fact("count"), value, AT, "key", (), "", OnOverride.RESPECT)
        for value in (True, 1, "1")
    ]
    assert [repr(each.value) for each in values] == ["True", "1", "'1'"]


def test_the_same_instant_in_another_zone_keeps_its_own_text() -> None:
    there = AT.astimezone(timezone(timedelta(hours=2)))
    assert (stamp(AT, AT.tzinfo), stamp(there, there.tzinfo)) == ("20260302T120000Z", "20260302T140000Z")


def test_a_text_is_filled_in_anew_for_other_words() -> None:
    template = "Dear {requester}, {ticket}"
    texts = [fill(template, {"requester": name, "ticket": 7, "unused": name}).text for name in ("Ana", "Bo", "Ana")]
    assert texts == ["Dear Ana, 7", "Dear Bo, 7", "Dear Ana, 7"]
