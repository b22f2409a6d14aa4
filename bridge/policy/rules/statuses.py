"""The statuses of a document, by their names in it."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import Prose, TemplateName
from bridge.ticket import Status


class StatusLabels(Rule):
    """Canonical status -> the document's label. A status that is not here is left alone and reported."""

    labels: dict[Status, Prose]
    note: TemplateName | None = None
    """Template of the note that reports an unknown status."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        period = context.status_periods[-1]
        known = period.value in self.labels
        label = self.labels.get(Status(str(period.value)), "") if period.value else ""
        name = label or context.ticket.status_label or str(period.value or "a status without a mapping")
        because = f"the status is {name}" if known else f"{name} is not one of {', '.join(self.labels.values())}"
        yield context.applied("statuses", clause=self.clause, applied=known, because=because)
        if not known:
            yield context.finding("status_unknown", clause=self.clause, because=because, severity=Severity.WARNING)
            if (
                self.note and "status" not in context.ticket.unusable
            ):  # that is for the admin, once, not for every ticket
                yield context.note(self.note, clause=self.clause, since=period.start, because=because)
