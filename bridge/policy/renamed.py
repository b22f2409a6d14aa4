"""Old words of policy files, and what they are called now: one table, and where in a file it applies.

A pack that still uses an old word is not loaded; the error names the new one. Overrides of accounts, scenarios and
installations are laid over a pack before it is read, so they are told the same. Only what the database has recorded,
which nobody can edit, is translated by this table: tickets stay pinned to it for years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from bridge.policy.references import Path

KEYS: dict[str, str] = {
    "informs": "informational",
    "routes": "reactions",
    "windows": "maintenance_windows",
    "calendars.*.joins": "combines",
    "calendars.*.keeps_zone": "fixed_time_zone",
    "clauses.*.at": "heading",
    "clauses.*.says": "text",
    "clocks.*.calendars": "conditional_calendars",
    "clocks.*.late": "if_late",
    "clocks.*.otherwise": "remark_otherwise",
    "clocks.*.plans": "plan_targets",
    "clocks.*.starts": "starts_on",
    "closure.guard": "if_unconfirmed",
    "escalation.late": "if_late",
    "escalation.line_clause": "tier_clause",
    "escalation.on_request.late": "if_late",
    "escalation.on_request.next_after": "next_stage_after",
    "escalation.on_request.raise_priority": "raise_priority_by",
    "escalation.stages.*.audience": "updates_to",
    "escalation.stages.*.offer": "suggestion",
    "escalation.stages.*.update_every_once_accepted": "relaxed_update_every",
    "facts.*.asks": "label",
    "gates.*.ask": "request_message",
    "gates.*.late": "if_late",
    "gates.*.opens": "when",
    "gates.*.refused_to": "refused_assignee",
    "gates.*.settled": "stop_asking_when",
    "gates.*.watches": "ask_again_if_changed",
    "informational.*.shown": "shown_in",
    "intake.*.items.*.asks": "label",
    "maintenance_windows.*.ends": "end_fact",
    "maintenance_windows.*.starts": "start_fact",
    "onboarding.skips": "may_skip",
    "reactions.*.judged": "evaluated",
    "reactions.*.late": "if_late",
    "reactions.*.says": "reason",
    "reactions.*.sets": "set_fields",
    "reactions.*.when_resolved": "include_resolved",
    "reports.*.ended": "end_fact",
    "reports.*.maintenance_window.ends": "end_fact",
    "reports.*.maintenance_window.starts": "start_fact",
    "reports.*.started": "start_fact",
    "reports.*.window": "maintenance_window",
    "severity.chosen": "chosen_in",
    "severity.chosen_in.change_approval.ask": "request_message",
    "severity.chosen_in.held": "change_approval",
    "severity.guard": "prevent_lowering",
    "severity.rows.*.says": "reason",
    "shifts.hands_over": "hand_over_when",
    "support_period.late": "if_late",
    "support_period.renewal.late": "if_late",
    "transitions.*.allowed": "allowed_moves",
    "transitions.*.arrows": "automatic_moves",
    "waiting.*.apart": "time_between",
    "waiting.*.form": "kind",
    "waiting.*.last_template": "last_message",
    "waiting.*.late": "if_late",
    "waiting.*.notices.*.template": "message",
    "waiting.*.reply_sets": "status_after_reply",
    "waiting.*.template": "message",
    "workflows.*.stages.*.update_due": "update_due_tag",
}
"""Where an old key stood, in new words but for its last step (``*`` is any name or position), and the new key."""

_ACT = {"fire": "act"}
_ACT_OR_WAIT = {"fire": "act", "next_open": "when_open"}
_ANY_LATE = {"collapse": "latest_only", "fire": "act", "next_open": "when_open"}
VALUES: dict[str, dict[str, str]] = {
    "clocks.*.if_late": _ACT,
    "clocks.*.met_by.*": {"agent_event": "any_agent_event"},
    "clocks.*.starts_on": {"level": "level_set"},
    "closure.if_unconfirmed": {"off": "allow"},
    "escalation.if_late": _ANY_LATE,
    "escalation.on_request.if_late": _ANY_LATE,
    "facts.*.type": {"instant": "datetime", "word": "choice"},
    "gates.*.if_late": _ACT_OR_WAIT,
    "reactions.*.if_late": _ACT_OR_WAIT,
    "support_period.if_late": _ACT,
    "support_period.renewal.if_late": _ACT,
    "transitions.*.automatic_moves.*.on": {"agent_event": "any_agent_event"},
    "waiting.*.if_late": _ANY_LATE,
    "waiting.*.kind": {"contacts": "contact_attempts"},
}
"""Where an old value stood, in new words, and the new value for each old one."""

CONDITIONS = {"awaited": "awaiting_customer", "open": "calendar_open"}
"""What a condition can test."""

PLACEHOLDERS = {"because": "reason", "offer": "suggestion"}
"""What a template can fill in."""

_CONDITION_KEYS = frozenset({"applies_when", "hand_over_when", "stop_asking_when", "unless", "when"})
_NAMES_ONLY = frozenset({"clauses", "facts", "links", "roles", "templates"})
"""Sections whose first keys are names that people make up."""


class RenamedTerm(NamedTuple):
    """An old word in a file: where it stands there, whether it is a key, and what it is called now."""

    path: Path
    old: str
    new: str
    is_key: bool

    @property
    def message(self) -> str:
        return f"found {self.old!r}; it is called {self.new!r} now"


def renamed_terms(source: Mapping[str, Any]) -> Iterator[RenamedTerm]:
    """Every old word in the text of a pack, or of something laid over one, in the order of the file."""
    own = {*_mapping(source.get("facts")), *_mapping(source.get("links"))}
    return _renamed(source, (), (), own)


def in_current_terms(source: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded text with every old word replaced by the new one; all else, and the order, stays.

    An old key beside its own new one stays too, so that reading the text tells of it.
    """
    text = deepcopy(dict(source))
    for word in reversed(list(renamed_terms(source))):  # what stands inside a renamed key comes before that key
        *above, last = word.path
        place: Any = text
        for step in above:
            place = place[step]
        if word.is_key and word.new not in place:
            renamed = {word.new if key == last else key: value for key, value in place.items()}
            place.clear()
            place.update(renamed)
        elif not word.is_key:
            place[last] = place[last].replace(word.old, word.new)
    return text


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _renamed(value: Any, path: Path, place: tuple[str, ...], own: set[str]) -> Iterator[RenamedTerm]:
    """``place`` is ``path`` in new words with positions as ``*``; ``own`` are the names that the pack itself gives."""
    if isinstance(value, Mapping):
        if _is_condition(place):
            yield from _in_condition(value, path, own)
            return
        for key, inner in value.items():
            new = _KEYS.get((*_pattern(place), key))
            if new:
                yield RenamedTerm((*path, key), key, new, is_key=True)
            yield from _renamed(inner, (*path, key), (*place, new or str(key)), own)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _renamed(inner, (*path, index), (*place, "*"), own)
    elif isinstance(value, str):
        yield from _in_text(value, path, place, own)


