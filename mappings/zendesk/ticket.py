"""Zendesk -> canonical: a ticket with its whole timeline, from the JSON of a ticket, its audits and its people. Pure.

The way back is :mod:`mappings.zendesk.update`, accounts are in :mod:`mappings.zendesk.account`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.ticket import Channel, Person, Ticket, TicketRef
from mappings.coercion import mapping, text_of, translated, word
from mappings.connection import DEFERRABLE, Connection
from mappings.event_marks import EVIDENCE
from mappings.field_sources import VendorRef
from mappings.zendesk.actors import TicketSnapshot, email_of, people_in
from mappings.zendesk.timeline import TimelineBuilder, body
from mappings.zendesk.vocabulary import ident, tags_of, via_words, vocabulary

__all__ = ["EVIDENCE", "TicketSnapshot", "account_key", "people_in", "to_ticket"]


def to_ticket(ref: TicketRef, seen: TicketSnapshot, connection: Connection) -> Ticket:
    """The canonical ticket. Unknown keys, nulls, text ids and foreign events are tolerated, never an error."""
    builder = TimelineBuilder(seen, connection)
    ticket, values = seen.ticket, builder.reading.canonical(builder.present)
    return Ticket.model_validate(
        {name: values[name] for name in ("status", "priority", "type", "assignee", "group", "tier")}
        | {
            "ref": ref,
            "created_at": builder.created_at,
            "version": str(ticket.get("updated_at") or ""),
            "account": account_key(seen, connection),
            "channel": _channel(builder),
            "requester": _requester(seen),
            "subject": text_of(ticket.get("subject")) or text_of(ticket.get("raw_subject")) or "",
            "description": text_of(ticket.get("description")) or body(builder.opening or {}),
            "status_label": word(ticket.get("status")),
            "brand": _name_of(connection.brands, ticket.get("brand_id")),
            "form": _name_of(connection.forms, ticket.get("ticket_form_id")),
            "tags": tags_of(builder.present["tags"]),
            "facts": builder.reading.facts(builder.present),
            "fields": _fields(builder),
            "timeline": tuple(builder.timeline()),
        }
    )


def account_key(seen: TicketSnapshot, connection: Connection) -> str | None:
    """The key under which the customer's account is known, or None without an organization."""
    organization = mapping(seen.organization)
    return text_of(organization.get(connection.organizations.key)) or ident(seen.ticket.get("organization_id")) or None


def _fields(builder: TimelineBuilder) -> dict[str, str]:
    """What the bridge wrote: into fields of their own, or into the metadata of its changes."""
    held: dict[str, str] = {}
    for audit in builder.audits:
        fields = mapping(builder.actors.ours(audit).get("fields"))
        held |= {name: str(value) for name, value in fields.items() if name in DEFERRABLE}
    named = {name: value or "" for name, value in builder.reading.fields(builder.present).items()}
    return {name: value for name, value in (held | named).items() if value}


def _channel(builder: TimelineBuilder) -> Channel:
    via, rel = via_words(builder.seen.ticket.get("via"))
    source, words = builder.connection.channel, vocabulary().channel
    if source is not None:
        raw = via if source.field is None else builder.present.get(str(source.field))
        said = text_of(translated(source, raw, tags_of(builder.present["tags"])))
        if said in set(Channel):
            return Channel(said)
    return words.get(f"{via}/{rel}") or words.get(rel) or words.get(via) or Channel.OTHER


def _requester(seen: TicketSnapshot) -> Person:
    user = seen.users.get(ident(seen.ticket.get("requester_id")), {})
    return Person(email=email_of(user), name=text_of(user.get("name")) or "", locale=text_of(user.get("locale")) or "")


def _name_of(names: Mapping[str, VendorRef], value: object) -> str | None:
    found = ident(value)
    return next((name for name, number in names.items() if str(number) == found), found or None)
