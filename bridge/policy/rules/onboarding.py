"""Onboarding: the stage an account has reached, and stages that were skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from bridge.account import Onboarding as OnboardingStage
from bridge.decision import Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import TagName

ORDER: tuple[OnboardingStage, ...] = get_args(OnboardingStage)


class OnboardingRule(Rule):
    """Tickets of accounts before a stage are tagged; an account counts as before the first stage it skipped.

    Which stages were gone through is known where the account lists them.
    """

    before: OnboardingStage
    tag: TagName
    may_skip: frozenset[OnboardingStage] = frozenset()
    """Stages that may be left out: an override of the account, which the audit of the accounts keeps."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        stated = context.account.onboarding
        listed = (stated,) if isinstance(stated, str) else stated or ()
        if not listed:
            because = "no onboarding stage is known for the account"
            yield context.applied("onboarding", clause=self.clause, applied=False, because=because)
            return
        reached = ORDER.index(listed[-1])
        left_out = [] if isinstance(stated, str) else [stage for stage in ORDER[:reached] if stage not in listed]
        unallowed = [stage for stage in left_out if stage not in self.may_skip]
        early = (ORDER.index(unallowed[0]) if unallowed else reached + 1) <= ORDER.index(self.before)
        because = f"onboarding is at {_stage_names(listed[-1:])}" + (
            f", without {_stage_names(left_out)}" if left_out else ""
        )
        yield context.applied("onboarding", clause=self.clause, applied=early, because=because)
        if early:
            yield context.tag(self.tag, clause=self.clause, since=context.ticket.created_at, because=because)
        if left_out:
            then, severity = "an override of the account allows this", Severity.INFO
            if unallowed:
                severity = Severity.WARNING
                then = (
                    f"the account counts as before {_stage_names(unallowed[:1])}; add the completed stages to its "
                    "onboarding, or allow the omission in the account: "
                    f"overrides: {{onboarding: {{may_skip: [{', '.join(unallowed)}]}}}}"
                )
            because = f"{because}: {then}"
            yield context.finding("onboarding_skipped", clause=self.clause, because=because, severity=severity)


def _stage_names(stages: Iterable[OnboardingStage]) -> str:
    return ", ".join(stage.replace("_", " ") for stage in stages)
