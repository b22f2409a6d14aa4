"""A small pack with scenarios, written to disk as an admin would."""

from collections.abc import Callable
from pathlib import Path

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

PACK = """\
pack: acme
title: Acme Support
version: "1"
effective: 2026-01-01
ticket_types: [incident]
facts:
  impact: {type: choice, values: [everyone, one]}
calendars:
  office: {clause: AC-1, hours: {mon-fri: ["09:00-17:00"]}}
severity:
  clause: AC-2
  levels: {high: urgent, low: low}
  rows:
    - {level: high, when: {impact: everyone}}
    - {level: low, when: {impact: one}}
clocks:
  - name: first_response
    clause: AC-3
    met_by: [agent_message]
    targets: {high: 1h, low: 2h}
templates: {severity: "{level}", notify: "{reason}"}
informational:
  - {clause: AC-4, text: Who we are., shown_in: on this page}
interpretations:
  - {clause: AC-1, question: Which hours?, reading: Nine to five.}
clauses:
  AC-1: {heading: Hours, text: Office hours}
  AC-2: {heading: Severity, text: Two levels}
  AC-3: {heading: Times, text: Answers}
  AC-4: {heading: About, text: Who we are}
"""
SCENARIO = """\
- name: everybody waits for an answer
  policy: acme.yaml
  ticket: {at: 2026-03-02T10:00:00Z, type: incident, facts: {impact: everyone}}
  until: +2h
  expect:
    - {at: +0m, clause: AC-2, set_priority: urgent}
    - {at: +1h, clause: AC-3, add_tag: policy_breached_first_response}
"""
LEDGER = """\
policy: acme
document: Acme Support
clauses:
  - {id: AC-1, at: Hours, kind: calendar, says: Office hours, does: Counts in them, open: Which hours?}
  - {id: AC-2, at: Severity, kind: severity, says: Two levels, does: Rates}
  - {id: AC-3, at: Times, kind: clock, says: Answers, does: Warns}
  - {id: AC-4, at: About, kind: inform, says: Who we are, does: Shows it}
"""

Change = tuple[str, str]
"""Words of a file, and those in their place."""


@pytest.fixture
def acme(tmp_path: Path) -> Callable[..., Path]:
    """Writes pack, scenarios and ledger, each with some words replaced; returns their folder."""

    def write(pack: Change = ("", ""), scenario: Change = ("", ""), ledger: Change = ("", "")) -> Path:
        (tmp_path / "ledger").mkdir(exist_ok=True)
        for name, text, change in (
            ("acme.yaml", PACK, pack),
            ("scenarios.yaml", SCENARIO, scenario),
            ("ledger/acme.yaml", LEDGER, ledger),
        ):
            assert change[0] in text
            (tmp_path / name).write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
        return tmp_path

    return write
