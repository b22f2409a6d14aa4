"""Rules of a pack: each is a model of what the pack file says, and is evaluated against a context."""

from __future__ import annotations

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.evaluated_rule import EvaluatedRule
from bridge.policy.evaluation.part import PackPart
from bridge.policy.references import Citation

__all__ = ["PackPart", "Rule"]


class Rule(PackPart, EvaluatedRule[Context]):
    """A piece of a pack that follows from one clause and is evaluated against every ticket."""

    clause: Citation
    """Id of the clause in the policy document, such as ``MA-10``."""
