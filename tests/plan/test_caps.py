"""Caps by themselves: what counts, which caps bind, and one clear line for what cannot be meant."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.decision import Citation, Plan
from bridge.decision.limits import CappedKind, Limits
from bridge.decision.records import ActionName, parse_action
from bridge.plan.caps import belongs_together, capped_kind, caps_on

from .conftest import refusal_of

CITE = Citation(pack="p", version="1", clause="c")
COUNTED: list[tuple[ActionName, int | str, str | None]] = [
    ("public_message", "closing", "customer_messages"),
    ("internal_note", "warning", None),
    ("notify", "coo", None),
    ("set_status", "solved", "closings"),
    ("set_status", "closed", "closings"),
    ("set_status", "open", "status_changes"),
    ("set_tier", 2, "reassignments"),
    ("set_assignee", "7", "reassignments"),
    ("set_field", "group=japanese", "reassignments"),
    ("set_field", "severity=high", None),
    ("set_priority", "high", None),
    ("add_tag", "policy_x", None),
]


@pytest.mark.parametrize(("name", "value", "kind"), COUNTED)
def test_what_counts(name: ActionName, value: int | str, kind: str | None) -> None:
    assert capped_kind(parse_action(name, value, key="k", cite=CITE)) == kind


def test_which_caps_bind() -> None:
    limits = Limits.model_validate(
        {
            "customer_messages": {"hour": 20, "day": 100},
            "status_changes": {"day": 50},
            "per_account": {"customer_messages": {"hour": 5}},
            "first_day": {"customer_messages": {"hour": 2}, "closings": {"day": 0}},
        }
    )
    messages = [str(cap) for cap in caps_on([CappedKind.CUSTOMER_MESSAGES], limits, first_day=True)]
    assert messages == [
        "limit of 20 customer messages an hour",
        "limit of 100 customer messages a day",
        "limit of 5 customer messages an hour for one account",
        "limit of 2 customer messages an hour",
    ]
    closing = list(caps_on([CappedKind.CLOSINGS], limits, first_day=False))
    assert [(str(cap), cap.window) for cap in closing] == [("limit of 50 status changes a day", timedelta(days=1))]
    assert list(caps_on([CappedKind.REASSIGNMENTS], limits, first_day=True)) == []


def test_nothing_closes_without_its_message() -> None:
    names: list[tuple[ActionName, str]] = [("public_message", "closing"), ("set_status", "solved"), ("add_tag", "x")]
    plan = Plan(actions=tuple(parse_action(name, value, key=name, cite=CITE) for name, value in names))
    assert belongs_together(plan) == {"public_message", "set_status"}


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        (
            "{customer_messages: {hour: 20, day: 10}}",
            ": found 20 an hour and 10 a day; allowed: at most as",
        ),
        ("{customer_messages: {hour: -1}}", "greater than or equal to 0"),
        ("{messages: {hour: 1}}", "customer_messages"),
        ("{closings: {hour: 1.5}}", "found 1.5; allowed: a whole number"),
        ("{burst: 1}", "greater than or equal to 2"),
        ("{closings: {week: 1}}", "hour, day"),
    ],
)
def test_what_cannot_be_meant_is_one_line(limits: str, line: str, tmp_path: Path) -> None:
    assert line in refusal_of(f"limits: {limits}", tmp_path)
