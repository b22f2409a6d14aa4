"""Builds a canonical ticket with its whole timeline from Zendesk's JSON of the ticket, its audits and users. Pure.

The opposite direction is :mod:`mappings.zendesk.update`; accounts are in :mod:`mappings.zendesk.account`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.ticket import Channel, FactValue, Merge, Person, Role, Said, Ticket, TicketRef, fact_field
from mappings import event_marks
from mappings.coercion import enum_value, gone_field, json_object, parse_instant, text_of, translate, unusable_channel
from mappings.connection import DEFERRABLE, Connection
from mappings.field_sources import ValueSource, VendorRef
from mappings.harmless_text import isolated
from mappings.zendesk.actors import TicketSnapshot, person_of
from mappings.zendesk.conversation import body
from mappings.zendesk.delivery import why_unreachable
from mappings.zendesk.endings import ending_of
from mappings.zendesk.merges import merged_by
from mappings.zendesk.timeline import TimelineBuilder
from mappings.zendesk.vocabulary import id_text, parse_tags, via_parts, vocabulary


def to_ticket(ref: TicketRef, snapshot: TicketSnapshot, connection: Connection) -> Ticket:
    """The canonical ticket. Unknown keys, nulls, ids as text and unknown events are tolerated."""
    builder = TimelineBuilder(snapshot, connection)
    ticket, values = snapshot.ticket, builder.reader.canonical(builder.present)
    return Ticket.model_validate(
        {name: values[name] for name in ("status", "priority", "type", "assignee", "group", "tier")}
        | {
            "ref": ref,
            "created_at": builder.created_at,
            "version": str(ticket.get("updated_at") or ""),
            "account": account_key(snapshot, connection),
            "channel": _channel(builder),
            "requester": _requester(snapshot),
            "opened_by": builder.actors.opener,
            "subject": isolated(text_of(ticket.get("subject")) or text_of(ticket.get("raw_subject")) or ""),
            "description": isolated(text_of(ticket.get("description")) or "") or body(builder.opening or {}),
            "status_label": "" if values["status"] else enum_value(ticket.get("status")),
            "brand": _name_of(connection.brands, ticket.get("brand_id")),
            "form": _name_of(connection.forms, ticket.get("ticket_form_id")),
            "tags": parse_tags(builder.present["tags"]),
            "facts": builder.reader.facts(builder.present),
            "fields": _fields(builder),
            "unusable": unusable_channel(builder.connection.channel, _configured_channel(builder)) | _unread(builder),
            "timeline": tuple(sorted([*_merges(builder), *builder.timeline()], key=lambda entry: entry.at)),
            "ending": ending_of(snapshot),
            "marked_by": event_marks.marked_by(builder.marks()),
        }
    )


def account_key(snapshot: TicketSnapshot, connection: Connection) -> str | None:
    """The key of the customer's account, or None without an organization."""
    organization = json_object(snapshot.organization)
    return (
        text_of(organization.get(connection.organizations.key))
        or id_text(snapshot.ticket.get("organization_id"))
        or None
    )


def _unread(builder: TimelineBuilder) -> dict[str, str]:
    """What cannot be read because its field is gone, by its timeline field: why, and what is gone by instead."""
    connection, present = builder.connection, builder.present
    facts = builder.reader.facts(present)
    found: list[tuple[str, str, ValueSource, FactValue]]
    found = [(fact_field(name), f"facts.{name}", source, facts[name]) for name, source in connection.facts.items()]
    if connection.type:
        found.append(("type", "type", connection.type, builder.reader.type(present)))
    if connection.channel:
        found.append(("channel", "channel", connection.channel, _configured_channel(builder)))
    missing = builder.snapshot.missing
    return {
        name: gone_field(where, why, last)
        for name, where, source, last in found
        if (why := missing.get(str(source.field)))
    }


def _merges(builder: TimelineBuilder) -> Iterator[Merge]:
    """The tickets that were merged into this one, each with what is known of it."""
    for audit in builder.audits:
        at = max(parse_instant(audit.get("created_at")) or builder.created_at, builder.created_at)
        for ident in merged_by(audit):
            source = builder.snapshot.merged.get(ident)
            yield Merge(
                at=at,
                actor=builder.actors.actor(audit.get("author_id"), audit),
                source=ident,
                created_at=parse_instant(source.ticket.get("created_at")) if source else None,
                said=tuple(_said(source, builder.connection)) if source else (),
            )


def _said(source: TicketSnapshot, connection: Connection) -> Iterator[Said]:
    """What was said on a merged ticket; the words with which Zendesk closed it are nobody's."""
    for entry in TimelineBuilder(source, connection).timeline():
        if isinstance(entry, Said) and entry.actor.role is not Role.SYSTEM:
            yield entry


def _fields(builder: TimelineBuilder) -> dict[str, str]:
    """Display fields that the bridge has set, in custom fields or in the metadata of its updates."""
    kept_fields: dict[str, str] = {}
    for audit in builder.audits:
        fields = json_object(builder.actors.our_metadata(audit).get("fields"))
        kept_fields |= {name: str(value) for name, value in fields.items() if name in DEFERRABLE}
    named = {name: value or "" for name, value in builder.reader.fields(builder.present).items()}
    return {name: value for name, value in (kept_fields | named).items() if value}


def _channel(builder: TimelineBuilder) -> Channel:
    if (value := _configured_channel(builder)) in set(Channel):
        return Channel(str(value))
    via, rel = via_parts(builder.snapshot.ticket.get("via"))
    channels = vocabulary().channel
    return channels.get(f"{via}/{rel}") or channels.get(rel) or channels.get(via) or Channel.OTHER


def _configured_channel(builder: TimelineBuilder) -> str | None:
    """What the connection's own source of the channel says."""
    source = builder.connection.channel
    if source is None:
        return None
    via, _ = via_parts(builder.snapshot.ticket.get("via"))
    raw = via if source.field is None else builder.present.get(str(source.field))
    return text_of(translate(source, raw, parse_tags(builder.present["tags"])))


def _requester(snapshot: TicketSnapshot) -> Person:
    user = snapshot.users.get(id_text(snapshot.ticket.get("requester_id")), {})
    why = why_unreachable(snapshot.ticket, user, snapshot.identities)
    return person_of(user).model_copy(update={"unreachable": why})


def _name_of(names: Mapping[str, VendorRef], value: object) -> str | None:
    found = id_text(value)
    return next((name for name, number in names.items() if str(number) == found), found or None)
