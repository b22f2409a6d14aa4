"""Triggers as far as a bridge needs them: conditions, and the actions that call a webhook or change the ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq, gt, lt, ne
from typing import Any

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.comments import placeholders, rendered
from bridge.sandbox.zendesk.fields import normalized_subject
from bridge.sandbox.zendesk.rules import CATEGORIES, PRIORITIES
from bridge.sandbox.zendesk.state import State

ACTION = "notification_webhook"
MAIL = "notification_user"
"""The action that mails somebody. The mails themselves are those of the standard trigger, whatever a rule says."""
CHANGES = ("status", "priority", "type", "group_id", "assignee_id", "current_tags", "set_tags", "remove_tags")
"""Actions that change the ticket."""
_ORDERED: dict[str, tuple[str, ...]] = {"status": CATEGORIES, "priority": PRIORITIES}
_FIELDS = (
    "update_type",
    "comment_is_public",
    "current_tags",
    "role",
    "type",
    "group_id",
    "assignee_id",
    "requester_id",
)


@dataclass(frozen=True)
class TicketEvent:
    """One stored change, as conditions look at it."""

    ticket: Record
    audit: Record
    created: bool


def checked(trigger: Record) -> Record:
    """A trigger as it was sent, with its conditions in one place; raises 422 for what the sandbox cannot do."""
    conditions = trigger.get("conditions") or {}
    conditions = {kind: list(conditions.get(kind) or trigger.get(kind) or ()) for kind in ("all", "any")}
    for condition in (*conditions["all"], *conditions["any"]):
        name = str(condition.get("field"))
        if name not in (*_FIELDS, *_ORDERED, "custom_status_id") and not name.startswith("custom_fields_"):
            raise error_responses.record_invalid("conditions", f"Conditions: the sandbox does not know {name!r}")
        if condition.get("operator", "is") not in (*_COMPARE, "changed", "not_changed"):
            raise error_responses.record_invalid("conditions", f"Conditions: no operator {condition['operator']!r}")
    for action in trigger.get("actions") or ():
        if action.get("field") not in (ACTION, MAIL, *CHANGES):
            known = ", ".join((ACTION, MAIL, *CHANGES))
            raise error_responses.record_invalid("actions", f"Actions: the sandbox only knows {known}")
    if not trigger.get("title"):
        raise error_responses.record_invalid("title", "Title: cannot be blank")
    return {"title": trigger["title"], "conditions": conditions, "actions": list(trigger.get("actions") or ())}


def calls(state: State, happening: TicketEvent) -> Iterator[tuple[str, str]]:
    """The webhook calls that active triggers make, as webhook id and payload with its placeholders filled in."""
    for trigger in sorted(state.triggers.values(), key=lambda row: row["position"]):
        if not (trigger["active"] and _holds(state, trigger["conditions"], happening)):
            continue
        actor = state.users[happening.audit["author_id"]]
        values = placeholders(state, happening.ticket, actor)
        for action in (each for each in trigger["actions"] if each["field"] == ACTION):
            webhook, payload = action["value"]
            yield webhook, rendered(payload, values)


def changes(state: State, happening: TicketEvent) -> Iterator[tuple[Record, Record]]:
    """The triggers that change the ticket on an event, and what each asks for, as an update would."""
    for trigger in sorted(state.triggers.values(), key=lambda row: row["position"]):
        wanted = [each for each in trigger["actions"] if each["field"] in CHANGES]
        if wanted and trigger["active"] and _holds(state, trigger["conditions"], happening):
            yield trigger, _asked(happening.ticket, wanted)


def _asked(ticket: Record, actions: list[Record]) -> Record:
    """The attributes that actions set."""
    asked: Record = {}
    for action in actions:
        name, value = action["field"], action["value"]
        tags: list[str] = asked.get("tags") or ticket["tags"]
        words = str(value).split() if not isinstance(value, list) else [str(each) for each in value]
        match name:
            case "current_tags":
                asked["tags"] = [*tags, *(word for word in words if word not in tags)]
            case "set_tags":
                asked["tags"] = words
            case "remove_tags":
                asked["tags"] = [tag for tag in tags if tag not in words]
            case "group_id" | "assignee_id":
                asked[name] = int(value) if str(value).isdigit() else None
            case _:
                asked[name] = value
    return asked


def _holds(state: State, conditions: Mapping[str, list[Record]], happening: TicketEvent) -> bool:
    holds = [_true(state, condition, happening) for condition in conditions["all"]]
    either = [_true(state, condition, happening) for condition in conditions["any"]]
    return all(holds) and (not either or any(either))


def _true(state: State, condition: Record, happening: TicketEvent) -> bool:
    name, operator = str(condition["field"]), str(condition.get("operator", "is"))
    value = condition.get("value")
    if operator in ("changed", "not_changed"):
        return (name in _changed_fields(happening)) == (operator == "changed")
    actual = _actual(state, name, happening)
    if name == "current_tags":
        return bool(normalized_subject(value) & set(actual)) == (operator == "includes")
    compare = _COMPARE[operator]
    if name in _ORDERED and operator in ("less_than", "greater_than"):
        order = _ORDERED[name]
        return {actual, value} <= set(order) and bool(compare(order.index(actual), order.index(value)))
    if name == "role":
        return (str(value) in actual) == (operator == "is")
    return bool(compare(_plain(actual), value if isinstance(value, list) else _plain(value)))


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "is": eq,
    "is_not": ne,
    "value": eq,
    "less_than": lt,
    "greater_than": gt,
    "includes": lambda a, b: a in map(_plain, b),
    "not_includes": lambda a, b: a not in map(_plain, b),
}


def _actual(state: State, name: str, happening: TicketEvent) -> Any:
    ticket = happening.ticket
    match name:
        case "update_type":
            return "Create" if happening.created else "Change"
        case "comment_is_public":
            return any(event.get("public") for event in happening.audit["events"] if "Comment" in event["type"])
        case "current_tags":
            return ticket["tags"]
        case "role":
            author = happening.audit["author_id"]
            return ("all", str(author), "agent" if state.is_staff(author) else "end_user")
        case _ if name.startswith("custom_fields_"):
            return ticket["custom_fields"].get(int(name.removeprefix("custom_fields_")))
        case _:
            return ticket[name]


def _changed_fields(happening: TicketEvent) -> set[str]:
    events = happening.audit["events"]
    return {event["field_name"] for event in events if event["type"] in ("Create", "Change")}


def _plain(value: Any) -> str:
    return "" if value is None else str(value).lower()
