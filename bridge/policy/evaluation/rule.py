"""Rules of a pack: each is a model of what the pack file says, and is evaluated against a context."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from bridge.policy.evaluation.context import EvaluatedRule
from bridge.policy.references import Citation


class PackPart(BaseModel):
    """Base of every piece of a pack file: immutable, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rule(PackPart, EvaluatedRule):
    """A piece of a pack that follows from one clause and is evaluated against every ticket."""

    clause: Citation
    """Id of the clause in the policy document, such as ``MA-10``."""
