"""A preview in numbers: how many actions of each kind, by clause and by account, and how soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.ports.forecasts import SOON, ForecastCount, ForecastFilter
from bridge.ports.store import Store

Counts = Counter[ActionKind]


@dataclass
class PreviewSummary:
    """What is expected, counted. What rollout rules or people keep back counts only under ``withheld``."""

    now: datetime
    tickets: int = 0
    """On how many tickets something is expected."""
    totals: Counts = field(default_factory=Counter)
    due: dict[str, Counts] = field(default_factory=lambda: {name: Counter() for name in SOON})
    by_clause: dict[tuple[str, str], Counts] = field(default_factory=dict)
    """By pack and clause."""
    by_account: dict[str, Counts] = field(default_factory=dict)
    withheld: Counter[WithheldCause] = field(default_factory=Counter)
    """How many actions are not written as things are, by what keeps them from it."""

    def add(self, counts: Iterable[ForecastCount]) -> PreviewSummary:
        """This summary with more in it."""
        for each in counts:
            if each.cause:
                self.withheld[each.cause] += each.times
            if each.is_expected:
                self._add_expected(each)
        return self

    def as_json(self) -> dict[str, Any]:
        """The numbers as programs read them: 0 where there is nothing."""
        clauses = sorted(self.by_clause.items())
        return {
            "tickets": self.tickets,
            "totals": _numbers(self.totals),
            "due": {name: _numbers(counts) for name, counts in self.due.items()},
            "by_clause": [{"pack": pack, "clause": clause, **_numbers(counts)} for (pack, clause), counts in clauses],
            "by_account": [{"account": account or None, **_numbers(counts)} for account, counts in self.accounts()],
            "withheld": dict(sorted(self.withheld.items())),
        }

    def accounts(self) -> list[tuple[str, Counts]]:
        """The accounts, those with the most messages to customers first, then those with the most actions."""
        return sorted(
            self.by_account.items(),
            key=lambda each: (-each[1][ActionKind.PUBLIC_MESSAGES], -each[1].total(), each[0]),
        )

    def _add_expected(self, each: ForecastCount) -> None:
        self.totals[each.kind] += each.times
        self.by_clause.setdefault((each.pack, each.clause), Counter())[each.kind] += each.times
        self.by_account.setdefault(each.account, Counter())[each.kind] += each.times
        for name in [*SOON][[*SOON].index(each.soon) :]:
            self.due[name][each.kind] += each.times


def summarize(store: Store, which: ForecastFilter, now: datetime) -> PreviewSummary:
    """The forecasts of an installation in numbers."""
    counts, tickets = store.forecast_counts(which, now)
    return PreviewSummary(now, tickets).add(counts)


def _numbers(counts: Counts) -> dict[str, int]:
    return {kind.value: counts[kind] for kind in ActionKind}
