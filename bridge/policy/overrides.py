"""Overrides: terms of a contract or an installation, laid over the text of a pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.policy.references import Path
from bridge.yamlio.problems import expected

REMOVE, REPLACE = "remove", "replace"
"""Keys of overrides that are not keys of packs."""


def merged(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Overrides laid over a pack: mappings merge key by key, lists of named things by name; all else is replaced.

    ``key: null`` removes a key, ``{name: x, remove: true}`` a named thing, and ``key: {replace: ...}`` puts a mapping
    or a list in the place of another one instead of merging them.
    """
    result = dict(base)
    for key, value in overrides.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _laid_over(result.get(key), value)
    return result


def unknown_removals(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Where overrides remove what the pack does not have, and what could be removed there."""
    for key, value in overrides.items():
        if value is not None:
            yield from (((key, *path), line) for path, line in _unknown_within(base.get(key), value))
        elif key not in base:
            yield (key,), f"nothing to remove: {expected(key, base)}"


def _unknown_within(below: Any, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(below, Mapping) and isinstance(value, Mapping) and value.keys() != {REPLACE}:
        yield from unknown_removals(below, value)
    if isinstance(below, list) and isinstance(value, list) and value and (name := _identity(below, value)):
        known = {item[name]: item for item in below}
        for place, item in enumerate(value):
            if item.get(REMOVE) is not True:
                yield from (((place, *path), line) for path, line in _unknown_within(known.get(item[name]), item))
            elif item[name] not in known:
                yield (place, name), f"nothing to remove: {expected(item[name], known)}"


def _laid_over(below: Any, value: Any) -> Any:
    if isinstance(value, Mapping) and value.keys() == {REPLACE}:
        return value[REPLACE]
    if isinstance(below, Mapping) and isinstance(value, Mapping):
        return merged(below, value)
    if isinstance(below, list) and isinstance(value, list) and value and (name := _identity(below, value)):
        known = {item[name]: item for item in below}
        removed = {item[name] for item in value if item.get(REMOVE) is True}
        laid = {item[name]: _laid_over(known.get(item[name]), item) for item in value if item[name] not in removed}
        return [item for ident, item in (known | laid).items() if ident not in removed]
    return value


def _identity(below: list[Any], value: list[Any]) -> str | None:
    """The key by which the things in two lists are told apart, or None where lists are replaced whole."""
    items = [*below, *value]
    if not all(isinstance(item, Mapping) for item in items):
        return None
    for name in ("name", "item", "clause"):
        ids = [[item.get(name) for item in part] for part in (below, value)]
        if all(None not in part and len(set(part)) == len(part) for part in ids):
            return name
    return None
