"""Plans by ticket: a support plan that follows from tags, facts or the customer, instead of the account's own."""

from __future__ import annotations

from pydantic import field_validator

from bridge.policy.evaluation.conditions import FOLLOW_FROM_RULES
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import Citation, OwnName

_FOLLOW_FROM_PLAN = FOLLOW_FROM_RULES | {"plan"}


class PlanRow(PackPart):
    """A plan, and the tickets that have it; the first row whose condition is true counts."""

    name: OwnName
    clause: Citation
    when: Predicate

    @field_validator("when")
    @classmethod
    def _not_by_what_follows(cls, when: Predicate) -> Predicate:
        """Severity, approvals and the status may follow from the plan."""
        if follows := {name for _, name, _ in when.names()} & _FOLLOW_FROM_PLAN:
            raise ValueError(f"found a condition on {min(follows)}; allowed: facts, tags, account and other fields")
        return when
