"""What the bridge did, in words for people: the actions of a plan, gathered by the clause they follow from. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bridge.decision import TAG_PREFIX, Action, Clear, Fact, Field, MessageKind, Say, Set, SystemField, Tag
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS


@dataclass(frozen=True)
class Act:
    """One action in a few words."""

    words: str
    kind: str
    """``speech`` for what somebody reads, ``shown`` for what only displays the decision, else ``set``."""
    text: str = ""
    """The message itself, as a person reads it."""


@dataclass(frozen=True)
class Deed:
    """Everything one clause made the bridge do at once, for one reason."""

    clause: str
    because: str
    acts: tuple[Act, ...]


def deeds(actions: Iterable[Action]) -> list[Deed]:
    """The actions by clause and reason, in their order; what only displays the decision comes last."""
    gathered: dict[tuple[bool, str, str], list[Act]] = {}
    for action in actions:
        act = told(action)
        reason = ("", "") if act.kind == "shown" else (action.cite.clause, action.because)
        gathered.setdefault((act.kind == "shown", *reason), []).append(act)
    return [
        Deed(clause, because, tuple(acts))
        for (_, clause, because), acts in sorted(gathered.items(), key=lambda item: item[0][0])
    ]


def told(action: Action) -> Act:
    """An action in a few words."""
    match action:
        case Say():
            return Act(_message(action), "speech", action.text)
        case Clear(target=Tag(name)):
            return Act(f"\N{MINUS SIGN}{name}", "set")
        case Clear(target=target):
            return Act(f"{_plain(target.name)} cleared", _look(target.name))
        case Set():
            return _write(action)
        case _:
            assert_never(action)


def _message(message: Say) -> str:
    match message.kind:
        case MessageKind.PUBLIC_MESSAGE:
            return "message to the customer"
        case MessageKind.INTERNAL_NOTE:
            return "internal note"
        case MessageKind.NOTIFY:
            return f"word to the {_plain(message.template)}"
        case _:
            assert_never(message.kind)


def _write(action: Set) -> Act:
    target, value = action.target, str(action.value)
    match target:
        case Tag(name):
            return Act(f"+{name}", "shown" if name == f"{TAG_PREFIX}{action.cite.pack}" else "set")
        case Field(name) | Fact(name):
            return Act(f"{_plain(name)}: {_readable(value)}", _look(name))
        case SystemField.GROUP:
            return Act(f"group: {_readable(value)}", "set")
        case SystemField.TIER:
            return Act(f"support line {value}", "set")
        case SystemField.ASSIGNEE:
            return Act(f"assignee {value}", "set")
        case SystemField.PRIORITY | SystemField.STATUS:
            return Act(f"{target} {_plain(value)}", "set")
        case _:
            assert_never(target)


def _look(field: str) -> str:
    return "shown" if field in DISPLAY_FIELDS else "set"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _readable(value: str) -> str:
    try:
        return moment(datetime.fromisoformat(value))
    except ValueError:
        return value.replace("_", " ")


def moment(at: datetime) -> str:
    """An instant to the minute, UTC: ``Mon 2 Mar 08:30``."""
    return f"{at:%a} {at.day} {at:%b %H:%M}"
