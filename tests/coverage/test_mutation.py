"""``policybridge mutation``: a word that no scenario guards is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import mappings
from bridge.cli import cli
from bridge.policy.load import SHIPPED, packs
from bridge.policy.model import Policy
from bridge.scenarios.mutants import alterations
from bridge.scenarios.mutation import mutants, try_mutants
from bridge.yamlio.document import read
from bridge.yamlio.problems import dotted

Acme = Callable[..., Path]


def tried(folder: Path, *arguments: str) -> tuple[int, Any]:
    done = CliRunner().invoke(
        cli,
        ["mutation", str(folder / "acme.yaml"), "--scenarios", str(folder / "scenarios.yaml"), "--json", *arguments],
    )
    assert done.exit_code in (0, 1), done.output
    return done.exit_code, json.loads(done.stdout)


def test_what_a_scenario_tests_kills_the_mutant_and_the_rest_is_listed(acme: Acme) -> None:
    code, found = tried(acme())
    survivors = "\n".join(found["survivors"])
    assert code == 1
    assert "clocks[0].targets.high" not in survivors
    assert "severity.levels.high" not in survivors
    assert "acme.yaml:20:30 clocks[0].targets.low: '2h' -> '3h'" in survivors
    assert "severity.levels.low: 'low' -> " in survivors


def test_a_scenario_that_tests_the_value_kills_the_survivor(acme: Acme) -> None:
    folder = acme()
    before = set(tried(folder)[1]["survivors"])
    scenarios = folder / "scenarios.yaml"
    scenarios.write_text(
        scenarios.read_text()
        + """\
- name: one waits for an answer
  policy: acme.yaml
  ticket: {at: 2026-03-02T10:00:00Z, type: incident, facts: {impact: one}}
  until: +3h
  expect:
    - {at: +0m, clause: AC-2, set_priority: low}
    - {at: +2h, clause: AC-3, add_tag: policy_breached_first_response}
"""
    )
    after = set(tried(folder)[1]["survivors"])
    assert after < before
    assert not any("targets" in survivor or "severity" in survivor for survivor in after)


def test_one_process_and_two_find_the_same(acme: Acme) -> None:
    folder = acme()
    assert tried(folder, "--jobs", "1") == tried(folder, "--jobs", "2")


def test_a_scenario_that_fails_without_any_change_is_an_error(acme: Acme) -> None:
    folder = acme(scenario=("set_priority: urgent", "set_priority: high"))
    done = CliRunner().invoke(
        cli, ["mutation", str(folder / "acme.yaml"), "--scenarios", str(folder / "scenarios.yaml")]
    )
    assert done.exit_code == 2
    assert "fails without any change" in done.stderr


def test_without_scenarios_there_is_nothing_to_try(acme: Acme) -> None:
    done = CliRunner().invoke(cli, ["mutation", str(acme() / "acme.yaml")])
    assert done.exit_code == 2
    assert "--scenarios" in done.stderr


@pytest.mark.parametrize("pack", packs())
def test_every_mutant_is_one_value_at_its_place(pack: str) -> None:
    """The word that is changed stands where the mutant says it stands."""
    document = read(SHIPPED / f"{pack}.yaml")
    lines = (SHIPPED / f"{pack}.yaml").read_text(encoding="utf-8").splitlines()
    found = mutants(document)
    assert len(found) > 50
    for mutant in found:
        _, line, column = mutant.where.rsplit(":", 2)
        there = lines[int(line) - 1][int(column) - 1 :].lstrip("\"'")
        was = mutant.change.was
        assert there.startswith(str(was).lower() if isinstance(was, bool) else str(was)), str(mutant)
        assert mutant.change.was != mutant.change.becomes


def test_lengths_hours_levels_roles_statuses_and_calendars_are_all_changed() -> None:
    document = read(SHIPPED / "maas360.yaml")
    changed = {
        (dotted(change.path), str(change.was), str(change.becomes))
        for change in alterations(document.value, Policy.of(document.value))
    }
    assert {
        ("clocks[0].targets.critical", "30m", "31m"),
        ("clocks[0].targets.critical", "30m", "30h"),
        ("waiting[0].time_between", "2 business days", "3 business days"),
        ("waiting[0].time_between", "2 business days", "2d"),
        ("calendars.japan.hours.mon-fri[0]", "09:00-17:00", "10:00-17:00"),
        ("escalation.on_request.raise_priority_by", "1", "2"),
    } <= changed
    places = {place for place, _, _ in changed}
    assert {
        "escalation.stages[0].notify[0]",
        "escalation.stages[0].level",
        "escalation.stages[0].tier",
        "escalation.calendar",
        "waiting[0].statuses[0]",
        "severity.rows[0].when.any[0].affected",
        "severity.levels.critical",
        "closure.if_unconfirmed",
        "reactions[0].evaluated",
    } <= places


@pytest.mark.slow
def test_a_sample_of_the_values_of_maas360_is_tested() -> None:
    """``make mutation`` tries them all."""
    scenarios = Path(mappings.__file__).parent / "scenarios" / "maas360"
    trials = try_mutants("maas360", [scenarios], sample=20, seed=3)
    assert trials.tried == 20
    assert len(trials.survivors) <= 1, "\n".join(map(str, trials.survivors))
