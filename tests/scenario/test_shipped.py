"""Every scenario that ships beside a pack comes out as its author promised, through the product's own simulation."""

from functools import cache
from pathlib import Path

import pytest

import mappings
from bridge.account import Account
from bridge.policy.load import load_policy
from bridge.policy.requirements import HelpdeskRequirements, helpdesk_requirements
from bridge.scenarios.check import check
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.outcome import Outcome
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import scenario_files
from bridge.scenarios.simulate import simulate

SHIPPED = Path(mappings.__file__).parent / "scenarios"
FOLDERS = sorted(path for path in SHIPPED.iterdir() if path.is_dir())
FILES = scenario_files([SHIPPED])


@cache
def played(path: Path) -> list[tuple[ResolvedScenario, Outcome]]:
    """The scenarios of a file, and what came of each; several tests look at them, and playing them takes a while."""
    return [(scenario, simulate(scenario)) for scenario in load_scenarios([path])]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_bridge_does_what_the_scenarios_expect(path: Path) -> None:
    wrong = [
        f"{scenario.name}: {mismatch}" for scenario, outcome in played(path) for mismatch in check(scenario, outcome)
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_scenario_writes_a_tag_or_field_beyond_the_requirements_of_its_pack(folder: Path) -> None:
    required: dict[str, HelpdeskRequirements] = {}
    of_folder = [each for path in FILES if path.is_relative_to(folder) for each in played(path)]
    for scenario, outcome in of_folder:
        policy = scenario.policy.for_account(scenario.account or Account())
        within = required.get(policy.digest) or helpdesk_requirements([policy])
        required[policy.digest] = within
        for row in outcome.timeline:
            name = str(row.value).partition("=")[0]
            if row.action == "add_tag":
                assert name in within.tags, scenario.name
            elif row.action == "set_field":
                assert name in within.fields | policy.facts.keys() | {"group"}, scenario.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_clause_of_the_policy_is_without_a_scenario(folder: Path) -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in scenario_files([folder]))
    assert [clause for clause in load_policy(folder.name).clauses if clause not in written] == []


def test_a_scenario_is_identified_by_its_name() -> None:
    names = [(scenario.policy.pack, scenario.name) for path in FILES for scenario, _ in played(path)]
    assert sorted(set(names)) == sorted(names)
