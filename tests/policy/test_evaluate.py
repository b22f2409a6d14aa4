"""How the outcomes of rules become one decision: one value for each target, each message once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bridge.decision import Citation, DesiredValue, DueMessage, MessageKind, SystemField, Tag, Target
from bridge.evaluate import latest_by_target, without_repetition

CITE = Citation(pack="acme", version="1", clause="AC-1")
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def desired(target: Target, value: str | bool, since: datetime) -> DesiredValue:
    return DesiredValue(cite=CITE, target=target, value=value, since=since, key=f"{target}/{value}/{since}")


def status(value: str, since: datetime) -> DesiredValue:
    return desired(SystemField.STATUS, value, since)


def message(key: str, text: str) -> DueMessage:
    return DueMessage(cite=CITE, kind=MessageKind.INTERNAL_NOTE, template="severity", text=text, key=key, due_at=NINE)


def test_the_later_occasion_wins_whichever_rule_comes_first() -> None:
    early, late = status("open", NINE), status("solved", NINE + HOUR)
    assert latest_by_target([early, late]) == latest_by_target([late, early]) == (late,)


def test_of_two_occasions_at_one_instant_that_of_the_later_rule_wins() -> None:
    first, second = status("open", NINE), status("solved", NINE)
    assert latest_by_target([first, second]) == (second,)
    assert latest_by_target([second, first]) == (first,)


def test_each_target_has_a_value_of_its_own() -> None:
    values = (status("open", NINE), desired(Tag("policy_vip"), True, NINE), desired(Tag("policy_acme"), True, NINE))
    assert latest_by_target(values) == values


def test_a_message_that_two_rules_owe_is_sent_once() -> None:
    once, again, other = message("AC-1/a", "first"), message("AC-1/a", "second"), message("AC-1/b", "other")
    assert [ledger.text for ledger in without_repetition([once, again, other])] == ["second", "other"]
