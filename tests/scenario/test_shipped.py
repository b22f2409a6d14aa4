"""Every scenario that ships beside a pack comes out as its author promised, through the product's own simulation."""

from pathlib import Path

import pytest

import mappings
from bridge.policy.load import load_policy
from bridge.scenarios.check import check
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import scenario_files
from bridge.scenarios.simulate import simulate

SHIPPED = Path(mappings.__file__).parent / "scenarios"
FOLDERS = sorted(path for path in SHIPPED.iterdir() if path.is_dir())
SCENARIOS = load_scenarios(scenario_files([SHIPPED]))


@pytest.mark.parametrize(
    "scenario", SCENARIOS, ids=lambda scenario: f"{Path(scenario.document.name).stem}: {scenario.name}"
)
def test_the_bridge_does_what_the_scenario_expects(scenario: ResolvedScenario) -> None:
    if mismatches := check(scenario, simulate(scenario)):
        pytest.fail("\n".join(map(str, mismatches)), pytrace=False)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_clause_of_the_policy_is_without_a_scenario(folder: Path) -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in scenario_files([folder]))
    assert [clause for clause in load_policy(folder.name).clauses if clause not in written] == []


def test_a_scenario_is_identified_by_its_name() -> None:
    names = [(scenario.policy.pack, scenario.name) for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)
