"""What was due before a ticket was adopted, and therefore never happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bridge.decision import DesiredValue, DueMessage, Fact, Finding, SystemField
from bridge.decision.targets import describe_target
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.ticket import Ticket


def after_adoption(context: Context, outcomes: Iterable[RuleOutcome]) -> Iterator[RuleOutcome]:
    """What rules yield, without what was due before the ticket was adopted.

    Tags, fields and clocks stay; a priority, group, tier or assignee is wanted only where none stood then.
    """
    adopted_at = context.ticket.adopted_at
    if adopted_at is None:
        yield from outcomes
        return
    created = f"{context.fetched.created_at:%Y-%m-%d %H:%M} UTC"
    because = f"created at {created}, before the policy came into force: it counts from {adopted_at:%Y-%m-%d %H:%M} UTC"
    yield context.applied("in force", clause=context.policy.severity.clause, applied=True, because=because)
    yield from without_past(context, outcomes)


def without_past(context: Context, outcomes: Iterable[RuleOutcome]) -> Iterator[RuleOutcome]:
    """What rules yield for a ticket that was adopted, without what was due before."""
    adopted_at = context.ticket.adopted_at
    if adopted_at is None:
        raise ValueError(f"{context.ticket.ref} was not adopted")
    for outcome in outcomes:
        if isinstance(outcome, DueMessage):
            yield from () if outcome.due_at <= adopted_at else (outcome,)
        elif isinstance(outcome, DesiredValue) and outcome.since <= adopted_at:
            yield from _where_none_stood(context.ticket, adopted_at, outcome)
        else:
            yield outcome


_SAME_PLACE = {SystemField.TIER: ("tier", "group"), SystemField.GROUP: ("group", "tier")}
"""A helpdesk shows the tier as a group."""


def _where_none_stood(ticket: Ticket, at: datetime, desired: DesiredValue) -> Iterator[RuleOutcome]:
    """A value that is wanted since the adoption, unless it is the status, or one stood that counts as a person's."""
    match desired.target:
        case SystemField.STATUS | Fact():
            return
        case SystemField() as target:
            stood = any(ticket.value_at(name, at) is not None for name in _SAME_PLACE.get(target, (target.value,)))
            if not stood:
                yield desired
            elif str(ticket.value(target.value)) != str(desired.value):
                yield _respected(desired)
        case _:
            yield desired


def _respected(desired: DesiredValue) -> Finding:
    because = f"{describe_target(desired.target)} should be {desired.value} ({desired.because}); "
    because += "what was set when the policy came into force stays"
    return Finding(code="overridden", cite=desired.cite, because=because)
