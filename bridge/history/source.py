"""Where histories come from: a file, or whatever else yields tickets one after the other."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.history.line import FORMAT, VERSION, Head
from bridge.history.problems import HistoryProblem


class Line(NamedTuple):
    """A ticket as a history has it."""

    where: str
    """Its place, for people: ``tickets.ndjson:17``."""
    text: str
    """As one JSON object: :class:`~bridge.history.line.HistoryLine`."""


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong with a history itself, and not with a ticket that was read from it."""

    problem: HistoryProblem
    detail: str


class HistorySource(Protocol):
    """Tickets with their histories, read once from the first to the last."""

    troubles: list[Trouble]
    """What went wrong while it was read."""

    @property
    def description(self) -> str:
        """What it is, for people."""

    @property
    def taken_at(self) -> datetime | None:
        """When it was taken; None: it is the present."""

    @property
    def fingerprint(self) -> str:
        """The same for the same tickets, so that an interrupted run can go on; empty: it cannot."""

    @property
    def count(self) -> int | None:
        """How many tickets it has, where that is known before they are read."""

    def lines(self) -> Iterator[Line]:
        """The tickets in an order that stays the same."""


@dataclass
class HistoryFile:
    """A history in a file, be it compressed by gzip. Raises ``InputError`` for another kind of file."""

    path: Path
    troubles: list[Trouble] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.head = self._read_head()

    @property
    def description(self) -> str:
        origin = f", from {self.head.source}" if self.head.source else ""
        return f"{self.path.name}{origin}{'' if self.head.texts else ', without texts'}"

    @property
    def taken_at(self) -> datetime | None:
        return self.head.taken_at

    @property
    def fingerprint(self) -> str:
        with self.path.open("rb") as file:
            return f"{self.path.stat().st_size}:{zlib.crc32(file.read(1_000_000)):08x}"

    @property
    def count(self) -> int:
        with self._open() as file:
            return max(0, sum(1 for _ in file) - 2)

    def lines(self) -> Iterator[Line]:
        read, expected = 0, None
        try:
            with self._open() as file:
                next(file)
                for number, text in enumerate(file, 2):
                    if (end := end_of(text)) is not None:
                        expected = end
                    elif text.strip():
                        read += 1
                        yield Line(f"{self.path.name}:{number}", text.strip())
        except (EOFError, zlib.error) as error:
            self.troubles.append(Trouble(HistoryProblem.CUT_OFF, f"{self.path.name}: {error}"))
        else:
            if expected != read:
                promised = "no end line" if expected is None else f"an end line that promises {expected} tickets"
                detail = f"{self.path.name}: found {read} tickets and {promised}"
                self.troubles.append(Trouble(HistoryProblem.CUT_OFF, detail))

    def _read_head(self) -> Head:
        wanted = f'begin with {{"format": "{FORMAT}", "version": {VERSION}}}; `policybridge history` makes one'
        try:
            with self._open() as file:
                first = file.readline(100_000)
            return Head.model_validate_json(first)
        except FileNotFoundError as error:
            raise InputError(f"{self.path}: no such file") from error
        except (OSError, EOFError, UnicodeDecodeError, ValidationError) as error:
            raise InputError(f"{self.path}: not a history that this program can read; it has to {wanted}") from error

    def _open(self) -> IO[str]:
        with self.path.open("rb") as file:
            is_compressed = file.read(2) == b"\x1f\x8b"
        if is_compressed:
            return gzip.open(self.path, "rt", encoding="utf-8", errors="replace")
        return self.path.open(encoding="utf-8", errors="replace")


def end_of(text: str) -> int | None:
    """How many tickets the end line promises; None for any other line."""
    if not text.startswith('{"end"'):
        return None
    try:
        return int(json.loads(text)["end"]["tickets"])
    except (ValueError, TypeError, KeyError):
        return None
