"""``policybridge.yaml``: the file with policy and connections."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import InputError
from bridge.yamlio.validate import load_model
from mappings.connection import Configuration


def read_configuration(path: Path) -> Configuration:
    """The validated file. Raises ``InputError`` with what to do where it is missing or cannot be used."""
    if not path.is_file():
        advice = "write it as docs/connect-zendesk.md or docs/connect-odoo.md says, or name it in POLICYBRIDGE_CONFIG"
        raise InputError(f"{path}: cannot be read: there is no such file; {advice}")
    return load_model(path, Configuration)
