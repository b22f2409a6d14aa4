"""The figures of a backtest: by clause, account and month; what could not be evaluated; what it would have cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.decision import ClockState
from bridge.decision.kinds import ActionKind
from bridge.history.agreement_figures import AgreementFigures
from bridge.history.problems import HistoryProblem
from bridge.history.result import TicketResult
from bridge.history.rows import ClockRow
from bridge.history.source import Trouble

EXAMPLES = 5
"""Tickets that are named for each problem."""

TICKETS, MET, BREACHED, RUNNING = "tickets", "met", "breached", "running"
"""Names of figures beside the kinds of actions."""

Counts = Counter[str]


@dataclass
class Summary:
    """Adds up results as they come; its size does not depend on how many they are."""

    read: int = 0
    evaluated: int = 0
    totals: Counts = field(default_factory=Counter)
    """Of promises: met, breached, running; of actions each kind."""
    by_clause: dict[tuple[str, str], Counts] = field(default_factory=lambda: defaultdict(Counter))
    by_account: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counter))
    by_month: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counter))
    by_clock: dict[tuple[str, str, str], Counts] = field(default_factory=lambda: defaultdict(Counter))
    """Pack, clause and name of a clock -> how many were met, breached, and still run."""
    problems: dict[HistoryProblem, int] = field(default_factory=lambda: defaultdict(int))
    examples: dict[HistoryProblem, list[str]] = field(default_factory=lambda: defaultdict(list))
    """For each problem some tickets, with the reason where there is one."""
    spoke_after_closing: list[str] = field(default_factory=list)
    """Some tickets on which the customer wrote after the policy would have closed them."""
    spoke_after: int = 0
    unannounced: int = 0
    """Tickets that people closed without the notices that the policy promises before."""
    unannounced_examples: list[str] = field(default_factory=list)
    reviews: int = 0
    updates: int = 0
    native_targets: int = 0
    native_breaches: int = 0
    agreement: AgreementFigures = field(default_factory=AgreementFigures)
    unnoticed: int = 0
    """Tickets on which a promise was broken, of which the helpdesk's own SLA knows and shows no breach."""

    def add(self, result: TicketResult) -> None:
        """Add one ticket."""
        self.read += 1
        for problem in map(HistoryProblem, result.problems):
            self._note(problem, f"{result.ticket}: {result.detail}" if result.detail else result.ticket)
        if not result.is_evaluated:
            return
        self.evaluated += 1
        self.reviews += result.reviews
        self.updates += result.updates
        self.agreement.add(result.ticket, result.agreement)
        self.native_targets += len(result.native)
        self.native_breaches += sum(target.breached for target in result.native)
        shows_none = bool(result.native) and not any(target.breached for target in result.native)
        self.unnoticed += shows_none and bool(result.breaches)
        if result.spoke_after_closing:
            self.spoke_after += 1
            self.spoke_after_closing = [*self.spoke_after_closing, result.ticket][:EXAMPLES]
        if result.unannounced:
            self.unannounced += 1
            self.unannounced_examples = [*self.unannounced_examples, result.ticket][:EXAMPLES]
        self._count(result)

    def trouble(self, troubles: Iterable[Trouble]) -> None:
        """Add what was wrong with the history as a whole."""
        for each in troubles:
            self._note(each.problem, each.detail)

    @property
    def faults(self) -> dict[HistoryProblem, int]:
        """Problems that somebody should look at."""
        return {problem: count for problem, count in sorted(self.problems.items()) if problem.is_fault}

    def as_json(self) -> dict[str, Any]:
        """JSON-able figures, in an order that stays the same."""
        return {
            "tickets": {"read": self.read, "evaluated": self.evaluated},
            "totals": _sorted(self.totals),
            "clocks": [
                {"pack": pack, "clause": clause, "name": name, **_sorted(counts)}
                for (pack, clause, name), counts in sorted(self.by_clock.items())
            ],
            "by_clause": [
                {"pack": pack, "clause": clause, **_sorted(counts)}
                for (pack, clause), counts in sorted(self.by_clause.items())
            ],
            "by_account": {account: _sorted(counts) for account, counts in sorted(self.by_account.items())},
            "by_month": {month: _sorted(counts) for month, counts in sorted(self.by_month.items())},
            "spoke_after_closing": {"tickets": self.spoke_after, "examples": self.spoke_after_closing},
            "closed_without_notices": {"tickets": self.unannounced, "examples": self.unannounced_examples},
            "cost": {"reviews": self.reviews, "updates": self.updates},
            "native": {
                "targets": self.native_targets,
                "breached": self.native_breaches,
                "unnoticed": self.unnoticed,
                "agreement": self.agreement.as_json(),
            },
            "problems": {
                problem: {"count": count, "examples": self.examples[problem]}
                for problem, count in sorted(self.problems.items())
            },
        }

    def _count(self, result: TicketResult) -> None:
        account, created = self.by_account[result.account], self.by_month[_month(result.created_at)]
        for counts in (account, created):
            counts[TICKETS] += 1
        for clock in result.clocks:
            state = _state(clock)
            groups = (self.totals, account, self.by_month[_month(_decided(clock))])
            clause = self.by_clause[result.pack, clock.clause]
            for counts in (*groups, clause, self.by_clock[result.pack, clock.clause, clock.name]):
                counts[state] += 1
        for act in result.timeline:
            groups = (self.totals, account, self.by_month[_month(act.at)])
            for counts in (*groups, self.by_clause[result.pack, act.clause]):
                counts[act.kind] += 1

    def _note(self, problem: HistoryProblem, example: str) -> None:
        self.problems[problem] += 1
        if len(self.examples[problem]) < EXAMPLES:
            self.examples[problem].append(example)


def _state(clock: ClockRow) -> str:
    match clock.state:
        case ClockState.MET:
            return MET
        case ClockState.BREACHED:
            return BREACHED
        case ClockState.CANCELLED:
            return "cancelled"
        case _:
            return RUNNING


def _decided(clock: ClockRow) -> datetime:
    """When a promise was kept or broken; of one that is open, when it began."""
    if clock.state is ClockState.BREACHED and clock.due_at:
        return clock.due_at
    return clock.met_at or clock.started_at


def _month(at: datetime) -> str:
    return f"{at:%Y-%m}"


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    kinds = [str(kind) for kind in ActionKind]
    order = [TICKETS, MET, BREACHED, RUNNING, "cancelled", *kinds]
    return {name: counts[name] for name in order if counts.get(name)}
