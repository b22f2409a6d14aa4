"""Files that a helpdesk's own export has made, by vendor: one that can be read has a module of this name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, cast

from bridge.account import Account
from bridge.errors import InputError
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import Ticket
from mappings.connection import Connection, vendors


@dataclass(frozen=True)
class ExportedTicket:
    """One ticket of an export."""

    ticket: Ticket
    account: Account | None
    """What the helpdesk itself knows of its account."""
    native: tuple[NativeTarget, ...]


@dataclass(frozen=True)
class UnreadableExport:
    """A part of an export that cannot be read: its place, and why."""

    where: str
    because: str
    kind: Literal["unreadable", "cut_off", "no_history"] = "unreadable"
    """``cut_off``: a file ends in the middle. ``no_history``: of a ticket there is nothing but its present state."""


class ExportFiles(Protocol):
    """The tickets in exported files."""

    def tickets(self) -> Iterator[ExportedTicket | UnreadableExport]:
        """Every ticket, by its id, with what cannot be read among them."""

    @property
    def taken_at(self) -> datetime | None:
        """The last instant of which the files know something."""

    @property
    def count(self) -> int:
        """How many tickets there are."""


def exporting_vendors() -> list[str]:
    """Vendors whose export files can be read."""
    return [vendor for vendor in vendors() if find_spec(f"bridge.helpdesks.{vendor}.export_files")]


def open_export(path: Path, name: str, connection: Connection) -> ExportFiles:
    """The tickets in a file or folder. Raises ``InputError``."""
    if connection.vendor not in exporting_vendors():
        raise InputError(
            f"{path}: {name} is a {connection.vendor}; allowed: exports of {', '.join(exporting_vendors())}"
        )
    module = import_module(f"bridge.helpdesks.{connection.vendor}.export_files")
    return cast("ExportFiles", module.read_export(path, name, connection))
