"""Zendesk -> canonical: a ticket with its whole timeline, from the JSON of a ticket, its audits and its people. Pure.

The way back is :mod:`mappings.zendesk.update`, accounts are in :mod:`mappings.zendesk.account`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.ticket import Channel, Person, Ticket, TicketRef
from mappings.coercion import mapping, text_of, translated, word
from mappings.connection import DEFERRABLE, Connection
from mappings.event_marks import EVIDENCE
from mappings.field_sources import Ref
from mappings.zendesk.actors import Snapshot, email_of, people_in
from mappings.zendesk.timeline import Story, body
from mappings.zendesk.vocabulary import ident, tags_of, via_words, vocabulary

__all__ = ["EVIDENCE", "Snapshot", "account_key", "people_in", "to_ticket"]


def to_ticket(ref: TicketRef, seen: Snapshot, connection: Connection) -> Ticket:
    """The canonical ticket. Unknown keys, nulls, text ids and foreign events are tolerated, never an error."""
    story = Story(seen, connection)
    ticket, values = seen.ticket, story.reading.canonical(story.present)
    return Ticket.model_validate(
        {name: values[name] for name in ("status", "priority", "type", "assignee", "group", "tier")}
        | {
            "ref": ref,
            "created_at": story.created_at,
            "version": str(ticket.get("updated_at") or ""),
            "account": account_key(seen, connection),
            "channel": _channel(story),
            "requester": _requester(seen),
            "subject": text_of(ticket.get("subject")) or text_of(ticket.get("raw_subject")) or "",
            "description": text_of(ticket.get("description")) or body(story.opening or {}),
            "status_label": word(ticket.get("status")),
            "brand": _name_of(connection.brands, ticket.get("brand_id")),
            "form": _name_of(connection.forms, ticket.get("ticket_form_id")),
            "tags": tags_of(story.present["tags"]),
            "facts": story.reading.facts(story.present),
            "fields": _fields(story),
            "timeline": tuple(story.timeline()),
        }
    )


def account_key(seen: Snapshot, connection: Connection) -> str | None:
    """The key under which the customer's account is known, or None without an organization."""
    organization = mapping(seen.organization)
    return text_of(organization.get(connection.organizations.key)) or ident(seen.ticket.get("organization_id")) or None


def _fields(story: Story) -> dict[str, str]:
    """What the bridge wrote: into fields of their own, or into the metadata of its changes."""
    held: dict[str, str] = {}
    for audit in story.audits:
        fields = mapping(story.cast.ours(audit).get("fields"))
        held |= {name: str(value) for name, value in fields.items() if name in DEFERRABLE}
    named = {name: value or "" for name, value in story.reading.fields(story.present).items()}
    return {name: value for name, value in (held | named).items() if value}


def _channel(story: Story) -> Channel:
    via, rel = via_words(story.seen.ticket.get("via"))
    source, words = story.connection.channel, vocabulary().channel
    if source is not None:
        raw = via if source.field is None else story.present.get(str(source.field))
        said = text_of(translated(source, raw, tags_of(story.present["tags"])))
        if said in set(Channel):
            return Channel(said)
    return words.get(f"{via}/{rel}") or words.get(rel) or words.get(via) or Channel.OTHER


def _requester(seen: Snapshot) -> Person:
    user = seen.users.get(ident(seen.ticket.get("requester_id")), {})
    return Person(email=email_of(user), name=text_of(user.get("name")) or "", locale=text_of(user.get("locale")) or "")


def _name_of(names: Mapping[str, Ref], value: object) -> str | None:
    found = ident(value)
    return next((name for name, number in names.items() if str(number) == found), found or None)
