"""``policybridge.yaml``: the file with policy and connections."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import InputError
from bridge.policy.load import removal_problems, renamed_problems
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import FileProblem, reject
from bridge.yamlio.validate import validate
from mappings.connection import Configuration


def read_configuration(path: Path) -> Configuration:
    """The validated file. Raises ``InputError`` with what to do where it is missing or cannot be used."""
    if not path.is_file():
        advice = "write it as docs/connect-zendesk.md or docs/connect-odoo.md says, or name it in POLICYBRIDGE_CONFIG"
        found = "it is a folder, not a file" if path.is_dir() else "there is no such file"
        raise InputError(f"{path}: cannot be read: {found}; {advice}")
    document = read(path)
    configuration = validate(document, Configuration)
    if wrong := [each for pack in configuration.overrides for each in invalid_overrides(document, configuration, pack)]:
        reject(wrong)
    return configuration


def invalid_overrides(document: YamlDocument, configuration: Configuration, pack: str) -> list[FileProblem]:
    """Old words of policy files in the overrides of a pack, or removals of what it does not have."""
    overrides = configuration.overrides.get(pack, {})
    old = renamed_problems(document, overrides, "overrides", pack)
    return old or removal_problems(document, pack, overrides, "overrides", pack)
