"""Times since when packs are in force, as an admin gives them: which of them cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from bridge.yamlio.problems import KeyPath, expected
from mappings.connection import Connection


def in_force_problems(
    connections: Mapping[str, Connection], packs: Collection[str], now: datetime
) -> Iterator[tuple[KeyPath, str]]:
    """Where a time cannot be used, and what is wrong with it in one line."""
    for name, connection in connections.items():
        given = connection.in_force_since
        each = given if isinstance(given, dict) else {"": given} if given else {}
        for pack, since in each.items():
            path = ("connections", name, "in_force_since", *([pack] if pack else []))
            if pack and pack not in packs:
                yield path, f"found pack {expected(pack, packs).removeprefix('found ')}"
            elif since > now:
                found = f"found {stamp(since)}, which is in the future"
                yield path, f"{found}; allowed: a time that has passed; without the key, when it first left shadow mode"


def stamp(at: datetime) -> str:
    """A time for people; seconds only where there are some."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at.second else f"{at:%Y-%m-%d %H:%M} UTC"
