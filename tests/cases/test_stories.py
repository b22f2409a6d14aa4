"""The shared stories are played as ``policybridge test`` plays them, with the words of their pack as they are now."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from bridge.cli import cli
from bridge.policy.renamed import in_current_terms
from tests.support.cases import CASES

STORIES = CASES / "stories"


@pytest.mark.skipif(not STORIES.is_dir(), reason="the stories are not beside this repository (../shared/cases/stories)")
def test_every_story_ends_as_it_says(tmp_path: Path) -> None:
    stories = copytree(STORIES, tmp_path / "stories")
    yaml = YAML()
    for pack in stories.glob("packs/*.yaml"):
        yaml.dump(in_current_terms(yaml.load(pack)), pack)
    played = CliRunner().invoke(cli, ["test", str(stories)])
    count = len([*stories.glob("*.yaml")])
    assert f"{count} scenarios, all passed" in played.output, played.output
