"""What the ``install`` command creates in a helpdesk: shown before it is done, and removable as a whole.

A vendor that needs it has a package ``<vendor>/setup`` here with a function ``installer``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, cast

from bridge.errors import InputError
from bridge.helpdesks.setup.journal import InstallJournal
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection


@dataclass(frozen=True)
class InstallOptions:
    """What the admin allows in addition to fields, views and tags."""

    url: str | None = None
    """``https://host`` at which the helpdesk reaches the bridge; None: no webhooks."""
    stages: bool = False
    """Create a stage or status for each canonical status that the policies use and that has none yet."""
    history: bool = False
    """Let the integration user read the history of tickets, which some vendors show to administrators only."""
    groups: bool = False
    """Create a group for each tier and group that the policies use and that has none yet."""
    forms: tuple[str, ...] = ()
    """Names or ids of the ticket forms to which the fields are added."""
    tags: bool = False
    """Of a removal: take the bridge's tags off open tickets as well."""
    configuration: Path = Path("policybridge.yaml")
    """The file into which ids are written; the journal is beside it."""


@dataclass(frozen=True)
class InstallStep:
    """One record that is created, changed or removed."""

    verb: Literal["create", "change", "remove"]
    model: str
    """The vendor's name for this kind of record."""
    name: str
    why: str
    seen: str = ""
    """A digest of what was there before; empty if there was nothing, or if nobody else can change it."""


InstallLine = InstallStep | Diagnosis
"""A step, or a remark on what was found: for information if it is ``ok``, otherwise it needs attention."""


class Installer(Protocol):
    """Creates in one helpdesk what the configured policies need, and removes exactly that again."""

    @property
    def journal(self) -> InstallJournal:
        """Where the plan that was shown is kept, and what was made if the helpdesk has no place for that."""

    def install(self, *, apply: bool) -> Iterator[InstallLine]:
        """The missing steps; with ``apply`` each one is yielded after it was done. Raises only :mod:`bridge.errors`."""

    def remove(self, *, apply: bool) -> Iterator[InstallLine]:
        """The steps that remove what ``install`` has created, and nothing else."""

    def drift(self) -> Iterator[Diagnosis]:
        """What has changed since ``install`` was applied; nothing where it was not, or where that cannot be told."""


def installer(name: str, connection: Connection, policies: Sequence[Policy], options: InstallOptions) -> Installer:
    """The installer of a connection, with an admin's credentials from the environment. Raises ``InputError``."""
    module = f"{__package__}.{connection.vendor}.setup"
    if not find_spec(module):
        raise InputError(
            f"connections.{name}: there is no `install` for {connection.vendor}; "
            f"docs/connect-{connection.vendor}.md says what to create manually, and `policybridge doctor` checks it"
        )
    return cast(Installer, import_module(module).installer(name, connection, policies, options))
