"""What a review asks of each rule of a policy, whatever the rule is about and whatever it is evaluated against."""

from __future__ import annotations

# ruff: noqa: ARG002  # what a rule does not answer takes its arguments all the same
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from bridge.decision import Clock
from bridge.policy.evaluation.approval_rounds import ApprovalRound
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.field_periods import FieldPeriod
from bridge.policy.evaluation.merged import HeadStart
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.ticket import TimelineEntry

C_contra = TypeVar("C_contra", contravariant=True)
"""What a rule is evaluated against: the context, which in turn asks the rules."""
R = TypeVar("R", bound="EvaluatedRule[Any]")


class EvaluatedRule(Generic[C_contra]):
    """What a review asks of each rule of a policy. A rule answers what concerns it; the rest stays as it is here."""

    def evaluate(self, context: C_contra) -> Iterator[RuleOutcome]:
        """What follows from this rule for the ticket, now and (as ``Wake``) later."""
        raise NotImplementedError

    def paused_spans(self, context: C_contra, clock: str) -> Iterable[Span]:
        """The times in which this rule pauses a clock."""
        return ()

    def void_periods(self, context: C_contra) -> Sequence[FieldPeriod]:
        """Periods of a status that count as if they had never been."""
        return ()

    def confirmed_periods(self, context: C_contra) -> Sequence[FieldPeriod]:
        """A resolution that the status does not show yet."""
        return ()

    def unanswered_periods(self, context: C_contra) -> Iterable[FieldPeriod]:
        """The times of waiting that this rule has ended because no answer came."""
        return ()

    def deadlines(self, context: C_contra) -> Iterable[Clock]:
        """The clocks of this rule."""
        return ()

    def head_start(self, context: C_contra) -> HeadStart | None:
        """The time of a merged ticket that counts on this one, or None."""
        return None

    def said_elsewhere(self, context: C_contra) -> Sequence[TimelineEntry]:
        """What was said on merged tickets and counts as said here, oldest first."""
        return ()

    def covered_until(self, context: C_contra) -> datetime | None:
        """The first instant from which nothing is promised any more, or None."""
        return None

    @property
    def approval(self) -> str | None:
        """Name of the approval that this rule asks for, as conditions use it."""
        return None

    def rounds(self, context: C_contra) -> list[ApprovalRound]:
        """Every request for its approval, oldest first."""
        return []


class NamedRules(dict[str, EvaluatedRule[Any]]):
    """The rules of a policy by name, in the order of evaluation."""

    def __init__(self) -> None:
        super().__init__()
        self._by_kind: dict[type[Any], list[Any]] = {}

    def of_kind(self, kind: type[R]) -> Sequence[R]:
        """The rules of one type."""
        if kind not in self._by_kind:
            self._by_kind[kind] = [rule for rule in self.values() if isinstance(rule, kind)]
        return self._by_kind[kind]


def named_rules(sections: Mapping[str, object]) -> NamedRules:
    """The rules among the sections of a pack, in their order, by names that stay the same in its later versions.

    A name is the section, and what the rule is called there, else its clause.
    """
    found = NamedRules()
    for section, value in sections.items():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, EvaluatedRule):
                name = f"{section}/{getattr(part, 'name', None) or getattr(part, 'clause', '')}"
                found[f"{name}/{len(found)}" if name in found else name] = part
    return found
