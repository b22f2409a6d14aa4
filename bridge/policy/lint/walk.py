"""Walking a pack: every part of it with its place, and what its parts name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from pydantic import BaseModel

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.lint.registry import Path
from bridge.policy.model import Policy

TEMPLATE_KEYS = frozenset(
    {"blocked_note", "last_message", "message", "note", "raise_note", "refused_note", "request_message"}
)
ROLE_KEYS = frozenset({"notify", "refused_assignee", "refused_notify", "updates_to"})
TEXTS = frozenset({"clauses", "informational", "interpretations"})
"""Sections that are for people only: nothing in them judges a case."""


def is_part(value: object) -> TypeGuard[BaseModel]:
    """Whether this is a piece of a pack with keys of its own; a condition is looked at as a whole."""
    return isinstance(value, BaseModel) and not isinstance(value, Predicate)


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything in a pack, depth first, with its place."""
    yield path, value
    if is_part(value):
        for name, field in type(value).model_fields.items():
            yield from walk(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, (*path, name))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from walk(inner, (*path, index))


def parts(policy: Policy) -> Iterator[tuple[Path, BaseModel]]:
    """The models a pack is made of, the pack itself left out."""
    return ((path, part) for path, part in walk(policy) if path and is_part(part))


def conditions(policy: Policy) -> Iterator[tuple[Path, Predicate]]:
    """Every condition."""
    return ((path, part) for path, part in walk(policy) if isinstance(part, Predicate))


def named(policy: Policy, keys: frozenset[str]) -> Iterator[tuple[Path, str]]:
    """The words that stand under some keys, alone or in a list."""
    for path, part in parts(policy):
        for name in type(part).model_fields:
            if name in keys:
                words = walk(getattr(part, name), (*path, name))
                yield from ((place, word) for place, word in words if isinstance(word, str))


def written(policy: Policy, path: Path) -> Any:
    """The text of the pack at a place, or of the short form in which the place is written; None where nothing is."""
    text: Any = policy.source
    for step in path:
        match text:
            case dict():
                text = text.get(step)
            case list() if isinstance(step, int):
                text = text[step]
    return text


def templates(policy: Policy) -> Iterator[tuple[Path, str]]:
    """The templates that rules name."""
    return named(policy, TEMPLATE_KEYS)


def roles(policy: Policy) -> Iterator[tuple[Path, str]]:
    """The roles that rules speak to."""
    return named(policy, ROLE_KEYS)


def calendars(policy: Policy) -> Iterator[tuple[Path, str]]:
    """The calendars that rules name, conditions left out."""
    yield from named(policy, frozenset({"calendar", "combines"}))
    if policy.shifts:
        yield from ((("shifts", "regions", region), name) for region, name in policy.shifts.regions.items())


def citations(policy: Policy) -> Iterator[tuple[Path, str]]:
    """The clauses that parts of a pack name, the sections for people included."""
    for path, part in parts(policy):
        for name in type(part).model_fields:
            value = getattr(part, name)
            if (name == "clause" or name.endswith("_clause")) and isinstance(value, str):
                yield (*path, name), value


def needed(policy: Policy) -> set[str]:
    """The templates that rules use without naming them."""
    names = {"severity"} | ({"notify"} if any(True for _ in roles(policy)) else set())
    names |= {"escalated"} if policy.escalation and policy.escalation.stages else set()
    names |= {"reopened"} if policy.closure and policy.closure.if_unconfirmed == "reopen" else set()
    names |= {"out_of_office"} if any(ladder.kind == "contact_attempts" for ladder in policy.waiting) else set()
    return names


UNNAMED = {
    "escalated": "escalation.stages",
    "out_of_office": "waiting with kind: contact_attempts",
    "reopened": "closure with if_unconfirmed: reopen",
}
"""Templates that no rule can name, and the rules that use them."""
