"""Rollout rules by themselves: the first that matches wins, shares are sticky, and what cannot be meant is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.account import Account
from bridge.config.configured_packs import load_packs
from bridge.config.rollout_check import rollout_lines
from bridge.decision import Citation, Plan
from bridge.decision.records import ActionName, parse_action
from bridge.decision.rollout import RolloutRule
from bridge.plan.rollout import Rollout
from mappings.connection import Configuration

from .conftest import refusal_of, ticket

NAMES: list[tuple[ActionName, str, str]] = [
    ("add_tag", "x", "MA-1"),
    ("internal_note", "n", "MA-1"),
    ("public_message", "m", "MA-2"),
]
ACTIONS = tuple(
    parse_action(name, value, key=name, cite=Citation(pack="maas360", version="1", clause=clause))
    for name, value, clause in NAMES
)
EVERYTHING = {action.key for action in ACTIONS}


def written(rules: list[dict[str, Any]], mode: str = "shadow", **values: Any) -> set[str]:
    """The actions that may be written on a ticket."""
    parsed = [RolloutRule.model_validate(rule) for rule in rules]
    rollout = Rollout(parsed, ticket(**values), Account(name="Acme"), mode)  # type: ignore[arg-type]
    return {action.key for action in rollout.withhold(Plan(actions=ACTIONS)).permitted.actions}


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ({"group": "japanese"}, {"group": "japanese"}),
        ({"team": ["Support", "Sales"]}, {"team": "Sales"}),
        ({"brand": "acme"}, {"brand": "acme"}),
        ({"account": "5101"}, {"account": "5101"}),
        ({"account": "Acme"}, {"account": "5101"}),
        ({"tag": "Pilot"}, {"tags": frozenset({"pilot", "x"})}),
        ({"pack": "maas360"}, {}),
        ({"tag": "pilot", "brand": "acme"}, {"tags": frozenset({"pilot"}), "brand": "acme"}),
    ],
)
def test_each_criterion_selects_tickets(rule: dict[str, Any], values: dict[str, Any]) -> None:
    assert written([rule | {"mode": "enforce"}], **values) == EVERYTHING
    assert written([rule | {"mode": "off"}], mode="enforce", **values) == set()
    other = {"account": "other", "pack": "other"} if rule.keys() & {"pack"} else {}
    nothing = [{**rule, **other, "mode": "enforce"}] if other else [rule | {"brand": "nobody", "mode": "enforce"}]
    assert written(nothing, **values) == set()


def test_the_first_rule_that_matches_wins_for_each_clause() -> None:
    rules = [
        {"clause": "MA-2", "mode": "comment_only"},
        {"tag": "pilot", "mode": "enforce"},
        {"mode": "comment_only"},
    ]
    assert written(rules, tags=frozenset({"pilot"})) == {"add_tag", "internal_note"}
    assert written(rules) == {"internal_note"}


def test_explain_says_which_line_applies() -> None:
    rules = [RolloutRule.model_validate({"clause": "MA-2", "mode": "off"}), RolloutRule(tag=("pilot",), mode="enforce")]
    inside = Rollout(rules, ticket(tags=frozenset({"pilot"})), Account(), "shadow")
    assert list(inside.lines()) == [
        "rollout rule 1 (clause MA-2): mode off",
        "rollout rule 2 (tag pilot): mode enforce",
    ]
    outside = Rollout(rules[1:], ticket(), Account(), "shadow")
    assert list(outside.lines()) == [f"no rollout rule applies: {ticket().ref.connection} is in mode shadow"]
    assert list(Rollout([], ticket(), Account(), "shadow").lines()) == [f"{ticket().ref.connection} is in mode shadow"]
    (withheld, *_) = inside.withhold(Plan(actions=ACTIONS)).withheld
    assert (withheld.cause, withheld.because) == ("off", "rollout rule 1 (clause MA-2): mode off")


@given(account=st.text(min_size=1), small=st.integers(1, 100), more=st.integers(0, 99))
def test_a_larger_share_contains_the_smaller_one_and_a_customer_sees_one_behaviour(
    account: str, small: int, more: int
) -> None:
    def is_in(share: int, **values: Any) -> bool:
        return written([{"share": share, "mode": "enforce"}], account=account, **values) == EVERYTHING

    assert is_in(small) == is_in(small, subject="another ticket", group="japanese")
    assert is_in(min(100, small + more)) or not is_in(small)
    assert is_in(100)


def test_a_share_is_about_as_large_as_it_says() -> None:
    rule = [{"share": "10 %", "mode": "enforce"}]
    inside = sum(written(rule, account=f"account {number}") == EVERYTHING for number in range(2_000))
    assert 140 < inside < 260


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ("[{share: 0, mode: enforce}]", "found 0; allowed: a whole percentage from 1 to 100"),
        ("[{share: 101%, mode: enforce}]", "found '101%'; allowed: a whole percentage from 1 to 100"),
        (
            "[{tag: policy_x, mode: off}]",
            "]: found policy_x, which the bridge writes itself; allowed: tags",
        ),
        ("[{by: ticket, mode: shadow}]", "rollout[0]: found `by` without `share`; add `share`"),
        ("{tag: x, mode: off}", "rollout: found {tag: x, mode: off}; allowed: a list"),
        ("[{tag: x}]", "mode"),
        ("[{tag: x, mode: on}]", "found 'on'; allowed: enforce, comment_only, shadow or off"),
        ("[{tags: x, mode: off}]", "tags"),
    ],
)
def test_what_cannot_be_meant_is_one_line(rules: str, line: str, tmp_path: Path) -> None:
    assert line in refusal_of(f"rollout: {rules}", tmp_path)


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ([{"group": "jp"}], "rule 1: group: found 'jp'; allowed: japanese"),
        (
            [{"brand": "acme"}],
            "rule 1: brand: found 'acme'; allowed: none, because no connection has any under `brands`",
        ),
        ([{"connection": "b"}], "rule 1: connection: found 'b'; allowed: a"),
        ([{"pack": "maas"}], "rule 1: pack: found 'maas'; allowed: maas360"),
        (
            [{}, {"tag": "x"}],
            "rule 2: it can never match, because an earlier rule (everything) matches all of its tickets",
        ),
        ([{"tag": ["x", "y"]}, {"share": 5}, {"tag": "y", "group": "japanese"}], "rule 3: it can never match"),
        (
            [{"share": 50}, {"share": 20, "tag": "x"}],
            "rule 2: it can never match, because an earlier rule (50 %",
        ),
    ],
)
def test_rules_are_checked_against_the_rest_of_the_file(rules: list[dict[str, Any]], line: str) -> None:
    connections = {"a": {"vendor": "odoo", "groups": {"japanese": 3}}}
    given = {"policy": "maas360", "connections": connections, "rollout": [rule | {"mode": "shadow"} for rule in rules]}
    configuration = Configuration.model_validate(given)
    (found,) = rollout_lines(configuration, [policy for _, policy in load_packs(configuration)])
    assert found.startswith(f"rollout: {line}")


def test_an_unknown_clause_is_named_with_those_there_are() -> None:
    given = {"policy": "maas360", "connections": {"a": {"vendor": "odoo"}}}
    configuration = Configuration.model_validate(given | {"rollout": [{"clause": "MA-99", "mode": "off"}]})
    (found,) = rollout_lines(configuration, [policy for _, policy in load_packs(configuration)])
    assert found.startswith("rollout: rule 1: clause: found 'MA-99'; allowed: MA-01")
