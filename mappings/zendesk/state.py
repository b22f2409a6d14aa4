"""The raw values of a Zendesk ticket at one moment, and their canonical meaning. Pure.

Timeline entries are the differences between two such states, so a status and its custom status, or a dropdown and its
tag, never count as two changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.decision.display import value_shown
from bridge.ticket import FactValue, Priority, Status, fact_field, own_field
from mappings.coercion import Json, enum_value, json_objects, text_of, translate
from mappings.connection import Connection
from mappings.event_marks import is_set
from mappings.field_sources import VendorRef
from mappings.zendesk.vocabulary import id_text, parse_tags, vocabulary

State = dict[str, Any]
"""Raw values by the field names of audits: ``status``, ``assignee_id`` ..., custom fields by their id as text."""

_SYSTEM_FIELDS = ("status", "custom_status_id", "priority", "type", "assignee_id", "group_id", "tags")


def present_state(ticket: Json) -> State:
    """The current state, from the JSON of the ticket."""
    custom = json_objects(ticket.get("custom_fields")) or json_objects(ticket.get("fields"))
    return {name: ticket.get(name) for name in _SYSTEM_FIELDS} | {id_text(f.get("id")): f.get("value") for f in custom}


def initial_state(present: State, audits: Iterable[Json]) -> State:
    """The state right after creation: the current one with all changes undone, and what the Create events say.

    https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-audit-events-reference
    """
    state = dict(present)
    created: State = {}
    for audit in reversed(list(audits)):
        changes = [event for event in json_objects(audit.get("events")) if enum_value(event.get("type")) == "change"]
        apply_changes(state, reversed(changes), present, "previous_value")
        for event in json_objects(audit.get("events")):
            if enum_value(event.get("type")) == "create":
                created[str(event.get("field_name"))] = event.get("value")
    if "status" in created:
        created.setdefault("custom_status_id", state["custom_status_id"])
    return state | created


def last_values(names: Iterable[str], audits: Sequence[Json]) -> State:
    """The last value of each of these fields by the audits, which keep what a field held that was deleted since."""
    state: State = dict.fromkeys(names)
    for event in (event for audit in audits for event in json_objects(audit.get("events"))):
        if enum_value(event.get("type")) in ("create", "change") and (name := str(event.get("field_name"))) in state:
            state[name] = event.get("value")
    return state


def apply_changes(state: State, events: Iterable[Json], present: State, side: str = "value") -> None:
    """Apply one side (``value`` or ``previous_value``) of change events to a state.

    For a status without a custom status, the current custom status is assumed if it is of the same category.
    https://developer.zendesk.com/api-reference/ticketing/tickets/custom_ticket_statuses/
    """
    changed = {str(event.get("field_name")): event.get(side) for event in events}
    if "status" in changed and "custom_status_id" not in changed:
        same = enum_value(changed["status"]) == enum_value(present["status"])
        changed["custom_status_id"] = present["custom_status_id"] if same else None
    state.update(changed)


@dataclass(frozen=True)
class StateReader:
    """Reads states by the settings of one connection."""

    connection: Connection
    address: Callable[[object], str | None]
    """User id -> e-mail address, or the id if there is none, or None for nobody."""

    def canonical(self, state: State) -> dict[str, FactValue]:
        """The canonical value of every timeline field; tags and display fields as text."""
        values: dict[str, FactValue] = {
            "status": self.status(state),
            "priority": self.priority(state),
            "type": self.type(state),
            "assignee": self.address(state["assignee_id"]),
            "group": _named(self.connection.groups, state["group_id"]) or id_text(state["group_id"]) or None,
            "tier": self.tier(state),
            "tags": ",".join(sorted(parse_tags(state["tags"]))),
        }
        values |= {fact_field(name): value for name, value in self.facts(state).items()}
        return values | {own_field(name): value for name, value in self.fields(state).items()}

    def status(self, state: State) -> Status | None:
        category = vocabulary().status.get(enum_value(state["status"]))
        if category is Status.CLOSED:
            return category  # a closed ticket keeps the custom status it was solved with
        chosen = id_text(state["custom_status_id"])
        for status, ids in self.connection.statuses.items():
            if chosen in map(str, ids):
                return status
        return category

    def priority(self, state: State) -> Priority | None:
        return vocabulary().priority.get(enum_value(state["priority"]))

    def type(self, state: State) -> str | None:
        source = self.connection.type
        if source is None:
            return enum_value(state["type"]) or None
        raw = enum_value(state["type"]) if source.field is None else state.get(str(source.field))
        return text_of(translate(source, raw, parse_tags(state["tags"])))

    def tier(self, state: State) -> int | None:
        group = id_text(state["group_id"])
        return next((tier for tier, groups in self.connection.tiers.items() if group in map(str, groups)), None)

    def facts(self, state: State) -> dict[str, FactValue]:
        tags = parse_tags(state["tags"])
        return {
            name: translate(source, state.get(str(source.field)), tags)
            for name, source in self.connection.facts.items()
        }

    def fields(self, state: State) -> dict[str, str | None]:
        """The current values of the fields that the bridge writes, with dropdown options translated back."""
        values: dict[str, str | None] = {}
        for name, target in self.connection.fields.items():
            back = {option: canonical for canonical, option in target.values.items()}
            text = text_of(state.get(str(target.field)))
            values[name] = back.get(text, value_shown(name, text)) if text is not None else None
        return values

    def marks(self, state: State) -> frozenset[str]:
        """Names of the marks that are set: ``escalation``, ``approve:<gate>`` ..."""
        tags = parse_tags(state["tags"])
        named = self.connection.marks.named()
        return frozenset(name for name, mark in named.items() if is_set(mark, state.get(str(mark.field)), tags))


def _named(names: Mapping[str, VendorRef], value: object) -> str | None:
    found = id_text(value)
    return next((name for name, number in names.items() if str(number) == found), found or None)
