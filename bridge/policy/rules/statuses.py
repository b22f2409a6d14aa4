"""The statuses of a document, by their names in it."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import Prose, TemplateName
from bridge.ticket import Status


def status_name(context: Context) -> str:
    """The present status as customers read it: by its name in the document, else in the helpdesk.

    A pack that translates the word itself shows that.
    """
    status = context.status_periods[-1].value
    word = str(status).replace("_", " ")
    if any(word in words for words in context.policy.translated_words.values()):
        return word
    labels = next((rule.labels for rule in context.rules(StatusLabels)), {})
    return labels.get(Status(str(status)), context.ticket.status_label) or word


class StatusLabels(Rule):
    """Canonical status -> the document's label. A status that is not here is left alone and reported."""

    labels: dict[Status, Prose]
    note: TemplateName | None = None
    """Template of the note that reports an unknown status."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        period = context.status_periods[-1]
        known = period.value in self.labels
        label = self.labels.get(Status(str(period.value)), "") if period.value else ""
        name = label or context.ticket.status_label or period.value or Sentence("a status that is not configured")
        allowed = Sentence(
            "%(status)s is not one of %(statuses)s", status=name, statuses=", ".join(self.labels.values())
        )
        because = f"the status is {name}" if known else allowed
        yield context.applied("statuses", clause=self.clause, applied=known, because=because)
        if not known:
            yield context.finding("status_unknown", clause=self.clause, because=because, severity=Severity.WARNING)
            if (
                self.note and "status" not in context.ticket.unusable
            ):  # that is for the admin, once, not for every ticket
                yield context.note(self.note, clause=self.clause, since=period.start, because=because)
