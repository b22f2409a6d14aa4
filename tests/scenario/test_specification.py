"""The published description of the language: its own example is a scenario, and outcomes have the published shape."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from bridge.decision.records import ActionName
from bridge.scenarios.expectations import ACTIONS
from bridge.scenarios.language import ROLES
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.outcome import as_json
from bridge.scenarios.simulate import simulate

SPECIFICATION = Path(__file__).parents[2] / ".." / "shared" / "SCENARIOS.md"


@pytest.fixture
def specification() -> str:
    if not SPECIFICATION.is_file():
        pytest.skip("the published description is not beside this repository (../shared/SCENARIOS.md)")
    return SPECIFICATION.read_text()


def block(text: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def test_the_example_is_a_scenario_and_its_outcome_has_the_published_keys(specification: str, tmp_path: Path) -> None:
    example = re.sub(r"calendar: \{\.\.\.\}", "calendar: {hours: always}", block(specification, "yaml"))
    path = tmp_path / "example.yaml"
    path.write_text(example)
    (scenario,) = load_scenarios([path])
    published = json.loads(block(specification, "json"))
    found = as_json([simulate(scenario)])
    assert published.keys() <= found.keys()
    assert published["timeline"][0].keys() == found["timeline"][0].keys()
    assert published["clocks"][0].keys() == found["clocks"][0].keys()
    assert published["final"].keys() <= found["final"].keys()


def test_roles_and_actions_are_the_published_ones(specification: str) -> None:
    roles = specification.partition("### Roles")[2].partition("An account maps")[0]
    assert re.findall(r"`(\w+)`", roles) == list(ROLES)
    actions = specification.partition("`action` is one of")[2].partition("(value = role)")[0]
    assert set(re.findall(r"`(\w+)`", actions)) == set(ACTIONS) == set(get_args(ActionName))
