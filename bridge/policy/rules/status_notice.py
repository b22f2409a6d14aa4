"""Status notices: messages to customers about statuses that the bridge sets."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import TemplateName
from bridge.policy.rules.statuses import status_name
from bridge.ticket import RESOLVED, Role


class StatusNotice(Rule):
    """One public message for each status that the bridge itself has set; solving has a message of its own."""

    message: TemplateName

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        period = context.status_periods[-1]
        ours = period.began is not None and period.began.actor.role is Role.BRIDGE and period.value not in RESOLVED
        if not ours:
            because = "Policybridge has not changed the status"
            yield context.applied("status notice", clause=self.clause, applied=False, because=because)
            return
        status = status_name(context)
        because = Sentence("the status is now %(status)s", status=status)
        yield context.applied("status notice", clause=self.clause, applied=True, because=because)
        yield context.message(self.message, clause=self.clause, since=period.start, because=because, status=status)
