"""What agents see on the ticket where the connection names fields for it: a rendering of what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.decision import Clock, ClockState, Want
from bridge.policy.evaluation.context import Context

DISPLAY_FIELDS = frozenset({"severity", "next_due", "next_due_at", "escalation_stage", "clause"})
"""Fields that only show people a decision; a connection writes them where the admin names their ids."""


def displayed(context: Context, clocks: Iterable[Clock]) -> Iterator[Want]:
    """The display fields of a decision: severity, what is due next and when, escalation stage, governing clause."""
    since, level = context.severity_history[-1]
    table = context.policy.severity.clause
    governing, began = table, since
    if level and "severity" not in context.policy.facts:
        yield context.want("field:severity", level, clause=table, since=since, because="severity")
    if context.reached_levels:
        reached = max(context.reached_levels, key=lambda reached: reached.stage.stage)
        stage, clause = reached.stage.stage, reached.stage.clause
        yield context.want(
            "field:escalation_stage", str(stage), clause=clause, since=reached.at, because="stage reached"
        )
    unmet = [clock for clock in clocks if (clock.due_at and clock.ended_at is None) or _is_overdue(clock)]
    if unmet:
        following = min(unmet, key=lambda clock: (clock.due_at, clock.name))
        governing, began = following.cite.clause, following.started_at
        due = f"{following.due_at:%Y-%m-%dT%H:%M:%SZ}"
        for field, value in (("next_due", following.name), ("next_due_at", due)):
            yield context.want(f"field:{field}", value, clause=governing, since=began, because="due next")
    else:
        began = max([since, *(clock.ended_at for clock in clocks if clock.ended_at)])
    yield context.want("field:clause", governing, clause=governing, since=began, because="governs what is due next")


def _is_overdue(clock: Clock) -> bool:
    """Whether it was breached and is still not met: nothing is due before it."""
    return (
        clock.state is ClockState.BREACHED and clock.met_at is None and bool(clock.spans) and clock.spans[-1][1] is None
    )
