"""A rule of the helpdesk that somebody makes or changes after it was examined is found, and stops nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.errors import Unavailable
from bridge.ports.conditions import Condition
from bridge.ports.examined_rules import ExaminedRule
from bridge.runtime.native_rules_check import NativeRulesCheck
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from mappings.acting_rules import ActingRule, ActingRules, All
from mappings.connection import Connection
from mappings.native_rules import Source

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def rule(ident: str, digest: str) -> ActingRule:
    return ActingRule(Source("trigger", ident, "VIP"), digest, False, All(()), ())


def examined(ident: str, digest: str, **more: Any) -> ExaminedRule:
    said = {"verdict": "clear", "detail": "", "proposal": ""} | more
    return ExaminedRule("acme", "trigger", ident, "VIP", digest, at=NOW, **said)


@pytest.mark.parametrize(
    ("before", "now", "problem"),
    [
        ([examined("1", "a")], [rule("1", "a")], ""),
        ([examined("1", "a")], [], ""),
        ([examined("1", "a")], [rule("1", "b")], "trigger 1 (VIP) was changed"),
        ([examined("1", "a")], [rule("1", "a"), rule("2", "a")], "trigger 2 (VIP) is new"),
        (
            [examined("1", "a", verdict="conflict", detail="fights over priority")],
            [rule("1", "a")],
            "trigger 1 (VIP) fights over priority",
        ),
        (
            [examined("1", "a", switched_off_at=NOW)],
            [rule("1", "a")],
            "trigger 1 (VIP) was switched off and is on again",
        ),
        ([], [rule("1", "a")], ""),  # nobody has examined anything yet
    ],
)
def test_what_changed_since_is_named(
    sqlite_store: SqlStore, before: list[ExaminedRule], now: list[ActingRule], problem: str
) -> None:
    sqlite_store.record_examined("acme", before)
    connections = {"acme": Connection(vendor="zendesk")}
    NativeRulesCheck(sqlite_store, TicketClock(), connections, lambda *_: ActingRules(tuple(now))).check()
    state = sqlite_store.condition(Condition.NATIVE_RULES, "acme")
    assert (state.is_failing, state.detail if problem else "") == (bool(problem), problem)
    assert not Condition.NATIVE_RULES.is_needed


def test_many_are_counted_and_a_helpdesk_that_is_away_changes_nothing(sqlite_store: SqlStore) -> None:
    sqlite_store.record_examined("acme", [examined("1", "a")])
    connections = {"acme": Connection(vendor="zendesk")}
    many = ActingRules(tuple(rule(str(number), "b") for number in range(1, 7)))
    NativeRulesCheck(sqlite_store, TicketClock(), connections, lambda *_: many).check()
    assert sqlite_store.condition(Condition.NATIVE_RULES, "acme").detail.endswith(" and 3 more")

    def away(*_: object) -> ActingRules:
        raise Unavailable("no answer")

    NativeRulesCheck(sqlite_store, TicketClock(), connections, away).check()
    assert sqlite_store.condition(Condition.NATIVE_RULES, "acme").failures == 1
