"""What the bridge did, in words for people: the actions of a plan, gathered by the clause they follow from. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.decision import Action
from bridge.plan import TAG_PREFIX
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
    value = str(action.value)
    plain = value.replace("_", " ")
    match action.action:
        case "public_message":
            return Act("message to the customer", "speech", action.text)
        case "internal_note":
            return Act("internal note", "speech", action.text)
        case "notify":
            return Act(f"word to the {plain}", "speech", action.text)
        case "set_field":
            return _field(value)
        case "add_tag":
            return Act(f"+{value}", "shown" if value == f"{TAG_PREFIX}{action.cite.pack}" else "set")
        case "remove_tag":
            return Act(f"\N{MINUS SIGN}{value}", "set")
        case "set_tier":
            return Act(f"support line {value}", "set")
        case "set_assignee":
            return Act(f"assignee {value}", "set")
        case "set_priority" | "set_status":
            return Act(f"{action.action.removeprefix('set_')} {plain}", "set")


def _field(assignment: str) -> Act:
    name, _, value = assignment.partition("=")
    kind = "shown" if name in DISPLAY_FIELDS else "set"
    name = name.replace("_", " ")
    return Act(f"{name}: {_readable(value)}" if value else f"{name} cleared", kind)


def _readable(value: str) -> str:
    try:
        return moment(datetime.fromisoformat(value))
    except ValueError:
        return value.replace("_", " ")


def moment(at: datetime) -> str:
    """An instant to the minute, UTC: ``Mon 2 Mar 08:30``."""
    return f"{at:%a} {at.day} {at:%b %H:%M}"
