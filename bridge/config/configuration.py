"""``policybridge.yaml``: the file with policy and connections."""

from __future__ import annotations

from pathlib import Path

from bridge.config.settings import Settings
from bridge.errors import InputError
from bridge.policy.load import removal_problems, renamed_problems
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import FileProblem, reject
from bridge.yamlio.validate import validate
from mappings.connection import Configuration


def configuration_file(settings: Settings) -> Path | None:
    """The file of this installation, if there is one. Raises ``InputError`` for one that is named and not there."""
    if settings.config.is_file():
        return settings.config
    if "config" in settings.model_fields_set:
        raise InputError(f"POLICYBRIDGE_CONFIG: found {settings.config}, {_absence(settings.config)}")
    return None


def read_configuration(path: Path) -> Configuration:
    """The validated file. Raises ``InputError`` with what to do where it is missing or cannot be used."""
    if not path.is_file():
        advice = "write it with `policybridge init`, or name it in POLICYBRIDGE_CONFIG"
        raise InputError(f"{path}: cannot be read: {_absence(path)}; {advice}")
    document = read(path)
    configuration = validate(document, Configuration)
    if wrong := [each for pack in configuration.overrides for each in invalid_overrides(document, configuration, pack)]:
        reject(wrong)
    return configuration.read_from(path)


def _absence(path: Path) -> str:
    return "it is a folder, not a file" if path.is_dir() else "there is no such file"


def invalid_overrides(document: YamlDocument, configuration: Configuration, pack: str) -> list[FileProblem]:
    """Old words of policy files in the overrides of a pack, or removals of what it does not have."""
    overrides = configuration.overrides.get(pack, {})
    old = renamed_problems(document, overrides, "overrides", pack)
    return old or removal_problems(document, pack, overrides, "overrides", pack)