def _is_condition(place: tuple[str, ...]) -> bool:
    return bool(place) and place[-1] in _CONDITION_KEYS and place[0] not in _NAMES_ONLY


def _in_condition(condition: Mapping[str, Any], path: Path, own: set[str]) -> Iterator[RenamedTerm]:
    for name, test in condition.items():
        if name in ("any", "all", "none") and isinstance(test, list | tuple):
            for index, inner in enumerate(test):
                yield from _in_condition(_mapping(inner), (*path, name, index), own)
        elif name in CONDITIONS and name not in own:
            yield RenamedTerm((*path, name), name, CONDITIONS[name], is_key=True)


def _in_text(text: str, path: Path, place: tuple[str, ...], own: set[str]) -> Iterator[RenamedTerm]:
    if place[:1] == ("templates",):
        for name in dict.fromkeys(re.findall(r"\{(\w+)\}", text)):
            if name in PLACEHOLDERS and name not in own:
                yield RenamedTerm(path, f"{{{name}}}", f"{{{PLACEHOLDERS[name]}}}", is_key=False)
    elif text in (words := _VALUES.get(_pattern(place), {})):
        yield RenamedTerm(path, text, words[text], is_key=False)


def _pattern(place: tuple[str, ...]) -> tuple[str, ...]:
    """A place with the names that people make up as ``*``."""
    return (place[0], "*", *place[2:]) if place[:1] and place[0] in _MAPPINGS and len(place) > 1 else place


_MAPPINGS = frozenset({"calendars", "clauses", "facts"})
_KEYS = {tuple(place.split(".")): new for place, new in KEYS.items()}
_VALUES = {tuple(place.split(".")): new for place, new in VALUES.items()}
