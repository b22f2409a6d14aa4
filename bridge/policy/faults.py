"""Faults of a pack that its shape alone cannot show: words that name nothing, values nobody allows, feedback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bridge.policy import PLACEHOLDER, WORDS, Policy
from bridge.policy.case import PackPart
from bridge.policy.predicate import FIELDS, Predicate
from bridge.ticket import Channel, Priority, Status
from bridge.yamlfile import expected

Path = tuple[str | int, ...]
Fault = tuple[Path, str]

_TEMPLATE_KEYS = frozenset(
    {"ask", "blocked_note", "last_template", "message", "note", "raise_note", "refused_note", "template"}
)


def faults(policy: Policy) -> Iterator[Fault]:
    """Every fault with its path in the pack."""
    for path, part in _parts(policy, ()):
        if isinstance(part, Predicate):
            yield from ((path + inner, message) for inner, message in _condition(policy, part))
        elif isinstance(part, PackPart):
            yield from _words(policy, path, part)
    yield from _templates(policy)
    yield from _levels(policy)


def _parts(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Everything in a pack, depth first, with its path."""
    yield path, value
    if isinstance(value, PackPart):
        for name in type(value).model_fields:
            yield from _parts(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _parts(inner, (*path, name))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _parts(inner, (*path, index))


def _words(policy: Policy, path: Path, part: PackPart) -> Iterator[Fault]:
    """Names of clauses, calendars and templates that a part uses."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        allowed: Iterable[str] | None = None
        if name in ("clause", "raise_clause") and value is not None:
            allowed = policy.clauses
        elif name == "calendar" and isinstance(value, str):
            allowed = policy.calendars
        elif name in _TEMPLATE_KEYS and isinstance(value, str):
            allowed = policy.templates
        if allowed is not None and value not in allowed:
            yield (*path, name), expected(value, allowed)


def _condition(policy: Policy, when: Predicate) -> Iterator[Fault]:
    for path, name, test in when.names():
        if name not in FIELDS and name not in policy.facts:
            yield path, f"unknown name: {expected(name, sorted(FIELDS | set(policy.facts)))}"
            continue
        if name == "tags" and any(str(tag).startswith("policy_") for tag in _values(test)):
            yield path, "found a tag that the bridge writes; a condition cannot read what the pack writes"
        allowed = _allowed(policy, name)
        for value in _values(test) if allowed is not None else ():
            if value is not None and str(value).lower() not in {word.lower() for word in allowed or ()}:
                yield path, expected(value, allowed or ())


def _allowed(policy: Policy, name: str) -> tuple[str, ...] | None:
    """The values a name can have, or None where any is possible."""
    if name in policy.facts:
        spec = policy.facts[name]
        return ("true", "false") if spec.type == "bool" else spec.values
    listed: dict[str, Iterable[str]] = {
        "channel": [item.value for item in Channel],
        "level": policy.severity.levels,
        "open": policy.calendars,
        "phone_contact": ("true", "false"),
        "priority": [item.value for item in Priority],
        "status": [item.value for item in Status],
        "type": policy.ticket_types,
        "plan": ("standard", "premium"),
        "approved": [gate.name for gate in policy.gates],
        "tier": ("1", "2", "3"),
    }
    return tuple(listed[name]) if name in listed else None


def _values(test: Any) -> list[Any]:
    """The plain values a test compares with."""
    if isinstance(test, dict):
        return [value for kind, inner in test.items() if kind != "known" for value in _values(inner)]
    return [value for item in test for value in _values(item)] if isinstance(test, list) else [test]


def _templates(policy: Policy) -> Iterator[Fault]:
    for name, text in policy.templates.items():
        for word in PLACEHOLDER.findall(text):
            if word not in WORDS and word not in policy.links:
                yield ("templates", name), f"unknown placeholder: {expected('{' + word + '}', sorted(WORDS))}"
    needed = {"severity", "notify"} | ({"escalated"} if policy.escalation and policy.escalation.stages else set())
    if policy.closure and policy.closure.guard == "reopen":
        needed.add("reopened")
    needed |= {"out_of_office"} if any(ladder.form == "contacts" for ladder in policy.waiting) else set()
    for name in sorted(needed - set(policy.templates)):
        yield ("templates",), f"found no template {name!r}; it is needed by a rule of this pack"


def _levels(policy: Policy) -> Iterator[Fault]:
    levels = policy.severity.levels
    used: list[tuple[Path, str]] = [
        (("severity", "rows", index, "level"), row.level) for index, row in enumerate(policy.severity.rows)
    ]
    for index, clock in enumerate(policy.clocks):
        used += [(("clocks", index, "targets", level), level) for level in clock.targets]
    for index, stage in enumerate(policy.escalation.stages if policy.escalation else ()):
        used.append((("escalation", "stages", index, "level"), stage.level))
    yield from ((path, expected(level, levels)) for path, level in used if level not in levels)
