"""Backtest: every ticket of a history evaluated under policies, one result after the other. Nothing is written anywhere
but into the file of results, from which an interrupted run goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from bridge.errors import InputError
from bridge.history.line import HistoryLine
from bridge.history.past_ticket import NativeClocks, PastEvaluator, Period
from bridge.history.problems import HistoryProblem
from bridge.history.result import TicketResult
from bridge.history.save import end_of_last_line
from bridge.history.source import HistorySource, Line
from bridge.history.workers import MakeWork, Work, worked
from bridge.policy.model import Policy

Notice = Callable[[int], object]
"""Told of each ticket that is done, by its number."""


@dataclass(frozen=True)
class Backtest:
    """A backtest of a history under policies."""

    source: HistorySource
    policies: Sequence[Policy]
    period: Period
    processes: int = 0
    """0: one for each processor."""
    native_clocks: NativeClocks = field(default_factory=dict)

    def run(self, results: Path | None = None) -> Iterator[TicketResult]:
        """The results in the order of the history; those that ``results`` holds from an interrupted run come first.

        Raises ``InputError`` when that file holds results of something else.
        """
        sources = [policy.source for policy in self.policies]
        make = partial(evaluate_lines, sources, self.period, self.native_clocks)
        texts = run_resumable(self.source, make, self.fingerprint, results, self.processes)
        seen: set[str] = set()
        for text in texts:
            result = TicketResult.model_validate_json(text)
            if result.ticket in seen:
                result = TicketResult(
                    ticket=result.ticket, created_at=result.created_at, problems=(HistoryProblem.REPEATED,)
                )
            seen.add(result.ticket)
            yield result

    @property
    def fingerprint(self) -> str:
        """The same for the same results."""
        packs = [policy.digest for policy in self.policies]
        identity: list[object] = [
            self.source.fingerprint,
            packs,
            str(self.period.start),
            str(self.period.end),
            program(),
        ]
        if self.native_clocks:
            identity.append(self.native_clocks)
        return sha256(json.dumps(identity).encode()).hexdigest()[:16]


def evaluate_lines(
    sources: Sequence[dict[str, Any]], period: Period, native_clocks: NativeClocks | None = None
) -> Work:
    """The work of one process: the policies are built once."""
    evaluator = PastEvaluator([Policy.of(source) for source in sources], period, native_clocks or {})

    def work(line: Line) -> str:
        ticket = read_line(line, period)
        result = ticket if isinstance(ticket, TicketResult) else evaluator.evaluate(ticket)
        return result.model_dump_json(exclude_defaults=True)

    return work


def read_line(line: Line, period: Period) -> HistoryLine | TicketResult:
    """The ticket of a line; where it cannot be read, the result that says so."""
    try:
        return HistoryLine.model_validate_json(line.text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        detail = f"{place}: {first['msg']}" if place else first["msg"]
        return TicketResult(
            ticket=line.where, created_at=period.start, problems=(HistoryProblem.UNREADABLE,), detail=detail
        )


def run_resumable(
    source: HistorySource, make: MakeWork, fingerprint: str, results: Path | None, processes: int
) -> Iterator[str]:
    """Lines of results: of an interrupted run those that it has left, then those of the tickets that remain."""
    processes = processes or os.cpu_count() or 1
    if results is None:
        yield from worked(source.lines(), make, processes)
        return
    with _resumed(results, fingerprint, is_resumable=bool(source.fingerprint)) as file:
        done = 0
        for text in file:
            done += 1
            yield text.rstrip("\n")
        file.seek(0, os.SEEK_END)
        for text in worked(islice(source.lines(), done, None), make, processes):
            file.write(f"{text}\n")
            yield text


def _resumed(path: Path, fingerprint: str, *, is_resumable: bool) -> IO[str]:
    """The file of results after its first line, cut after its last whole one. Raises ``InputError``."""
    head = json.dumps({"format": "policybridge-results", "version": 1, "of": fingerprint}) + "\n"
    if path.exists() and path.stat().st_size:
        with path.open("rb+") as file:
            first = file.readline()
            if first.decode("utf-8", "replace") != head or not is_resumable:
                raise InputError(f"{path}: holds results of another backtest; name another file, or delete it")
            file.truncate(end_of_last_line(file))
    else:
        path.write_text(head, encoding="utf-8")
    opened = path.open("r+", encoding="utf-8", buffering=1)  # a line that is done stays done
    opened.readline()
    return opened


def program() -> str:
    """The version of this program, on which results depend."""
    try:
        return version("policybridge")
    except PackageNotFoundError:
        return "source"
