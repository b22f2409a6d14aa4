"""The written form of actions: in recorded reviews, in the ledger, in the timeline of a scenario, on a vendor's ticket.

Actions have the names of the scenario language; of ``set_field`` the value is ``name=value``, and an empty value takes
a field back. A fact is written as the field of its name, and comes back as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, assert_never, get_args

from pydantic import BeforeValidator, PlainSerializer

from bridge.decision.citation import Citation
from bridge.decision.effects import PRESENT, Action, ChannelText, Clear, MessageKind, Say, Set, Value, recorded_value
from bridge.decision.linked_text import TextLink
from bridge.decision.recipients import shown_recipients
from bridge.decision.targets import Fact, Field, SystemField, Tag, Target, parse_target, target_text

ActionName = Literal[
    "set_priority",
    "set_status",
    "add_tag",
    "remove_tag",
    "set_field",
    "set_tier",
    "set_assignee",
    "public_message",
    "internal_note",
    "notify",
]
ACTION_NAMES: tuple[ActionName, ...] = get_args(ActionName)

MESSAGE = "say"
"""What the ledger holds in the place of a target for messages, notes and notifications."""

_SETTERS: dict[SystemField, ActionName] = {
    SystemField.PRIORITY: "set_priority",
    SystemField.STATUS: "set_status",
    SystemField.TIER: "set_tier",
    SystemField.ASSIGNEE: "set_assignee",
    SystemField.GROUP: "set_field",
    SystemField.ACTIVITIES: "set_field",
}
_SET = {name: field for field, name in _SETTERS.items() if name != "set_field"}
_NAMED = {field.value: field for field, name in _SETTERS.items() if name == "set_field"}
"""System fields whose actions have the name of the field in their value."""


def action_name(action: Action) -> ActionName:
    """The name of an action."""
    match action:
        case Say():
            return action.kind.value
        case Clear():
            return "remove_tag" if isinstance(action.target, Tag) else _setter(action.target)
        case Set():
            return _setter(action.target)
        case _:
            assert_never(action)


def _setter(target: Target) -> ActionName:
    match target:
        case Tag():
            return "add_tag"
        case Field() | Fact():
            return "set_field"
        case SystemField():
            return _SETTERS[target]
        case _:
            assert_never(target)


def action_json(action: Action) -> dict[str, Any]:
    """An action as programs read it, with its clause and the text that people read."""
    return {
        "clause": action.cite.clause,
        "action": action_name(action),
        "value": action_value(action),
        "text": action.text if isinstance(action, Say) else "",
    }


def action_value(action: Action) -> int | str:
    """The value of an action: tag, status, priority, tier, address, role, template, or ``name=value``."""
    match action:
        case Say():
            return action.template
        case Clear(target=Tag(name)):
            return name
        case Clear(target=target):
            return _set_value(target, "")
        case Set(target=target, value=value):
            return _set_value(target, value)
        case _:
            assert_never(action)


def _set_value(target: Target, value: Value) -> int | str:
    match target:
        case Tag(name):
            return name
        case Field(name) | Fact(name):
            return f"{name}={value}"
        case SystemField() if target in _NAMED:
            return f"{target}={value}"
        case _:
            return value


def parse_action(
    name: ActionName,
    value: int | str,
    *,
    key: str,
    cite: Citation,
    because: str = "",
    text: str = "",
    to: tuple[str, ...] = (),
    links: tuple[TextLink, ...] = (),
    shown: str = "",
    subject: str = "",
    channels: tuple[ChannelText, ...] = (),
) -> Action:
    """The action with this name and value."""
    written = str(value)
    match name:
        case "public_message" | "internal_note" | "notify":
            kind = MessageKind(name)
            texts = {"text": text, "links": links, "subject": subject, "channels": channels}
            return Say(cite=cite, because=because, kind=kind, key=key, template=written, to=to, **texts)
        case "add_tag":
            return Set(cite=cite, because=because, target=Tag(written), key=key, to=to)
        case "remove_tag":
            return Clear(cite=cite, because=because, target=Tag(written), key=key)
        case "set_field":
            field, _, value = written.partition("=")
            target = _NAMED.get(field, Field(field))
            if not value:
                return Clear(cite=cite, because=because, target=target, key=key)
            return Set(cite=cite, because=because, target=target, value=value, key=key, to=to, shown=shown)
        case _ if written == "":
            return Clear(cite=cite, because=because, target=_SET[name], key=key)
        case _:
            return Set(cite=cite, because=because, target=_SET[name], value=value, key=key, to=to)


def ledger_fields(action: Action) -> tuple[str, int | str]:
    """Target and new value of an action as the ledger holds them."""
    match action:
        case Say():
            return MESSAGE, action.template
        case Set(target=Tag() as tag):
            return target_text(tag), PRESENT
        case Set(target=target, value=value):
            own = isinstance(target, SystemField) and target not in _NAMED
            return target_text(target), value if own else str(value)
        case Clear(target=target):
            return target_text(target), recorded_value(None)
        case _:
            assert_never(action)


def parse_ledger_fields(name: ActionName, target: str, value: int | str, *, key: str, cite: Citation) -> Action:
    """The action that the ledger holds by its name, its target and its value."""
    if target == MESSAGE:
        return parse_action(name, value, key=key, cite=cite)
    found = parse_target(target)
    if value == "":
        return Clear(target=found, key=key, cite=cite)
    return Set(target=found, value=True if isinstance(found, Tag) else value, key=key, cite=cite)


def _record(action: Action) -> dict[str, Any]:
    cited = {"cite": action.cite, "because": action.because}
    written = {"action": action_name(action), "value": action_value(action), "key": action.key}
    text = action.text if isinstance(action, Say) else ""
    to = () if isinstance(action, Clear) else shown_recipients(action.to)
    links = action.links if isinstance(action, Say) else ()
    shown = action.shown if isinstance(action, Set) else ""
    subject, channels = (action.subject, action.channels) if isinstance(action, Say) else ("", ())
    found = _present(links=links, shown=shown, subject=subject, channels=channels)
    return {**cited, **written, "text": text, "to": to} | found


def _present(**parts: object) -> dict[str, object]:
    """The parts of a record that are not empty."""
    return {name: part for name, part in parts.items() if part}


def _parsed(record: object) -> object:
    if not (isinstance(record, Mapping) and "action" in record):
        return record
    given = {**record, "name": record["action"], "cite": Citation.model_validate(record["cite"])}
    given["to"] = tuple(given.get("to", ()))
    given["links"] = tuple(map(TextLink.model_validate, given.get("links", ())))
    given["channels"] = tuple(map(ChannelText.model_validate, given.get("channels", ())))
    return parse_action(**{name: value for name, value in given.items() if name != "action"})


RecordedAction = Annotated[Action, BeforeValidator(_parsed), PlainSerializer(_record)]
"""An action that JSON holds by its name and value."""
