"""The values a Zendesk ticket holds at one moment, raw, and what they mean in canonical words. Pure.

A timeline is the difference between two such states, so a status and its custom status, or a field and its tag, never
count twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ticket import FactValue, Priority, Status
from mappings.coercion import Json, objects, text_of, translated, word
from mappings.connection import Connection
from mappings.event_marks import is_set
from mappings.field_sources import VendorRef
from mappings.zendesk.vocabulary import ident, tags_of, vocabulary

State = dict[str, Any]
"""Raw values by the field names that audits use: ``status``, ``assignee_id``, and custom fields by their id as text."""

_SYSTEM_FIELDS = ("status", "custom_status_id", "priority", "type", "assignee_id", "group_id", "tags")


def present_state(ticket: Json) -> State:
    """The state a ticket's own JSON shows."""
    custom = objects(ticket.get("custom_fields")) or objects(ticket.get("fields"))
    return {name: ticket.get(name) for name in _SYSTEM_FIELDS} | {ident(f.get("id")): f.get("value") for f in custom}


def initial_state(present: State, audits: Iterable[Json]) -> State:
    """The state right after creation: walked back from the present, and as the Create events say where they do."""
    state = dict(present)
    created: State = {}
    for audit in reversed(list(audits)):
        changes = [event for event in objects(audit.get("events")) if word(event.get("type")) == "change"]
        update(state, reversed(changes), present, "previous_value")
        for event in objects(audit.get("events")):
            if word(event.get("type")) == "create":
                created[str(event.get("field_name"))] = event.get("value")
    if "status" in created:
        created.setdefault("custom_status_id", state["custom_status_id"])
    return state | created


def update(state: State, events: Iterable[Json], present: State, side: str = "value") -> None:
    """Take one side of change events into a state.

    A status whose custom status is not told has the present one, if it is the same category, else none we know.
    """
    changed = {str(event.get("field_name")): event.get(side) for event in events}
    if "status" in changed and "custom_status_id" not in changed:
        same = word(changed["status"]) == word(present["status"])
        changed["custom_status_id"] = present["custom_status_id"] if same else None
    state.update(changed)


@dataclass(frozen=True)
class StateReader:
    """How one connection reads states."""

    connection: Connection
    address: Callable[[object], str | None]
    """A user id -> e-mail address, or the id where there is none, or None for nobody."""

    def canonical(self, state: State) -> dict[str, FactValue]:
        """Every timeline field with its canonical value; tags and display fields as text."""
        values: dict[str, FactValue] = {
            "status": self.status(state),
            "priority": self.priority(state),
            "type": self.type(state),
            "assignee": self.address(state["assignee_id"]),
            "group": _named(self.connection.groups, state["group_id"]),
            "tier": self.tier(state),
            "tags": ",".join(sorted(tags_of(state["tags"]))),
        }
        values |= {f"fact:{name}": value for name, value in self.facts(state).items()}
        return values | {f"field:{name}": value for name, value in self.fields(state).items()}

    def status(self, state: State) -> Status | None:
        category = vocabulary().status.get(word(state["status"]))
        if category is Status.CLOSED:
            return category  # a closed ticket keeps the custom status it was solved with
        chosen = ident(state["custom_status_id"])
        for status, ids in self.connection.statuses.items():
            if chosen in map(str, ids):
                return status
        return category

    def priority(self, state: State) -> Priority | None:
        return vocabulary().priority.get(word(state["priority"]))

    def type(self, state: State) -> str | None:
        source = self.connection.type
        if source is None:
            return word(state["type"]) or None
        raw = word(state["type"]) if source.field is None else state.get(str(source.field))
        return text_of(translated(source, raw, tags_of(state["tags"])))

    def tier(self, state: State) -> int | None:
        group = ident(state["group_id"])
        return next((tier for tier, groups in self.connection.tiers.items() if group in map(str, groups)), None)

    def facts(self, state: State) -> dict[str, FactValue]:
        tags = tags_of(state["tags"])
        return {
            name: translated(source, state.get(str(source.field)), tags)
            for name, source in self.connection.facts.items()
        }

    def fields(self, state: State) -> dict[str, str | None]:
        """The fields the bridge writes, as they stand, dropdown options translated back."""
        values: dict[str, str | None] = {}
        for name, target in self.connection.fields.items():
            back = {option: canonical for canonical, option in target.values.items()}
            text = text_of(state.get(str(target.field)))
            values[name] = back.get(text, text) if text is not None else None
        return values

    def marks(self, state: State) -> frozenset[str]:
        """Names of the marks that are set: ``escalation``, ``approve:<gate>`` ..."""
        tags = tags_of(state["tags"])
        named = self.connection.marks.named()
        return frozenset(name for name, mark in named.items() if is_set(mark, state.get(str(mark.field)), tags))


def _named(names: Mapping[str, VendorRef], value: object) -> str | None:
    found = ident(value)
    return next((name for name, number in names.items() if str(number) == found), found or None)
