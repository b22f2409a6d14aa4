"""Builds a canonical ticket with its whole timeline from an Odoo ticket's fields, messages and tracked changes. Pure.

The opposite direction is :mod:`mappings.odoo.update`; accounts are in :mod:`mappings.odoo.account`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr

from bridge.decision import Fact, Field, SystemField, Tag, Target
from bridge.decision.effects import PRESENT
from bridge.decision.targets import parse_target
from bridge.ticket import Actor, Channel, Ending, FactValue, Person, Role, Ticket, TicketRef, fact_field, own_field
from mappings.coercion import enum_value, gone_field, text_of, unusable_channel
from mappings.connection import Connection
from mappings.event_marks import marked_by
from mappings.field_sources import ValueSource
from mappings.harmless_text import isolated
from mappings.history_diff import BridgeWrite, LastChange, with_observed_changes
from mappings.odoo import write_log
from mappings.odoo.account import key_of_partner
from mappings.odoo.activities import left_activities
from mappings.odoo.delivery import why_unreachable
from mappings.odoo.snapshot import TicketSnapshot
from mappings.odoo.state import named
from mappings.odoo.timeline import TimelineBuilder
from mappings.odoo.vocabulary import LOG_FIELD, html_to_text, language_tag, many2one_id, vocabulary
from mappings.odoo.write_log import LogEntry


def to_ticket(ref: TicketRef, snapshot: TicketSnapshot, connection: Connection, before: Ticket | None = None) -> Ticket:
    """The canonical ticket. ``before``: the ticket as it was last seen, for fields of which Odoo keeps no history.

    ``connection`` must have its names resolved to ids. ``false``, unknown ids and missing people are tolerated.
    """
    builder = TimelineBuilder(snapshot, connection)
    who = builder.actors.user(snapshot.ticket.get("write_uid"))
    # a change that our own log does not explain is not ours, even if we wrote last
    actor = Actor(role=Role.SYSTEM) if who.role is Role.BRIDGE else who
    schema, shown = snapshot.catalog.schema, before.fields if before else {}
    recorded = _with_kept_facts(_recorded_ticket(ref, builder), before, schema.missing_facts(connection))
    recorded = _with_kept_sources(recorded, before, schema.missing_sources(connection))
    return with_observed_changes(
        recorded,
        before,
        LastChange(builder.changed_at, actor, _since(snapshot)),
        bridge=builder.actors.me,
        ours=_our_writes(builder),
        marked=sorted(builder.reader.marks(snapshot.ticket)),
        gone={own_field(name) for name in shown if Field(name) not in schema.known_fields(connection)},
    )


def _with_kept_facts(ticket: Ticket, before: Ticket | None, missing: Mapping[str, str]) -> Ticket:
    """The ticket with the last known values of facts whose field is gone."""
    last = {name: before.facts.get(name) if before else None for name in missing}
    unusable = {fact_field(name): gone_field(f"facts.{name}", why, last[name]) for name, why in missing.items()}
    return ticket.model_copy(update={"facts": ticket.facts | last, "unusable": ticket.unusable | unusable})


def _with_kept_sources(ticket: Ticket, before: Ticket | None, missing: Mapping[str, str]) -> Ticket:
    """The ticket with the last known type and channel, where their field is gone."""
    last: dict[str, FactValue] = {name: getattr(before, name) for name in missing} if before else {}
    texts = {name: value and str(value) for name, value in last.items()}
    unusable = {name: gone_field(name, why, texts.get(name)) for name, why in missing.items()}
    kept = {name: None for name in missing if name == "type"} | last
    return ticket.model_copy(update={**kept, "unusable": ticket.unusable | unusable})


def _recorded_ticket(ref: TicketRef, builder: TimelineBuilder) -> Ticket:
    """The ticket as Odoo records it, without what can only be observed."""
    snapshot, connection, reader = builder.snapshot, builder.connection, builder.reader
    raw, catalog = snapshot.ticket, snapshot.catalog
    values = reader.canonical(raw)
    return Ticket.model_validate(
        {name: values[name] for name in ("status", "priority", "type", "assignee", "group", "tier")}
        | {
            "ref": ref,
            "number": text_of(raw.get("number") or raw.get("ticket_ref") or None) or "",
            "created_at": builder.created_at,
            "version": str(raw.get("write_date") or ""),
            "account": account_key(snapshot, connection),
            "channel": _channel(builder),
            "requester": _requester(snapshot),
            "opened_by": builder.actors.opener(builder.opening),
            "subject": isolated(text_of(raw.get("name") or None) or ""),
            "description": isolated(html_to_text(raw.get("description"))),
            "status_label": catalog.text("stage_id", raw.get("stage_id")) or "",
            "team": catalog.team_name(many2one_id(raw.get("team_id"))),
            "brand": named(connection.brands, many2one_id(raw.get("company_id")))
            or catalog.text("company_id", raw.get("company_id")),
            "form": named(connection.forms, many2one_id(raw.get("category_id")))
            or catalog.text("category_id", raw.get("category_id")),
            "tags": reader.tags(raw),
            "facts": reader.facts(raw),
            "fields": _fields(builder),
            "unusable": unusable_channel(connection.channel, _channel_name(builder)) | _unknown_stage(builder),
            "timeline": tuple(builder.timeline()),
            "ending": _ending(snapshot) if raw.get("active") is False else None,
            "activities": left_activities(snapshot),
            "marked_by": marked_by((entry.review, entry.at) for entry in write_log.read(raw.get(LOG_FIELD))),
        }
    )


def _ending(snapshot: TicketSnapshot) -> Ending:
    """How an archived ticket ended."""
    if snapshot.merged_into:
        return Ending(kind="merged", into=str(snapshot.merged_into))
    return Ending(kind="archived")


def account_key(snapshot: TicketSnapshot, connection: Connection) -> str | None:
    """The key of the customer's account, which is the contact's company; None without a contact."""
    ident = company_of(snapshot)
    return key_of_partner(snapshot.partners.get(ident, {"id": ident}), connection) if ident else None


def company_of(snapshot: TicketSnapshot) -> int:
    """The commercial partner of the contact, which may be the contact itself; 0 without a contact."""
    contact = snapshot.partners.get(many2one_id(snapshot.ticket.get("partner_id")), {})
    company = many2one_id(contact.get("commercial_partner_id")) or many2one_id(
        snapshot.ticket.get("commercial_partner_id")
    )
    return company or many2one_id(snapshot.ticket.get("partner_id"))


def _unknown_stage(builder: TimelineBuilder) -> dict[str, str]:
    """Why the stage means no status, where stages that the connection names are missing."""
    catalog, stage = builder.snapshot.catalog, many2one_id(builder.snapshot.ticket.get("stage_id"))
    if not stage or catalog.status(stage, builder.connection) is not None:
        return {}
    missing = [line for where, line in catalog.missing.items() if where.startswith("statuses.")]
    name = catalog.text("stage_id", stage)
    return {"status": f"the stage {name!r} means no status: {'; '.join(missing)}"} if missing else {}


def _fields(builder: TimelineBuilder) -> dict[str, str]:
    """Display fields that the bridge has set, in fields of their own or in its log on the ticket."""
    kept_fields = write_log.fields_in_log(write_log.read(builder.snapshot.ticket.get(LOG_FIELD)))
    named = {name: value or "" for name, value in builder.reader.fields(builder.snapshot.ticket).items()}
    return {name: value for name, value in (kept_fields | named).items() if value}


def _since(snapshot: TicketSnapshot) -> dict[str, datetime]:
    return {"status": snapshot.stage_since} if snapshot.stage_since else {}


def _our_writes(builder: TimelineBuilder) -> list[BridgeWrite]:
    log = write_log.read(builder.snapshot.ticket.get(LOG_FIELD))
    return [_our_write(entry, builder) for entry in log]


def _our_write(entry: LogEntry, builder: TimelineBuilder) -> BridgeWrite:
    """A log entry by timeline field: a team is both group and tier."""
    connection, reader = builder.connection, builder.reader
    found: dict[str, FactValue] = {own_field(name): value for name, value in entry.kept_fields.items()}
    tags: dict[str, bool] = {}
    for name, value in entry.values.items():
        match _target(name):
            case Tag(tag):
                tags[tag] = value == PRESENT
            case Field(field):
                found[own_field(field)] = value
            case Fact(fact):
                found[fact_field(fact)] = value
            case SystemField() as field:
                found[field.value] = value
            case _:
                pass  # a message that was announced
    team: object = None
    if "tier" in found:
        team = next(iter(connection.tiers.get(int(str(found["tier"])), [])), None)
    elif "group" in found:
        team = connection.groups.get(str(found["group"]))
    if team:
        found |= {"group": reader.group(many2one_id(team)), "tier": reader.tier(many2one_id(team))}
    return BridgeWrite(entry.at, entry.keys, found, tags)


def _target(name: str) -> Target | None:
    """The target that the log names; None for anything else."""
    try:
        return parse_target(name)
    except ValueError:
        return None


def _channel(builder: TimelineBuilder) -> Channel:
    raw, value = builder.snapshot.ticket, _channel_name(builder)
    found = Channel(value) if value in set(Channel) else vocabulary().channel.get(value)
    if found:
        return found
    if builder.opening is not None:
        return Channel.EMAIL
    by_customer = builder.actors.user(raw.get("create_uid")).role is Role.CUSTOMER
    return Channel.WEB if by_customer and not value else Channel.OTHER


def _channel_name(builder: TimelineBuilder) -> str:
    source = builder.connection.channel or ValueSource()
    return enum_value(builder.reader.value_of(source, builder.snapshot.ticket, usual="channel_id"))


def _requester(snapshot: TicketSnapshot) -> Person:
    """The ticket's contact, or else the name and address on the ticket."""
    contact = many2one_id(snapshot.ticket.get("partner_id"))
    ticket, partner = snapshot.ticket, snapshot.partners.get(contact, {})
    name, email = parseaddr(str(partner.get("email") or ticket.get("partner_email") or ""))
    users = [user for user in snapshot.users.values() if contact and many2one_id(user.get("partner_id")) == contact]
    return Person(
        email=email.lower(),
        name=isolated(text_of(partner.get("name") or ticket.get("partner_name") or name) or ""),
        locale=language_tag(partner.get("lang") or ""),
        unreachable=why_unreachable(ticket, partner, users),
    )
