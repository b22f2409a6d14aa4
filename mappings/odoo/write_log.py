"""Our own record on an Odoo ticket: what the bridge wrote last, for Odoo keeps no proof of it. Pure.

It is to Odoo what the metadata of a change is to Zendesk: written in the same ``write`` as the changes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.ticket import FactValue
from mappings.coercion import instant, mapping

KEPT = 8
"""So many writes are kept; older ones have long been recorded by the bridge itself."""


@dataclass(frozen=True)
class LogEntry:
    """One write of ours."""

    at: datetime
    review: str
    keys: tuple[str, ...]
    """Keys of all its actions."""
    values: dict[str, FactValue] = field(default_factory=dict)
    """What was set, as :func:`bridge.decision.records.ledger_fields` writes it: ``priority``, ``tag:policy_x``,
    ``field:severity`` ...; of a tag ``present`` or nothing."""
    held: dict[str, str] = field(default_factory=dict)
    """Fields that have no place of their own on the ticket; empty text takes one back."""


def read(raw: object) -> list[LogEntry]:
    """The writes in the log, oldest first; what is no entry of ours is left out."""
    try:
        found = json.loads(raw) if isinstance(raw, str) else []
    except ValueError:
        return []
    entries = [_entry(mapping(item)) for item in found] if isinstance(found, list) else []
    return [entry for entry in entries if entry]


def appended(raw: object, written: LogEntry) -> str:
    """The log's new text with one more write; what is held by older ones is carried along."""
    kept = read(raw)
    held = held_in(kept) | written.held
    latest = LogEntry(written.at, written.review, written.keys, written.values, held)
    return json.dumps([_plain(entry) for entry in [*kept, latest][-KEPT:]], separators=(",", ":"), ensure_ascii=False)


def held_in(log: Sequence[LogEntry]) -> dict[str, str]:
    """The fields that the log holds, by canonical name; empty text: taken back."""
    held: dict[str, str] = {}
    for entry in log:
        held |= entry.held
    return held


def _entry(item: object) -> LogEntry | None:
    found = mapping(item)
    at, keys = instant(found.get("at")), found.get("keys")
    if at is None or not isinstance(keys, list):
        return None
    said = mapping(found.get("set")).items()
    values: dict[str, FactValue] = {str(name): value for name, value in said if isinstance(value, str | int)}
    held = {str(name): str(value or "") for name, value in mapping(found.get("held")).items()}
    return LogEntry(at, str(found.get("review") or ""), tuple(map(str, keys)), values, held)


def _plain(entry: LogEntry) -> dict[str, object]:
    return {
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "review": entry.review,
        "keys": list(entry.keys),
        "set": entry.values,
        "held": entry.held,
    }
