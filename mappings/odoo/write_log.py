"""The bridge's own log on an Odoo ticket: its last writes, of which Odoo itself keeps no record. Pure.

It has the role of the audit metadata in Zendesk and is written in the same ``write`` as the changes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bridge.ticket import FactValue
from mappings.coercion import json_object, parse_instant

MAX_ENTRIES = 8
"""Number of writes in the log; the store has the older ones."""


@dataclass(frozen=True)
class LogEntry:
    """One write of the bridge."""

    at: datetime
    review: str
    keys: tuple[str, ...]
    """Keys of all its actions."""
    values: dict[str, FactValue] = field(default_factory=dict)
    """What was set, as :func:`bridge.decision.records.ledger_fields` writes it: ``priority``, ``tag:policy_x``,
    ``field:severity`` ...; of a tag ``present`` or nothing."""
    kept_fields: dict[str, str] = field(default_factory=dict)
    """Values of display fields without a field of their own on the ticket; an empty text removes one."""


def read(raw: object) -> list[LogEntry]:
    """The writes in the log, oldest first; anything else in it is left out."""
    try:
        found = json.loads(raw) if isinstance(raw, str) else []
    except ValueError:
        return []
    entries = [_entry(json_object(item)) for item in found] if isinstance(found, list) else []
    return [entry for entry in entries if entry]


def appended(raw: object, entry: LogEntry) -> str:
    """The log's new text with one more write, which takes over the held fields of older ones."""
    entries = read(raw)
    entries.append(replace(entry, kept_fields=fields_in_log(entries) | entry.kept_fields))
    return json.dumps([_plain(each) for each in entries[-MAX_ENTRIES:]], separators=(",", ":"), ensure_ascii=False)


def fields_in_log(log: Sequence[LogEntry]) -> dict[str, str]:
    """The fields held in the log by canonical name; an empty text means removed."""
    kept_fields: dict[str, str] = {}
    for entry in log:
        kept_fields |= entry.kept_fields
    return kept_fields


def _entry(item: object) -> LogEntry | None:
    found = json_object(item)
    at, keys = parse_instant(found.get("at")), found.get("keys")
    if at is None or not isinstance(keys, list):
        return None
    written = json_object(found.get("set")).items()
    values: dict[str, FactValue] = {str(name): value for name, value in written if isinstance(value, str | int)}
    kept_fields = {str(name): str(value or "") for name, value in json_object(found.get("held")).items()}
    return LogEntry(at, str(found.get("review") or ""), tuple(map(str, keys)), values, kept_fields)


def _plain(entry: LogEntry) -> dict[str, object]:
    return {
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "review": entry.review,
        "keys": list(entry.keys),
        "set": entry.values,
        "held": entry.kept_fields,
    }
