"""The records in a file of a Zendesk export, one after the other, each with its kind."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from bridge.helpdesks.exports import UnreadableExport
from mappings.coercion import json_objects

KINDS = ("tickets", "audits", "ticket_events", "users", "organizations", "ticket_metric_events")
"""Names of the lists in answers of the API."""
_SINGLE = {"ticket": "tickets", "audit": "audits", "user": "users", "organization": "organizations"}
_TELLING: tuple[tuple[str, frozenset[str]], ...] = (
    ("ticket_events", frozenset({"ticket_id", "child_events"})),
    ("audits", frozenset({"ticket_id", "events"})),
    ("ticket_metric_events", frozenset({"ticket_id", "metric", "instance_id"})),
    ("tickets", frozenset({"id", "requester_id", "status"})),
    ("organizations", frozenset({"id", "domain_names"})),
    ("users", frozenset({"id", "role"})),
)
"""Kind -> the keys by which a record that stands alone is known."""


@dataclass(frozen=True)
class Record:
    """One record of an export."""

    kind: str
    ticket: int
    """Number of its ticket; 0: it is about none."""
    id: str
    at: str
    """When it was changed or happened, as Zendesk writes it."""
    body: Mapping[str, Any]


def records_of(path: Path) -> Iterator[Record | UnreadableExport]:
    """What a file holds; what cannot be read is named by its place."""
    try:
        with _opened(path) as file:
            yield from _in_lines(path, file)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        yield UnreadableExport(path.name, " ".join(str(error).split()), "cut_off")


def _in_lines(path: Path, file: IO[str]) -> Iterator[Record | UnreadableExport]:
    """A record or a page a line; a file that is neither is read as a whole."""
    first = file.readline()
    document = _parsed(first)
    if document is None:
        document = _parsed(first + file.read())
        if document is None:
            yield UnreadableExport(
                path.name, "found no JSON that ends; the file is cut off or of another kind", "cut_off"
            )
            return
        yield from _records(f"{path.name}", document)
        return
    yield from _records(f"{path.name}:1", document)
    for number, line in enumerate(file, 2):
        if not line.strip():
            continue
        document = _parsed(line)
        if document is None:
            kind: Literal["unreadable", "cut_off"] = "unreadable" if line.endswith("\n") else "cut_off"
            yield UnreadableExport(f"{path.name}:{number}", "found a line that is not complete JSON", kind)
        else:
            yield from _records(f"{path.name}:{number}", document)


def _records(where: str, document: Any) -> Iterator[Record | UnreadableExport]:
    if isinstance(document, list):
        for each in document:
            yield from _records(where, each)
        return
    lists = [(kind, document[kind]) for kind in KINDS if isinstance(document.get(kind), list)]
    lists += [(kind, [document[name]]) for name, kind in _SINGLE.items() if isinstance(document.get(name), dict)]
    if not lists and (kind := _kind_of(document)):
        lists = [(kind, [document])]
    if not lists:
        yield UnreadableExport(where, f"found a record of an unknown kind with {', '.join(sorted(document)[:5])}")
    for kind, found in lists:
        for body in json_objects(found):
            yield _record(where, kind, body)


def _record(where: str, kind: str, body: Mapping[str, Any]) -> Record | UnreadableExport:
    number = body.get("id") if kind == "tickets" else body.get("ticket_id", 0)
    if not str(number).isdecimal():
        return UnreadableExport(where, f"found {kind} of the ticket {number!r}; allowed: a number")
    at = next((str(body[key]) for key in ("updated_at", "created_at", "time") if body.get(key)), "")
    return Record(kind, int(str(number)), str(body.get("id") or ""), at, body)


def _kind_of(document: Mapping[str, Any]) -> str | None:
    return next((kind for kind, keys in _TELLING if keys <= document.keys()), None)


def _parsed(text: str) -> Any:
    """A JSON object or list; None for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as file:
        is_compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if is_compressed else path.open(encoding="utf-8")
