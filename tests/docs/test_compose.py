"""``compose.yaml`` gives the program everything that its configuration names."""

from pathlib import Path, PurePosixPath

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]


def test_the_folder_with_the_configuration_is_mounted_and_is_where_the_program_starts() -> None:
    bridge = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["bridge"]
    [mount] = bridge["volumes"]
    source, target, mode = mount.split(":")
    assert (bridge["working_dir"], mode) == (target, "ro")
    assert not PurePosixPath(source).suffix, "a folder: accounts and policies are files beside policybridge.yaml"
