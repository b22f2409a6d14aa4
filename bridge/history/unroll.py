"""The history of a ticket taken apart: the ticket at its creation, and what people did to it afterwards.

What the bridge itself did is left out, so that it is decided again. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from bridge.decision.targets import TAG_PREFIX
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.playback import Happening
from bridge.ticket import FACT_FIELD, OWN_FIELD, Changed, FactValue, Role, Ticket, TimelineEntry, fact_field
from mappings.event_marks import EVIDENCE

_CHANGEABLE = ("status", "priority", "type", "assignee", "group", "tier", "tags")


def at_creation(ticket: Ticket) -> Ticket:
    """The ticket as it was when it was created, without what the bridge added to it since."""
    first = {name: _first(ticket, name) for name in _CHANGEABLE}
    facts = {name: _first(ticket, fact_field(name)) for name in _fact_names(ticket)}
    changed: dict[str, Any] = {**first, "facts": facts, "tags": _tags_of_people(first["tags"])}
    present = {name: getattr(ticket, name) for name in Ticket.model_fields}
    unknown: dict[str, Any] = {
        "timeline": (),
        "fields": {},
        "version": "",
        "adopted_at": None,
        "ending": None,
        "marked_by": {},
    }
    return Ticket(**{**present, **changed, **unknown})


def as_of(ticket: Ticket, at: datetime) -> Ticket:
    """The ticket as it was at an instant, with what the bridge had done by then."""
    earlier: dict[str, Any] = {name: ticket.value_at(name, at) for name in _CHANGEABLE}
    facts = {name: ticket.value_at(fact_field(name), at) for name in _fact_names(ticket)}
    timeline = tuple(entry for entry in ticket.timeline if entry.at <= at)
    present = {name: getattr(ticket, name) for name in Ticket.model_fields}
    return Ticket(**{**present, **earlier, "tags": _tags(earlier["tags"]), "facts": facts, "timeline": timeline})


def happenings(ticket: Ticket) -> Iterator[Happening]:
    """What people, and the helpdesk's own rules, did to a ticket, in the order of its timeline."""
    for entry in ticket.timeline:
        if entry.actor.role is Role.BRIDGE or _is_ours(entry):
            continue
        if isinstance(entry, Changed) and (entry.field in _CHANGEABLE or entry.field.startswith(FACT_FIELD)):
            yield entry.at, partial(_change, entry)
        else:
            yield entry.at, partial(_record, entry)


def _is_ours(entry: TimelineEntry) -> bool:
    """Whether an entry shows only what the bridge keeps on the ticket for people."""
    return isinstance(entry, Changed) and (entry.field == EVIDENCE or entry.field.startswith(OWN_FIELD))


def _record(entry: TimelineEntry, helpdesk: InMemoryHelpdesk) -> None:
    helpdesk.record(entry)


def _change(entry: Changed, helpdesk: InMemoryHelpdesk) -> None:
    """The same change, on a ticket that may stand otherwise by now; of tags what was added and removed."""
    new = entry.new
    if entry.field == "tags":
        before, after = _tags(entry.old), _tags(entry.new)
        earlier = _tags(helpdesk.value("tags"))
        new = ",".join(sorted((earlier - (before - after)) | (after - before)))
    helpdesk.change(entry.field, new, entry.actor, observed=entry.observed)


def _fact_names(ticket: Ticket) -> list[str]:
    """The facts that a ticket has, or had."""
    changed = (entry.field for entry in ticket.timeline if isinstance(entry, Changed))
    had = (name.removeprefix(FACT_FIELD) for name in changed if name.startswith(FACT_FIELD))
    return list(dict.fromkeys((*ticket.facts, *had)))


def _first(ticket: Ticket, field: str) -> FactValue:
    changes = ticket.changes(field)
    return changes[0].old if changes else ticket.value(field)


def _tags_of_people(tags: FactValue) -> frozenset[str]:
    """Tags without those of the bridge, which no ticket has from its beginning, whatever the helpdesk remembers."""
    return frozenset(tag for tag in _tags(tags) if not tag.startswith(TAG_PREFIX))


def _tags(tags: FactValue) -> frozenset[str]:
    return frozenset(filter(None, str(tags or "").split(",")))
