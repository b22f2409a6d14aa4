"""Odoo -> canonical: a ticket with its whole timeline, from its fields, messages and tracked changes. Pure.

The way back is :mod:`mappings.odoo.update`, accounts are in :mod:`mappings.odoo.account`.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from bridge.ticket import Actor, Channel, FactValue, Person, Role, Ticket, TicketRef
from mappings.coercion import Json, instant, text_of, word
from mappings.connection import Connection
from mappings.field_sources import ValueSource
from mappings.history_diff import BridgeWrite, LastChange, with_observed_changes
from mappings.odoo import write_log
from mappings.odoo.account import key_of_partner
from mappings.odoo.actors import TicketSnapshot, people_in
from mappings.odoo.state import named
from mappings.odoo.timeline import TimelineBuilder
from mappings.odoo.vocabulary import LOG_FIELD, locale, number, plain, vocabulary
from mappings.odoo.write_log import LogEntry

__all__ = ["TicketSnapshot", "account_key", "company_of", "people_in", "to_ticket"]


def to_ticket(ref: TicketRef, seen: TicketSnapshot, connection: Connection, before: Ticket | None = None) -> Ticket:
    """The canonical ticket; ``before``: the ticket as it was seen last, for what Odoo keeps no history of.

    ``connection`` is one in which ``Directory.resolve`` has put ids. ``false``, unknown ids and missing people are
    tolerated, never an error.
    """
    builder = TimelineBuilder(seen, connection)
    reading, raw, directory = builder.reading, seen.ticket, seen.directory
    values = reading.canonical(raw)
    ticket = Ticket.model_validate(
        {name: values[name] for name in ("status", "priority", "type", "assignee", "group", "tier")}
        | {
            "ref": ref,
            "number": text_of(raw.get("number") or raw.get("ticket_ref") or None) or "",
            "created_at": builder.created_at,
            "version": str(raw.get("write_date") or ""),
            "account": account_key(seen, connection),
            "channel": _channel(builder),
            "requester": _requester(seen),
            "subject": text_of(raw.get("name") or None) or "",
            "description": plain(raw.get("description")),
            "status_label": directory.text("stage_id", raw.get("stage_id")) or "",
            "team": directory.team_name(number(raw.get("team_id"))),
            "brand": named(connection.brands, number(raw.get("company_id")))
            or directory.text("company_id", raw.get("company_id")),
            "form": named(connection.forms, number(raw.get("category_id")))
            or directory.text("category_id", raw.get("category_id")),
            "tags": reading.tags(raw),
            "facts": reading.facts(raw),
            "fields": _fields(builder),
            "timeline": tuple(builder.timeline()),
        }
    )
    who = builder.actors.user(raw.get("write_uid"))
    # what our own record does not explain is no act of ours, even where we wrote last
    actor = Actor(role=Role.SYSTEM) if who.role is Role.BRIDGE else who
    return with_observed_changes(
        ticket,
        before,
        LastChange(builder.changed_at, actor, _since(raw)),
        bridge=builder.actors.me,
        ours=_ours(builder),
        marked=sorted(reading.marks(raw)),
    )


def account_key(seen: TicketSnapshot, connection: Connection) -> str | None:
    """The key under which the customer's account is known: that of the contact's company; None without a contact."""
    ident = company_of(seen)
    return key_of_partner(seen.partners.get(ident, {"id": ident}), connection) if ident else None


def company_of(seen: TicketSnapshot) -> int:
    """The commercial partner of the contact, who may be it himself; 0 without a contact."""
    contact = seen.partners.get(number(seen.ticket.get("partner_id")), {})
    company = number(contact.get("commercial_partner_id")) or number(seen.ticket.get("commercial_partner_id"))
    return company or number(seen.ticket.get("partner_id"))


def _fields(builder: TimelineBuilder) -> dict[str, str]:
    """What the bridge wrote: into fields of their own, or into its record on the ticket."""
    held = write_log.held_in(write_log.read(builder.seen.ticket.get(LOG_FIELD)))
    named = {name: value or "" for name, value in builder.reading.fields(builder.seen.ticket).items()}
    return {name: value for name, value in (held | named).items() if value}


def _since(raw: Json) -> dict[str, datetime]:
    """Both flavours say since when a ticket is in its stage."""
    found = instant(raw.get("last_stage_update") or raw.get("date_last_stage_update"))
    return {"status": found} if found else {}


def _ours(builder: TimelineBuilder) -> list[BridgeWrite]:
    log = write_log.read(builder.seen.ticket.get(LOG_FIELD))
    return [BridgeWrite(entry.at, entry.keys, _in_the_timelines_words(entry, builder)) for entry in log]


def _in_the_timelines_words(entry: LogEntry, builder: TimelineBuilder) -> dict[str, FactValue]:
    """A fact is written as a field, a team is both a group and a tier, and the log may say more than was written."""
    connection, reading = builder.connection, builder.reading
    found: dict[str, FactValue] = {f"field:{name}": value for name, value in entry.held.items()}
    for name, value in entry.values.items():
        kind, _, rest = name.partition(":")
        if kind in ("tag", "field") or name in ("status", "priority", "assignee", "group", "tier"):
            found[f"fact:{rest}" if kind == "field" and rest in connection.facts else name] = value
    team: object = None
    if "tier" in found:
        team = next(iter(connection.tiers.get(int(str(found["tier"])), [])), None)
    elif "group" in found:
        team = connection.groups.get(str(found["group"]))
    if team:
        found |= {"group": reading.group(number(team)), "tier": reading.tier(number(team))}
    return found


def _channel(builder: TimelineBuilder) -> Channel:
    raw, source = builder.seen.ticket, builder.connection.channel or ValueSource()
    said = word(builder.reading.said(source, raw, usual="channel_id"))
    found = Channel(said) if said in set(Channel) else vocabulary().channel.get(said)
    if found:
        return found
    if builder.opening is not None:
        return Channel.EMAIL
    by_customer = builder.actors.user(raw.get("create_uid")).role is Role.CUSTOMER
    return Channel.WEB if by_customer and not said else Channel.OTHER


def _requester(seen: TicketSnapshot) -> Person:
    """The ticket's contact; where it has none, the name and address that came with it."""
    ticket, partner = seen.ticket, seen.partners.get(number(seen.ticket.get("partner_id")), {})
    name, email = parseaddr(str(partner.get("email") or ticket.get("partner_email") or ""))
    return Person(
        email=email.lower(),
        name=text_of(partner.get("name") or ticket.get("partner_name") or name) or "",
        locale=locale(partner.get("lang") or ""),
    )
