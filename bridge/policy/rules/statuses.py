"""The statuses a document knows, by its own names."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import Severity
from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.rule import Outcome, Rule
from bridge.ticket import Status


class Statuses(Rule):
    """Canonical status -> the document's label. A status that is not here is left alone and reported."""

    labels: dict[Status, str]
    note: str | None = None
    """Template of the note that reports an unknown status."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        spell = case.statuses[-1]
        known = spell.value in self.labels
        label = self.labels.get(Status(str(spell.value)), "") if spell.value else ""
        name = label or case.ticket.status_label or str(spell.value or "a status without a mapping")
        because = f"status is {name}" if known else f"{name} is none of {', '.join(self.labels.values())}"
        yield case.applied("statuses", clause=self.clause, applied=known, because=because)
        if not known:
            yield case.finding("status_unknown", clause=self.clause, because=because, severity=Severity.WARNING)
            if self.note:
                yield case.note(self.note, clause=self.clause, since=spell.start, because=because)
