"""What a vendor's module here gives: a local helpdesk, and how the bridge and it are made known to each other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from bridge.sandbox.process import Sandbox

Json = dict[str, Any]

PACK = "maas360"
PREFIX = "POLICYBRIDGE_DEMO_"
"""Begins the environment variables of this process that the demonstration makes for itself."""
VENDORS = ("zendesk", "odoo")


class Desk(Protocol):
    """A local helpdesk with sample people; the name of its connection is the vendor's."""

    vendor: str
    title: str
    """What it is called, such as ``a local Zendesk``."""

    def open(self, speed: int) -> AbstractContextManager[Sandbox]:
        """Start it; ``speed``: virtual seconds in a real second."""

    def wire(self, bridge_url: str, folder: Path) -> Json:
        """Tell it where the bridge is, and give the bridge credentials; returns the connection's words.

        ``folder`` is the demonstration's own. Raises ``BridgeError``.
        """

    def accounts(self) -> Json:
        """What a contract would say of the sample customers, as in ``accounts.yaml``."""


def desk_of(vendor: str) -> Desk:
    """The local helpdesk of one of :data:`VENDORS`."""
    return cast(Desk, import_module(f"{__package__}.{vendor}").Desk())


def prefix_of(vendor: str) -> str:
    """How the environment variables with the local helpdesk's credentials begin."""
    return f"{PREFIX}{vendor.upper()}_"


def give_credentials(vendor: str, given: Mapping[str, str]) -> None:
    """Put credentials where the connection finds them: the environment of this process."""
    os.environ.update({f"{prefix_of(vendor)}{name}": value for name, value in given.items()})
