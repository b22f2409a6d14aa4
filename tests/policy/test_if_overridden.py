"""What happens when a person changes what the bridge has set: it stays, it is flagged, or it is set again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.decision import Severity
from bridge.errors import InputError
from bridge.policy.load import load_policy

from .conftest import PACK, Play, done
from .ticket_simulation import AGENT, TicketSimulation

SCENARIO = """
    account: {name: Acme}
    ticket: {at: 2026-03-02T09:00:00Z, type: incident, facts: {impact: major}}
    until: +9h
    events:
      - {at: +1h, by: agent, set: {priority: low}}
      - {at: +2h, by: agent, set: {priority: normal}}
      - {at: +4h, by: agent, set: {impact: minor}}
"""
SEVERITY = {"rows": [{"level": "bad", "when": {"impact": "major"}}], "default": "small"}
ROUTE = {
    "name": "to the team",
    "clause": "AC-5",
    "when": {"impact": "major"},
    "group": "team",
    "set_fields": {"x": "1"},
}


def settings(*, severity: str | None = None, route: str | None = None) -> dict[str, Any]:
    override = {"if_overridden": severity} if severity else {}
    routed = {"if_overridden": route} if route else {}
    return {"severity": {**SEVERITY, **override}, "reactions": [{**ROUTE, **routed}]}


@pytest.mark.parametrize("setting", [None, "respect", "flag"])
def test_a_persons_priority_stays_until_the_severity_changes(play: Play, setting: str | None) -> None:
    outcome = play(settings(severity=setting), SCENARIO)
    assert done(outcome, "set_priority") == [("03-02 09:00", "urgent"), ("03-02 13:00", "low")]
    found = [(row.severity, row.because) for row in outcome.findings if "priority" in row.because]
    severity = "warning" if setting == "flag" else "info"
    assert found == [
        (severity, "priority should be urgent (bad: impact is major); a person set low"),
        (severity, "priority should be urgent (bad: impact is major); a person set normal"),
    ]


def test_an_enforced_priority_is_set_again_each_time(play: Play) -> None:
    outcome = play(settings(severity="enforce"), SCENARIO)
    assert done(outcome, "set_priority") == [
        ("03-02 09:00", "urgent"),
        ("03-02 10:00", "urgent"),
        ("03-02 11:00", "urgent"),
        ("03-02 13:00", "low"),
    ]
    assert outcome.findings == ()


@pytest.mark.parametrize(("setting", "group"), [("respect", "sales"), ("flag", "sales"), ("enforce", "team")])
def test_a_reaction_has_its_own_setting_for_its_group(tmp_path: Path, setting: str, group: str) -> None:
    (tmp_path / "acme.yaml").write_text(PACK)
    simulation = TicketSimulation.fresh(
        load_policy(str(tmp_path / "acme.yaml"), settings(route=setting)), impact="major"
    )
    simulation.review()
    assert simulation.ticket.group == "team"
    simulation.apply_event(("group", (AGENT, "sales")))
    findings = simulation.planned().findings
    simulation.review()
    assert simulation.ticket.group == group
    assert [(found.code, found.severity) for found in findings] == {
        "respect": [("overridden", Severity.INFO)],
        "flag": [("overridden", Severity.WARNING)],
        "enforce": [],
    }[setting]


def test_a_reaction_that_sets_nothing_has_nothing_to_enforce(play: Play) -> None:
    reaction = {
        "name": "override",
        "clause": "AC-5",
        "when": {"impact": "major"},
        "tags": ["x"],
        "if_overridden": "enforce",
    }
    with pytest.raises(InputError, match="found if_overridden: enforce without group and set_fields"):
        play({"reactions": [reaction]}, SCENARIO)


def test_another_value_is_refused_with_those_that_are_allowed(play: Play) -> None:
    with pytest.raises(InputError, match="found 'insist'; allowed: respect, enforce, flag"):
        play(settings(severity="insist"), SCENARIO)
