"""A small pack and small scenarios, written to disk as an admin would."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import hypothesis  # noqa: F401  imported first: CPython 3.11 up to .7 overflows its stack otherwise (pytest#10874)
import pytest

from bridge.scenarios.load import load_scenarios
from bridge.scenarios.resolve import ResolvedScenario

PACK = """\
pack: acme
title: Acme Support
version: "3"
effective: 2026-01-01
ticket_types: [incident, question]
start_tier: 2
facts:
  impact: {type: choice, values: [major, minor]}
  grade: {type: choice, values: ["1", "2"]}
  vip: {type: bool}
  users: {type: number}
  outage_started: {type: datetime}
  details: {type: text}
calendars:
  always: {clause: AC-01, hours: always}
severity:
  clause: AC-02
  levels: {bad: urgent, mild: low}
  rows:
    - {level: bad, when: {impact: major}}
    - {level: mild, when: {impact: minor}}
clocks:
  - name: first_response
    clause: AC-03
    met_by: [agent_message]
    targets: {bad: 1h, mild: 8h}
closure: {clause: AC-04, confirmation_solves: true, if_unconfirmed: warn}
roles: {night_watch: night@vendor.example}
templates: {severity: "{level}", reopened: "{reason}", notify: "{reason}"}
clauses:
  AC-01: {heading: Hours, text: always}
  AC-02: {heading: Severity, text: two levels}
  AC-03: {heading: Response, text: one hour}
  AC-04: {heading: Closing, text: on confirmation}
"""

WriteScenario = Callable[[str], Path]


@pytest.fixture
def scenario_file(tmp_path: Path) -> WriteScenario:
    """Writes a scenario file beside the pack ``acme.yaml``."""
    (tmp_path / "acme.yaml").write_text(PACK)

    def write(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(dedent(text).lstrip("\n"))
        return path

    return write


@pytest.fixture
def load_scenario(scenario_file: WriteScenario) -> Callable[[str], ResolvedScenario]:
    """The only scenario of a text; policy, ticket and end are given where the text leaves them out."""

    def load(text: str) -> ResolvedScenario:
        text = dedent(text)
        for key, line in (
            ("policy:", "policy: acme.yaml"),
            ("ticket:", "ticket: {at: 2026-03-02T08:00:00Z, type: incident}"),
            ("until:", "until: +6h"),
        ):
            text = text if f"\n{key}" in f"\n{text}" else f"{text}\n{line}\n"
        (scenario,) = load_scenarios([scenario_file(text)])
        return scenario

    return load
