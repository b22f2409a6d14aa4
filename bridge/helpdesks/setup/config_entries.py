"""The ids of what was made, in ``policybridge.yaml``, and how the file gets back to what it was."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from bridge.config.configuration_edit import Place, read_text, replace_text, write_entries
from bridge.config.configuration_edit import remove_entries as cut_entries
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.setup.journal import InstallJournal
from bridge.helpdesks.setup.listing import listed
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection
from mappings.record_digest import digest_of

ENTRIES = "entries"
"""The part of the journal with the entries that were written, by section and name."""
_NAMED = 5
"""This many entries are listed; the others are counted."""
_FILE = "file"
"""The part of the journal with the text from before the first entry, and a digest of the text after the last one."""


def ensure_entries(
    journal: InstallJournal, connection: str, path: Path, entries: Mapping[Place, Any], *, apply: bool
) -> Iterator[InstallLine]:
    """Write the entries that a connection lacks, each in its place; None: not known before its record exists.

    A program that makes its connections itself, as the demo does, has no file.
    """
    if not (entries and path.is_file()):
        return
    known = {place: value for place, value in entries.items() if value is not None}
    if apply and known:
        before, kept = read_text(path), journal.read(_FILE)
        write_entries(path, connection, known)
        for (section, name), value in known.items():
            journal.put(ENTRIES, f"{section}.{name}", value)
        unchanged = not kept or kept.get("digest") == _digest(before)
        original = kept.get("before", before) if unchanged else ""
        journal.write(_FILE, {"before": original, "digest": _digest(read_text(path))})
    names = [f"{section}.{name}" for section, name in entries]
    why = f"gets the ids of {listed(names, _NAMED)} under connections.{connection}"
    yield InstallStep("change", "file", path.name, why, digest_of({"entries": sorted(names)}))


def remove_entries(
    journal: InstallJournal, name: str, connection: Connection, path: Path, going: Collection[int], *, apply: bool
) -> Iterator[InstallLine]:
    """Give the file the text it had, or, if people have edited it since, take out the entries that are still ours.

    ``going``: ids of the records that are removed; whatever names one of them is ours, with or without the journal.
    """
    entries = _naming(connection, going) | journal.read(ENTRIES)
    if not entries:
        return
    kept, now = journal.read(_FILE), read_text(path)
    yield InstallStep("change", "file", path.name, f"loses the ids of {listed([*entries], _NAMED)}")
    if not apply:
        return
    if kept.get("before") and kept.get("digest") == _digest(now):
        replace_text(path, str(kept["before"]))
    else:
        yield from _cut(path, name, {_place(key): value for key, value in entries.items()})
    journal.write(ENTRIES, {})
    journal.write(_FILE, {})


def _cut(path: Path, connection: str, entries: Mapping[Place, Any]) -> Iterator[Diagnosis]:
    from bridge.config.configuration import read_configuration

    there = read_configuration(path).connections[connection].model_dump(mode="json")
    ours = {place: value for place, value in entries.items() if _is_still(there, place, value)}
    cut_entries(path, connection, ours)
    if other := [f"{section}.{name}" for section, name in entries.keys() - ours.keys()]:
        advice = f"{', '.join(sorted(other))} was edited since, and stays; take it out if nothing else needs it"
        yield Diagnosis(path.name, ok=True, advice=advice)


def _naming(connection: Connection, ids: Collection[int]) -> dict[str, Any]:
    """What the connection says of some records, by section and name."""
    found: dict[str, Any] = {}
    for section in ("fields", "facts"):
        for name, source in getattr(connection, section).items():
            if source.field in ids:
                found[f"{section}.{name}"] = {"field": source.field}
    return found | {place: ref for place, ref in connection.named_records() if ref in ids}


def _is_still(there: Mapping[str, Any], place: Place, value: Any) -> bool:
    """Whether the file says at a place what was written there."""
    found = there.get(place[0], {}).get(str(place[1]))
    wanted = value["field"] if isinstance(value, dict) else value
    ident = found.get("field") if isinstance(found, dict) else found
    return bool((ident[0] if isinstance(ident, list) else ident) == wanted)


def _place(key: str) -> Place:
    section, _, name = key.partition(".")
    return section, name


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
