"""Service level agreements of six kinds of company, written from the documentation: they can be said, and they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli.pack_check import check_pack
from bridge.policy.document.sections import document
from bridge.policy.lint import Level
from bridge.scenarios.check import check
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.simulate import simulate

FOLDER = Path(__file__).parent / "companies"
COMPANIES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith("_scenarios"))


def test_there_are_six_kinds() -> None:
    assert COMPANIES == ["authority", "bank", "hospital", "manufacturer", "msp", "saas"]


@pytest.mark.parametrize("company", COMPANIES)
def test_there_is_nothing_to_mend_in_it(company: str) -> None:
    found = check_pack(str(FOLDER / f"{company}.yaml"))
    assert found.policy
    assert [str(problem) for problem in found.problems if problem.level is not Level.NOTE] == []
    headings = [section.title for section in document(found.policy).sections]
    assert len(headings) == len(set(headings)) > 4


@pytest.mark.parametrize("company", COMPANIES)
def test_its_scenarios_hold(company: str) -> None:
    scenarios = load_scenarios([FOLDER / f"{company}_scenarios.yaml"])
    for scenario in scenarios:
        assert check(scenario, simulate(scenario)) == [], scenario.written.name
