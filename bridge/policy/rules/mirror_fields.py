"""Display fields: the decision as agents see it on the ticket, in the fields that the connection names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.decision import Clock, DesiredValue, Field, next_due
from bridge.decision.display import title, with_sentence
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.escalation import reached_levels

DISPLAY_FIELDS = frozenset({"severity", "next_due", "next_due_at", "escalation_stage", "clause"})
"""Fields that only show people a decision; a connection writes them where the admin names their ids."""


def mirrored_fields(context: Context, clocks: Iterable[Clock]) -> Iterator[DesiredValue]:
    """The display fields of a decision: severity, what is due next and when, escalation stage, governing clause."""
    since, level = context.severity_history[-1]
    table = context.policy.severity.clause
    governing, began = table, since
    if level and "severity" not in context.policy.facts:
        yield context.want(Field("severity"), level, clause=table, since=since, because="shows the severity level")
    if reached_levels(context):
        reached = max(reached_levels(context), key=lambda reached: reached.stage.stage)
        stage, clause = reached.stage.stage, reached.stage.clause
        yield context.want(
            Field("escalation_stage"),
            str(stage),
            clause=clause,
            since=reached.at,
            because="shows the escalation level that was reached",
        )
    following = next_due(clocks)
    if following:
        governing, began = following.cite.clause, following.started_at
        due, because = f"{following.due_at:%Y-%m-%dT%H:%M:%SZ}", "shows what is due next"
        for field, value, shown in (("next_due", following.name, title(following.name)), ("next_due_at", due, "")):
            yield context.want(Field(field), value, clause=governing, since=began, because=because, shown=shown)
    else:
        began = max([since, *(clock.ended_at for clock in clocks if clock.ended_at)])
    yield context.want(
        Field("clause"),
        governing,
        clause=governing,
        since=began,
        because="shows the clause that governs what is due next",
        shown=with_sentence(governing, context.policy.sentence(governing)),
    )
