"""A small pack with one word changed, and a scenario played by it."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bridge.policy.load import load_policy
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.outcome import Outcome
from bridge.scenarios.simulate import simulate

PACK = """\
pack: acme
title: Acme Support
version: "1"
effective: 2026-01-01
ticket_types: [incident]
facts:
  impact: {type: choice, values: [major, minor], label: How badly work suffers}
calendars:
  office: {clause: AC-1, time_zone: Europe/Lisbon, hours: {mon-fri: ["09:00-18:00"]}}
  always: {clause: AC-1, hours: always}
severity:
  clause: AC-2
  levels: {bad: urgent, mild: normal, small: low}
  rows:
    - {level: bad, when: {impact: major}}
  default: mild
templates:
  severity: "{level}"
  notify: "{reason}"
  out_of_office: "{reason}"
  ask: "Is {proposed} all right?"
  reminder: Are you there?
clauses:
  AC-1: {heading: Hours, text: nine to six}
  AC-2: {heading: Severity, text: three levels}
  AC-3: {heading: Times, text: in time}
  AC-4: {heading: Waiting, text: not for ever}
  AC-5: {heading: Consent, text: ask first}
"""

Play = Callable[[dict[str, Any], str], Outcome]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays a scenario by the small pack with words laid over it. In Lisbon it is winter: local time is UTC."""
    (tmp_path / "acme.yaml").write_text(PACK)

    def played(settings: dict[str, Any], text: str) -> Outcome:
        policy = load_policy(str(tmp_path / "acme.yaml"), settings)
        file = tmp_path / "scenario.yaml"
        file.write_text(f"name: a scenario\npolicy: acme.yaml\n{dedent(text)}")
        (scenario,) = load_scenarios([file], load_policy=lambda *_: policy)
        return simulate(scenario, policy=policy)

    return played


def done(outcome: Outcome, *actions: str) -> list[tuple[str, str]]:
    """When what was done, of some kinds of action: instant in UTC, and the value."""
    return [(f"{row.at:%m-%d %H:%M}", str(row.value)) for row in outcome.timeline if row.action in actions]
