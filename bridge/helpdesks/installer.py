"""What the ``install`` command makes in a helpdesk: shown step by step before it is done, and taken back whole.

A vendor for which there is something to make has a module ``<vendor>_install`` here with a function ``installer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Literal, Protocol, cast

from bridge.errors import InputError
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection


@dataclass(frozen=True)
class InstallOptions:
    """What the admin agrees to beyond fields, views and tags."""

    url: str | None = None
    """``https://host`` under which the helpdesk reaches the bridge; None: no webhooks."""
    stages: bool = False
    """Create a stage or status for each canonical status that the policies name and nothing stands for."""
    history: bool = False
    """Let the integration user read the history of tickets where the vendor shows it to administrators only."""


@dataclass(frozen=True)
class InstallStep:
    """One thing that is made, changed or taken away."""

    verb: Literal["create", "change", "remove"]
    model: str
    """The vendor's word for the kind of thing."""
    name: str
    why: str


InstallLine = InstallStep | Diagnosis
"""A step, or a remark on what was found: ``ok`` is for information, all else waits for a person."""


class Installer(Protocol):
    """Puts into one helpdesk what the configured policies need there, and takes exactly that away again."""

    def install(self, *, apply: bool) -> Iterator[InstallLine]:
        """What is missing. ``apply``: each step is told after it was done. Raises only :mod:`bridge.errors`."""

    def remove(self, *, apply: bool) -> Iterator[InstallLine]:
        """What was made here, and nothing else."""


def installer(name: str, connection: Connection, policies: Sequence[Policy], options: InstallOptions) -> Installer:
    """The installer of a connection, with the admin's credentials from the environment. Raises ``InputError``."""
    module = f"{__package__}.{connection.vendor}.setup"
    if not find_spec(module):
        raise InputError(
            f"connections.{name}: nothing is made by command in {connection.vendor}; "
            f"docs/connect-{connection.vendor}.md says what to create there, and `policybridge doctor` checks it"
        )
    return cast(Installer, import_module(module).installer(name, connection, policies, options))
