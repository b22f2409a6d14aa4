"""The journal of ``install``: what it has made where, kept in a file beside ``policybridge.yaml``.

A helpdesk that has no place of its own for this, as Odoo's external ids are, needs it: only what is in the journal is
changed or removed. It holds ids and no secrets, and may be kept under version control with the configuration.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import InputError


def journal_path(configuration: Path) -> Path:
    """The journal of a configuration file: ``policybridge.yaml`` has ``policybridge.install.json``."""
    return configuration.with_suffix(".install.json")


@dataclass(frozen=True)
class InstallJournal:
    """The part of the file about one connection. Every change is on the disk before the method returns."""

    path: Path
    connection: str

    def read(self, part: str) -> dict[str, Any]:
        """One part; empty if there is none. Raises ``InputError`` if the file cannot be used."""
        found = self._whole().get(self.connection, {}).get(part, {})
        return found if isinstance(found, dict) else {}

    def write(self, part: str, content: Mapping[str, Any]) -> None:
        """Replace one part; an empty one vanishes, and so does the file with the last one."""
        whole = self._whole()
        parts = {**whole.get(self.connection, {}), part: dict(content)}
        whole[self.connection] = {name: kept for name, kept in parts.items() if kept}
        self._replace({name: kept for name, kept in whole.items() if kept})

    def put(self, part: str, key: str, value: Any) -> None:
        """Record one entry of a part."""
        self.write(part, {**self.read(part), key: value})

    def drop(self, part: str, key: str) -> None:
        """Forget one entry of a part."""
        self.write(part, {name: value for name, value in self.read(part).items() if name != key})

    def _whole(self) -> dict[str, Any]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            advice = "restore it from a copy; without it, what install has made cannot be told from what people made"
            raise InputError(f"{self.path}: cannot be read ({type(error).__name__}); {advice}") from error
        if not (isinstance(found, dict) and all(isinstance(each, dict) for each in found.values())):
            raise InputError(f"{self.path}: is not a journal of install; restore it from a copy")
        return found

    def _replace(self, whole: Mapping[str, Any]) -> None:
        """Replace the file as a whole, so that a crash leaves the old one or the new one."""
        beside = self.path.with_suffix(".new")
        try:
            if not whole:
                self.path.unlink(missing_ok=True)
                return
            with beside.open("w", encoding="utf-8") as file:
                json.dump(whole, file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be written: {error.strerror}; install keeps its journal there"
            ) from error
