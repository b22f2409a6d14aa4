"""The interface of a vendor's demo: a local helpdesk, and how it and the bridge are connected."""

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
"""Prefix of the environment variables that the demo sets for itself."""
VENDORS = ("zendesk", "odoo")


class DemoHelpdesk(Protocol):
    """A local helpdesk with sample people; its connection has the name of the vendor."""

    vendor: str
    title: str
    """Its name in messages, such as ``a local Zendesk``."""

    def open(self, speed: int) -> AbstractContextManager[Sandbox]:
        """Start it; ``speed`` is virtual seconds per real second."""

    def connect(self, bridge_url: str, folder: Path) -> Json:
        """Register the bridge with it and set the credentials; returns the settings of the connection.

        ``folder`` belongs to the demo. Raises ``BridgeError``.
        """

    def accounts(self) -> Json:
        """Accounts of the sample customers, as in ``accounts.yaml``."""


def demo_helpdesk(vendor: str) -> DemoHelpdesk:
    """The local helpdesk of one of :data:`VENDORS`."""
    return cast(DemoHelpdesk, import_module(f"{__package__}.{vendor}").demo_helpdesk())


def env_prefix(vendor: str) -> str:
    """Prefix of the environment variables with the credentials of the local helpdesk."""
    return f"{PREFIX}{vendor.upper()}_"


def set_credentials(vendor: str, given: Mapping[str, str]) -> None:
    """Set credentials where the connection finds them: in the environment of this process."""
    os.environ.update({f"{env_prefix(vendor)}{name}": value for name, value in given.items()})
