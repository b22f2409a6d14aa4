"""Conditions turn at the second at which what they read does: an answer, a call, an opening of the office."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bridge.account import Account
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.policy.evaluation.derivations import SelfReference
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.policy.self_reference import self_references
from bridge.yamlio.document import parse_all

from .conftest import PACK, Play, done
from .ticket_simulation import CREATED, TicketSimulation

LOWER: dict[str, Any] = {
    "facts": {"lower": {"type": "bool", "label": "Whether an agent wants it lower"}},
    "gates": [{"name": "downgrade", "clause": "AC-5", "when": {"lower": True}}],
}
SCENARIO = """
    ticket: {at: 2026-03-02T09:00:00Z, type: incident, facts: {impact: major}}
    events:
      - {at: +1h, by: agent, set: {lower: true}}
      - {at: +2h, by: customer, approve: downgrade}
      - {at: +3h, by: agent, set: {lower: false}}
      - {at: +4h, by: agent, set: {lower: true}}
    until: +5h
"""


def table(**settings: Any) -> dict[str, Any]:
    bad = {"level": "bad", "when": {"impact": "major"}}
    return {
        "clause": "AC-2",
        "levels": {"bad": "urgent", "mild": "normal"},
        "rows": [bad],
        "default": "mild",
        **settings,
    }


def test_a_row_takes_an_approval_at_the_second_it_is_given(play: Play) -> None:
    rows = [{"level": "mild", "when": {"approved": "downgrade"}}, {"level": "bad", "when": {"impact": "major"}}]
    outcome = play({**LOWER, "severity": table(rows=rows)}, SCENARIO)
    # the last question counts: put anew after four hours, it is not answered
    assert done(outcome, "set_priority") == [
        ("03-02 09:00", "urgent"),
        ("03-02 11:00", "normal"),
        ("03-02 13:00", "urgent"),
    ]


def test_a_ticket_may_be_without_severity_once_something_is_approved(play: Play) -> None:
    outcome = play({**LOWER, "severity": table(unless={"approved": "downgrade"})}, SCENARIO)
    tags = [
        (at, kind)
        for kind in ("add_tag", "remove_tag")
        for at, tag in done(outcome, kind)
        if tag == "policy_severity_bad"
    ]
    assert tags == [("03-02 09:00", "add_tag"), ("03-02 13:00", "add_tag"), ("03-02 11:00", "remove_tag")]


def test_other_gates_may_open_by_the_level_that_an_approval_leads_to(play: Play) -> None:
    rows = [{"level": "mild", "when": {"approved": "downgrade"}}, {"level": "bad", "when": {"impact": "major"}}]
    by_level = {"name": "plan", "clause": "AC-5", "when": {"level": "mild"}}
    outcome = play({**LOWER, "gates": [*LOWER["gates"], by_level], "severity": table(rows=rows)}, SCENARIO)
    assert ("03-02 11:00", "policy_awaiting_plan") in done(outcome, "add_tag")


def test_a_clock_begins_with_the_approval_it_waits_for(play: Play) -> None:
    clock = {"name": "work", "clause": "AC-3", "when": {"approved": "downgrade"}, "met_by": ["solved"]}
    targets = {"bad": "8h", "mild": "8h"}
    outcome = play({**LOWER, "clocks": [{**clock, "calendar": "always", "targets": targets}]}, SCENARIO)
    assert [(row.name, row.state) for row in outcome.clocks] == [("work", "cancelled")]  # asked anew, it ends


def test_a_row_turns_with_a_call_and_with_the_office(play: Play) -> None:
    night = {"level": "mild", "when": {"calendar_open": {"none": ["office"]}}}
    called = {"level": "bad", "when": {"phone_contact": True}}
    outcome = play(
        {"severity": table(rows=[night, called])},
        """
        ticket: {at: 2026-03-02T09:00:00Z, type: incident}
        events: [{at: +1h, by: agent, phone_contact: true}]
        until: +25h
        """,
    )
    assert done(outcome, "set_priority") == [
        ("03-02 09:00", "normal"),
        ("03-02 10:00", "urgent"),
        ("03-02 18:00", "normal"),
        ("03-03 09:00", "urgent"),
    ]


BY_LEVEL = [{"name": "plan", "clause": "AC-5", "when": {"level": "bad"}}]
IMPACT = {"level": "bad", "when": {"impact": "major"}}
SELF_REFERRING = [
    (
        {"rows": [{"level": "mild", "when": {"approved": "plan"}}, IMPACT]},
        "the severity level depends on approval plan depends on the condition 'level is bad' depends on the severity",
    ),
    ({"unless": {"approved": {"known": True}}}, "the severity level depends on approval plan depends on "),
    ({"rows": [{"level": "mild", "when": {"approved": {"none": []}}}, IMPACT]}, "the severity level depends on appr"),
    ({"rows": [{"level": "mild", "when": {"level": "bad"}}, IMPACT]}, "the severity level depends on the severity"),
]


@pytest.mark.parametrize(("severity", "message"), SELF_REFERRING)
def test_a_condition_that_depends_on_itself_is_an_error_that_says_which(severity: dict[str, Any], message: str) -> None:
    (document,) = parse_all(PACK, name="acme.yaml")
    policy = Policy.of(merged(document.value, {"gates": BY_LEVEL, "severity": severity}))
    with pytest.raises(SelfReference, match=re.escape(message)):
        evaluate(TicketSimulation.fresh(policy, impact="major").ticket, Account(), policy, CREATED)


@pytest.mark.parametrize("severity", [severity for severity, _ in SELF_REFERRING])
def test_no_pack_that_loads_and_no_contract_has_such_a_condition(severity: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(PACK)
    with pytest.raises(InputError, match="PB603"):
        load_policy(str(file), {"gates": BY_LEVEL, "severity": severity})
    policy = load_policy(str(file), {"gates": [{**BY_LEVEL[0], "when": {"impact": "minor"}}]})
    account = Account(name="Acme", overrides={"gates": BY_LEVEL, "severity": severity})
    decision = evaluate(TicketSimulation.fresh(policy, impact="major").ticket, account, policy, CREATED)
    assert decision.level == "bad"
    assert [finding.code for finding in decision.findings] == ["misfit"]


@pytest.mark.parametrize("pack", packs())
def test_no_shipped_pack_has_such_a_condition(pack: str) -> None:
    policy = load_policy(pack)
    assert list(self_references(policy.severity, policy.gates)) == []
