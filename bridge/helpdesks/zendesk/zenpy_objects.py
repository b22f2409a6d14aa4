"""Tickets as zenpy sends and returns them."""

from __future__ import annotations

from typing import Any

from zenpy.lib.api_objects import Ticket as ZenpyTicket

from bridge.helpdesks.zendesk.client import Json


def zenpy_ticket(number: int, values: Json) -> ZenpyTicket:
    """An update as zenpy sends it, which leaves out a None unless something else was there before."""
    update = ZenpyTicket(id=number, **values)
    for name in (name for name, value in values.items() if value is None):
        setattr(update, name, "")
        setattr(update, name, None)
    return update


def as_json(zenpy_object: Any) -> Json:
    """An object of a response; empty if it is none."""
    return dict(zenpy_object.to_dict()) if hasattr(zenpy_object, "to_dict") else {}
