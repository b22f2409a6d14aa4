"""Outbound connections to helpdesks. Each vendor is a package here, named as the ``vendor`` of a connection."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import cast

from bridge.errors import InputError
from bridge.ports.call_budget import DrawFromBudget, unlimited
from bridge.ports.helpdesk import BeforeWrite, Helpdesk, MayMeetOthers, always_write, meets_nobody
from mappings.connection import Connection, vendors

__all__ = ["connect", "outbound_vendors"]


def outbound_vendors() -> list[str]:
    """Vendors that have both a vocabulary in ``mappings/`` and a client here."""
    return [vendor for vendor in vendors() if find_spec(f"{__name__}.{vendor}")]


def connect(
    name: str,
    connection: Connection,
    before_write: BeforeWrite = always_write,
    may_meet_others: MayMeetOthers = meets_nobody,
    draw: DrawFromBudget = unlimited,
) -> Helpdesk:
    """Open a connection with the credentials of the environment. Raises ``InputError``.

    ``draw``: from what all processes may use of the helpdesk's capacity.
    """
    if connection.vendor not in outbound_vendors():
        raise InputError(
            f"connections.{name}: found vendor {connection.vendor!r}; allowed: {', '.join(outbound_vendors())}"
        )
    module = import_module(f"{__name__}.{connection.vendor}")
    return cast(Helpdesk, module.connect(name, connection, before_write, may_meet_others, draw))
