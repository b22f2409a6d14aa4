"""The field of a ticket's type or channel is gone: the last value by the audits counts, and it is said."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import Retry
from bridge.helpdesks.unread_type import with_readable_type
from bridge.ticket import Channel, Ticket
from mappings.connection import Connection
from mappings.zendesk.actors import TicketSnapshot
from mappings.zendesk.ticket import to_ticket

from .test_zendesk_timeline import REF

WHY = "ticket field 5 does not exist or is inactive; see Admin Center > Fields"


def ticket_without_field(source: str, *events: dict[str, Any]) -> Ticket:
    raw = {"id": 7, "created_at": "2026-03-02T08:00:00Z", "status": "open", "via": {"channel": "email"}}
    audit = {"id": 1, "created_at": "2026-03-02T08:00:00Z", "author_id": 101, "events": list(events)}
    connection = Connection.model_validate({"vendor": "zendesk", source: {"field": 5}})
    return to_ticket(REF, TicketSnapshot(raw, [audit], {}, missing={"5": WHY}), connection)


def created(value: str) -> dict[str, Any]:
    return {"id": 2, "type": "Create", "field_name": "5", "value": value}


def test_the_last_type_is_kept() -> None:
    ticket = ticket_without_field("type", created("incident"))
    assert with_readable_type(ticket).type == "incident"
    assert ticket.unusable == {"type": f"type: {WHY}; its last value on this ticket, 'incident', is kept"}


def test_a_ticket_whose_type_was_never_known_waits_alone() -> None:
    with pytest.raises(Retry, match="type: ticket field 5 does not exist") as waits:
        with_readable_type(ticket_without_field("type"))
    assert not waits.value.all_tickets


@pytest.mark.parametrize(("events", "channel"), [((created("phone"),), Channel.PHONE), ((), Channel.EMAIL)])
def test_no_ticket_waits_for_its_channel(events: tuple[dict[str, Any], ...], channel: Channel) -> None:
    ticket = with_readable_type(ticket_without_field("channel", *events))
    assert ticket.channel is channel
    assert ticket.unusable["channel"].startswith(f"channel: {WHY}")
