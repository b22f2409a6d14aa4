"""Two policies on the same history: the tickets that they treat differently."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.history.backtest import program, read_line, run_resumable
from bridge.history.difference import Change, Difference, differences
from bridge.history.past_ticket import PastEvaluator, Period
from bridge.history.problems import HistoryProblem
from bridge.history.result import TicketResult
from bridge.history.rows import Stamp
from bridge.history.source import HistorySource, Line, Trouble
from bridge.history.workers import Work
from bridge.policy.model import Policy
from bridge.ticket import RESOLVED, Facts

LISTED = 200
"""Tickets that are kept to be listed, those with the weightiest differences; all are counted."""


class TicketDifference(Facts):
    """One ticket under both policies."""

    ticket: str
    account: str = ""
    created_at: Stamp
    is_compared: bool = False
    """Whether one of the policies at least evaluates it."""
    is_open: bool = False
    """Whether it is open at the end, so that the edit would still matter."""
    differences: tuple[Difference, ...] = ()
    problems: tuple[str, ...] = ()
    detail: str = ""

    @property
    def weight(self) -> tuple[tuple[int, bool, int], datetime, str]:
        """Sorts tickets by their weightiest difference: the least comes first; of equal ones the older ticket."""
        return self.differences[0].weight, self.created_at, self.ticket


@dataclass(frozen=True)
class PolicyDiff:
    """A comparison of two policies on a history."""

    source: HistorySource
    old: Policy
    new: Policy
    period: Period
    processes: int = 0

    def run(self, results: Path | None = None) -> Iterator[TicketDifference]:
        """Every ticket in the order of the history, those without a difference too.

        Those that ``results`` holds from an interrupted run come first.
        Raises ``InputError`` when that file holds results of something else.
        """
        make = partial(compare_lines, self.old.source, self.new.source, self.period)
        seen: set[str] = set()
        for text in run_resumable(self.source, make, self.fingerprint, results, self.processes):
            found = TicketDifference.model_validate_json(text)
            if found.ticket in seen:
                found = TicketDifference(
                    ticket=found.ticket, created_at=found.created_at, problems=(HistoryProblem.REPEATED,)
                )
            seen.add(found.ticket)
            yield found

    @property
    def fingerprint(self) -> str:
        """The same for the same results."""
        packs = [self.old.digest, self.new.digest]
        held = ["diff", self.source.fingerprint, packs, str(self.period.start), str(self.period.end), program()]
        return sha256(json.dumps(held).encode()).hexdigest()[:16]


@dataclass
class DiffSummary:
    """Adds up differences as they come, and keeps the weightiest."""

    read: int = 0
    compared: int = 0
    different: int = 0
    open_with_other_due: int = 0
    changes: Counter[Change] = field(default_factory=Counter)
    """Tickets with each change."""
    past: Counter[Change] = field(default_factory=Counter)
    """Tickets with each change that have it only of promises that had ended, with the same verdict."""
    problems: Counter[HistoryProblem] = field(default_factory=Counter)
    examples: dict[HistoryProblem, list[str]] = field(default_factory=dict)
    _weighty: list[TicketDifference] = field(default_factory=list)

    def add(self, found: TicketDifference) -> None:
        """Add one ticket."""
        self.read += 1
        for problem in map(HistoryProblem, found.problems):
            self._note(problem, f"{found.ticket}: {found.detail}" if found.detail else found.ticket)
        self.compared += found.is_compared
        if found.differences:
            self._count(found)

    def trouble(self, troubles: Sequence[Trouble]) -> None:
        """Add what was wrong with the history as a whole."""
        for each in troubles:
            self._note(each.problem, each.detail)

    @property
    def listed(self) -> list[TicketDifference]:
        """The weightiest tickets, the weightiest first."""
        return sorted(self._weighty, key=lambda found: found.weight)[:LISTED]

    @property
    def counted(self) -> list[tuple[Change, int]]:
        """The changes that there are and how many tickets have them, the weightiest first."""
        return [(change, self.changes[change]) for change in Change if self.changes[change]]

    @property
    def faults(self) -> dict[HistoryProblem, int]:
        """Problems that somebody should look at."""
        return {problem: count for problem, count in sorted(self.problems.items()) if problem.is_fault}

    def violations(self, never: Collection[Change]) -> dict[Change, int]:
        """How many tickets have a change that must never be."""
        return {change: count for change, count in self.counted if change in never}

    def as_json(self) -> dict[str, Any]:
        """JSON-able figures and the listed tickets."""
        return {
            "tickets": {"read": self.read, "compared": self.compared, "different": self.different},
            "open_with_other_due": self.open_with_other_due,
            "changes": dict(self.counted),
            "only_of_ended_promises": {change: self.past[change] for change, _ in self.counted if self.past[change]},
            "problems": {
                problem: {"count": count, "examples": self.examples.get(problem, [])}
                for problem, count in sorted(self.problems.items())
            },
            "listed": [found.model_dump(mode="json") for found in self.listed],
        }

    def _count(self, found: TicketDifference) -> None:
        self.different += 1
        changes = {each.change for each in found.differences}
        still = {each.change for each in found.differences if not each.is_past}
        self.changes.update(changes)
        self.past.update(changes - still)
        self.open_with_other_due += not still.isdisjoint({Change.LATER_DEADLINE, Change.EARLIER_DEADLINE})
        self._weighty.append(found)
        if len(self._weighty) > 4 * LISTED:
            self._weighty = self.listed

    def _note(self, problem: HistoryProblem, example: str) -> None:
        self.problems[problem] += 1
        if len(self.examples.setdefault(problem, [])) < 5:
            self.examples[problem].append(example)


def compare_lines(old: dict[str, Any], new: dict[str, Any], period: Period) -> Work:
    """The work of one process: both policies are built once."""
    before, after = (PastEvaluator([Policy.of(source)], period) for source in (old, new))

    def work(line: Line) -> str:
        ticket = read_line(line, period)
        if isinstance(ticket, TicketResult):
            return _compared(ticket, ticket).model_dump_json(exclude_defaults=True)
        return _compared(before.evaluate(ticket), after.evaluate(ticket)).model_dump_json(exclude_defaults=True)

    return work


def _compared(old: TicketResult, new: TicketResult) -> TicketDifference:
    return TicketDifference(
        ticket=old.ticket,
        account=old.account or new.account,
        created_at=old.created_at,
        is_compared=old.is_evaluated or new.is_evaluated,
        is_open=new.is_evaluated and new.status not in RESOLVED,
        differences=tuple(differences(old, new)),
        problems=tuple(dict.fromkeys((*old.problems, *new.problems))),
        detail="; ".join(dict.fromkeys(filter(None, (old.detail, new.detail)))),
    )


def read_never(words: Sequence[str]) -> frozenset[Change]:
    """The changes that must never be, as people name them. Raises ``InputError`` with the words there are."""
    for word in words:
        if word not in set(Change):
            raise InputError(f"--never: found {word!r}; allowed: {', '.join(Change)}")
    return frozenset(map(Change, words))
