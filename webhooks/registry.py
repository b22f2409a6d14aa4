"""The doors of a configuration: each vendor's module beside this one makes its own with ``open_door``."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from mappings.connection import Configuration
from webhooks.receiver import Door


def doors_for(configuration: Configuration, *, tolerance_s: float) -> dict[str, Door]:
    """A door for each connection, with the secrets of the environment.

    ``tolerance_s``: seconds by which a signature may be old or ahead. Raises ``InputError``.
    """
    return {
        name: cast(Door, import_module(f"webhooks.{connection.vendor}").open_door(connection, tolerance_s))
        for name, connection in configuration.connections.items()
    }
