"""Find a ticket for which one condition is true and others are not, for conditions as drafts have them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mappings.native_rules import Condition

_OWN = ("type", "priority", "channel", "status", "account", "group", "brand", "form")
"""Keys of a scenario's ticket; any other name is a fact."""
_OTHERWISE = {
    "type": ("question", "incident", "problem", "task"),
    "priority": ("low", "normal", "high", "urgent"),
    "channel": ("email", "web", "phone", "chat"),
    "status": ("new", "open", "waiting_customer"),
}
"""Values to try where a condition says what something is not."""


def witness(condition: Condition, others: Sequence[Condition]) -> Mapping[str, Any] | None:
    """What such a ticket has, as a scenario writes it; None where none was found."""
    found: dict[str, Any] = {}
    if not _make_true(condition, found) or any(_holds(other, found) for other in others):
        return None
    facts = {key: value for key, value in found.items() if key not in (*_OWN, "tags")}
    own = {key: value for key, value in found.items() if key in (*_OWN, "tags")}
    return {**own, **({"facts": facts} if facts else {})} if _holds(condition, found) else None


def _make_true(condition: Condition, found: dict[str, Any]) -> bool:
    for key, wanted in condition.items():
        if key == "all":
            if not all(_make_true(part, found) for part in wanted):
                return False
        elif key == "any":
            if not _make_true(wanted[0], found):
                return False
        elif key == "tags":
            found.setdefault("tags", []).extend(wanted.get("any", ())[:1])
        elif key != "none" and not _set(key, wanted, found):
            return False
    return True


def _set(key: str, wanted: Any, found: dict[str, Any]) -> bool:
    if isinstance(wanted, Mapping):
        value = next((each for each in _OTHERWISE.get(key, ()) if each != wanted["not"]), None)
        return value is None or found.setdefault(key, value) == value
    value = wanted[0] if isinstance(wanted, list) else wanted
    return bool(found.setdefault(key, value) == value)


def _holds(condition: Condition, ticket: Mapping[str, Any]) -> bool:
    return all(_is_true(key, wanted, ticket) for key, wanted in condition.items())


def _is_true(key: str, wanted: Any, ticket: Mapping[str, Any]) -> bool:
    if key == "all":
        return all(_holds(part, ticket) for part in wanted)
    if key in ("any", "none"):
        return any(_holds(part, ticket) for part in wanted) == (key == "any")
    if key == "tags":
        has = set(ticket.get("tags", ()))
        return bool(has & set(wanted["any"])) if "any" in wanted else not has & set(wanted["none"])
    value = ticket.get(key)
    if isinstance(wanted, Mapping):
        return bool(value != wanted["not"])
    return value in wanted if isinstance(wanted, list) else bool(value == wanted)
