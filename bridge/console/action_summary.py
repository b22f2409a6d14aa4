"""The actions of a plan in plain words, grouped by the clause they follow from. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from bridge.decision import TAG_PREFIX, Action, Clear, Fact, Field, MessageKind, Say, Set, SystemField, Tag
from bridge.decision.display import role_title
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS


@dataclass(frozen=True)
class ActionSummary:
    """One action in a few words."""

    label: str
    kind: str
    """``message`` for what people read, ``display`` for fields that only show the decision, else ``change``."""
    text: str = ""
    """The text of a message."""


@dataclass(frozen=True)
class ClauseActions:
    """The actions of one review that follow from one clause for one reason."""

    clause: str
    because: str
    actions: tuple[ActionSummary, ...]


def group_by_clause(actions: Iterable[Action]) -> list[ClauseActions]:
    """The actions by clause and reason, in their order; display fields come last.

    A note whose reason leaves out only the beginning of another ("critical: everybody is stopped") is listed with it.
    """
    gathered: dict[tuple[str, str], list[ActionSummary]] = {}
    display: list[ActionSummary] = []
    for action in actions:
        summary = summarize(action)
        if summary.kind == "display":
            display.append(summary)
        else:
            gathered.setdefault(_reason(action, gathered), []).append(summary)
    groups = [ClauseActions(clause, because, tuple(found)) for (clause, because), found in gathered.items()]
    return groups + ([ClauseActions("", "", tuple(display))] if display else [])


def _reason(action: Action, found: Iterable[tuple[str, str]]) -> tuple[str, str]:
    clause, because = action.cite.clause, action.because
    whole = (reason for reason in found if reason[0] == clause and reason[1].endswith(f": {because}"))
    return next(whole, (clause, because))


def summarize(action: Action) -> ActionSummary:
    """An action in a few words."""
    match action:
        case Say():
            return ActionSummary(_message(action), "message", action.text)
        case Clear(target=Tag(name)):
            return ActionSummary(f"\N{MINUS SIGN}{name}", "change")
        case Clear(target=SystemField() as field):
            return ActionSummary(f"{_plain(field)} cleared", "change")
        case Clear(target=target):
            return ActionSummary(f"{_plain(target.name)} cleared", _field_kind(target.name))
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
            return f"notified the {role_title(message.template)}"
        case _:
            assert_never(message.kind)


def _write(action: Set) -> ActionSummary:
    target, value = action.target, str(action.value)
    match target:
        case Tag(name):
            return ActionSummary(f"+{name}", "display" if name == f"{TAG_PREFIX}{action.cite.pack}" else "change")
        case Field(name) | Fact(name):
            return ActionSummary(f"{_plain(name)}: {_readable(value)}", _field_kind(name))
        case SystemField.GROUP:
            return ActionSummary(f"group: {_readable(value)}", "change")
        case SystemField.TIER:
            return ActionSummary(f"tier {value}", "change")
        case SystemField.ASSIGNEE:
            return ActionSummary(f"assignee {value}", "change")
        case SystemField.PRIORITY | SystemField.STATUS | SystemField.ACTIVITIES:
            return ActionSummary(f"{target} {_plain(value)}", "change")
        case _:
            assert_never(target)


def _field_kind(field: str) -> str:
    return "display" if field in DISPLAY_FIELDS else "change"


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
