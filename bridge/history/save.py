"""Saves a history to a file. An interrupted one goes on where it was."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.history.line import Head, HistoryLine, end_line, head_line
from bridge.history.source import HistorySource, Line, end_of
from bridge.ticket import TicketRef


def saved_refs(path: Path) -> frozenset[TicketRef]:
    """The tickets that an interrupted run has left in a file. Raises ``InputError`` for any other file."""
    if not path.exists():
        return frozenset()
    try:
        with path.open(encoding="utf-8") as file:
            Head.model_validate_json(file.readline())
            lines = [text for text in file if text.endswith("\n")]
            refs = frozenset(_ref(text) for text in lines if end_of(text) is None)
    except (OSError, UnicodeDecodeError, ValueError, ValidationError, KeyError, TypeError) as error:
        raise InputError(f"{path}: exists and is not a history; name another file") from error
    if any(end_of(text) is not None for text in lines):
        raise InputError(f"{path}: exists and is complete; name another file")
    return refs


def is_complete(path: Path) -> bool:
    """Whether a file is a history with its last line."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        file.seek(max(0, end_of_last_line(file) - 65_536))
        last = file.read().splitlines()[-1:]
    return bool(last) and end_of(last[0].decode("utf-8", "replace")) is not None


def save(source: HistorySource, path: Path, known: int, *, texts: bool) -> Iterator[Line]:
    """Write each ticket of a source to a file, and yield it; ``known``: how many of them the file holds already."""
    with _opened(path, source, texts=texts) as file:
        for line in source.lines():
            text = line.text if texts else HistoryLine.model_validate_json(line.text).without_texts().as_line()
            file.write(f"{text}\n")
            known += 1
            yield line
        problems = Counter(str(trouble.problem) for trouble in source.troubles)
        file.write(f"{end_line(known, problems)}\n")


def _opened(path: Path, source: HistorySource, *, texts: bool) -> IO[str]:
    """The file, at the end of its last whole line."""
    if not path.exists():
        file = path.open("x", encoding="utf-8", buffering=1)
        path.chmod(0o600)  # customers' words
        file.write(head_line(source.description, source.taken_at, texts=texts) + "\n")
        return file
    with path.open("rb+") as raw:
        raw.truncate(end_of_last_line(raw))
    return path.open("a", encoding="utf-8", buffering=1)


def end_of_last_line(file: IO[bytes]) -> int:
    """The size of a file without what was written after its last line break."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 65_536)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _ref(text: str) -> TicketRef:
    return TicketRef.model_validate(json.loads(text)["ticket"]["ref"])
