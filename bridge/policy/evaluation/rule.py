"""What the pieces of a pack have in common: each is a model, and each rule judges cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from bridge.decision import Clock, DesiredValue, DueMessage, Finding, RuleResult

if TYPE_CHECKING:
    from bridge.policy.evaluation.context import Context


@dataclass(frozen=True)
class Wake:
    """The decision may change by itself at this instant."""

    at: datetime


RuleOutcome = DesiredValue | DueMessage | Clock | Finding | RuleResult | Wake
"""What a rule yields when it judges a case."""


class PackPart(BaseModel):
    """Base of every piece of a pack file: immutable, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Rule(PackPart):
    """A piece of a pack that follows from one clause and judges cases."""

    clause: str
    """Id of the clause in the policy document, such as ``MA-10``."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        """What follows from this rule for the case, now and (as :class:`Wake`) later."""
        raise NotImplementedError
