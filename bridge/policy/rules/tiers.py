"""Tiers: the tier in which a ticket starts, and the note on a move to a higher one."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import SystemField
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import ClauseId, TemplateName


class TierRule(Rule):
    """A new ticket starts in the pack's first tier; raising it may change the support contact."""

    raise_clause: ClauseId | None = None
    """Clause that speaks of the support contact, where it is another one."""
    raise_note: TemplateName | None = None
    """Template of the note on a move to a higher tier."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        start, created = context.policy.start_tier, context.ticket.created_at
        tier = context.ticket.tier
        because = f"tier {tier or start}"
        yield context.applied("tier", clause=self.clause, applied=True, because=because)
        # a group that is not a tier is somebody's choice
        nowhere = tier is None and context.ticket.group is None and not context.ticket.changes("tier")
        if nowhere and context.ticket.history("tier")[0][1] is None:
            yield context.want(
                SystemField.TIER, start, clause=self.clause, since=created, because="a new ticket starts in this tier"
            )
        elif tier is not None and tier < start:
            because = f"support starts in tier {start}"
            yield context.want(
                SystemField.TIER, start, clause=self.clause, since=context.since("tier"), because=because
            )
        raised = [c for c in context.ticket.changes("tier") if int(c.new or 0) > int(c.old or 0) and c.old is not None]
        if raised and self.raise_note:
            clause = self.raise_clause or self.clause
            because = Sentence("moved from tier %(old)s to tier %(new)s", old=raised[-1].old, new=raised[-1].new)
            yield context.note(self.raise_note, clause=clause, since=raised[-1].at, because=because)
