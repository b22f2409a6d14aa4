"""How far clocks and the helpdesk's own metrics agree: the share, and each reason for a difference with examples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bridge.history.agreement import Comparison
from bridge.history.reasons import LABELS, Reason

EXAMPLES = 3


@dataclass
class AgreementFigures:
    """Adds up comparisons as they come."""

    compared: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Clock and metric -> how many runs were compared."""
    agreed: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: dict[tuple[str, str], Counter[Reason]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[tuple[str, str, Reason], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, ticket: str, comparisons: Iterable[Comparison]) -> None:
        """Add those of one ticket."""
        for each in comparisons:
            pair = each.clock, each.metric
            self.compared[pair] += 1
            if each.reason is None:
                self.agreed[pair] += 1
                continue
            self.reasons[pair][each.reason] += 1
            if len(known := self.examples[*pair, each.reason]) < EXAMPLES:
                known.append(f"{ticket}: {each.detail}")

    @property
    def share(self) -> float | None:
        """Percent of the compared runs that agree; None: none was compared."""
        total = self.compared.total()
        return 100 * self.agreed.total() / total if total else None

    @property
    def unexplained(self) -> int:
        """Differences without a named reason."""
        return sum(counts[Reason.UNEXPLAINED] for counts in self.reasons.values())

    def pairs(self) -> Iterator[tuple[str, str, int, int, list[tuple[str, int, list[str]]]]]:
        """Clock, metric, compared, agreed, and each reason with its count and examples, the most frequent first."""
        for (clock, metric), compared in sorted(self.compared.items()):
            counted = sorted(self.reasons[clock, metric].items(), key=lambda each: (-each[1], each[0]))
            found = [(LABELS[reason], count, self.examples[clock, metric, reason]) for reason, count in counted]
            yield clock, metric, compared, self.agreed[clock, metric], found

    def as_json(self) -> list[dict[str, Any]]:
        """JSON-able figures."""
        return [
            {
                "clock": clock,
                "metric": metric,
                "compared": compared,
                "agreed": self.agreed[clock, metric],
                "reasons": {
                    reason: {"count": count, "examples": self.examples[clock, metric, reason]}
                    for reason, count in sorted(self.reasons[clock, metric].items())
                },
            }
            for (clock, metric), compared in sorted(self.compared.items())
        ]
