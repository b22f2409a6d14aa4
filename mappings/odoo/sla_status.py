"""The SLA status of a ticket as targets: what Odoo's own deadlines said of it. Pure.

The models are those of the community addon ``helpdesk_mgmt_sla``; a promise there is a stage to be reached within
working hours. A row keeps its state and not its history: once expired it stays so, accomplished it was in time, and
``last_state_date`` is when the ticket last changed its stage, which may be long after. When the stage was reached, and
when the promise paused, is in the tracked changes of the stage, where they may be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bridge.ports.native_targets import EndedBy, NativeTarget
from mappings.coercion import Json, parse_instant
from mappings.odoo.vocabulary import many2many_ids, many2one_id

STATUS = "helpdesk.ticket.sla"
FIELDS = ("name", "sla_id", "expected_stage_id", "state", "deadline", "hours", "expired")
POLICY = "helpdesk.sla"
"""Model of the SLA policies, of which ``ignore_stage_ids`` is read."""

Spans = tuple[tuple[datetime, datetime | None], ...]


@dataclass(frozen=True)
class SlaStages:
    """What stages mean to SLA policies."""

    sequences: Mapping[int, int]
    """Stage -> its place; those behind the expected one have reached it, too."""
    ignored: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """SLA policy -> the stages in which it pauses."""

    @classmethod
    def of(cls, stages: Iterable[Json], policies: Iterable[Json]) -> SlaStages:
        return cls(
            {int(stage["id"]): int(stage.get("sequence") or 0) for stage in stages},
            {int(each["id"]): frozenset(many2many_ids(each.get("ignore_stage_ids"))) for each in policies},
        )

    def reached(self, stage: int, expected: int) -> bool:
        return self.sequences.get(stage, 0) >= self.sequences.get(expected, 0)


class StageMove(NamedTuple):
    """The ticket went from one stage to another."""

    at: datetime
    old: int
    new: int


def to_targets(
    rows: Iterable[Json], ticket: Json, stages: SlaStages, moves: Sequence[StageMove] | None
) -> tuple[NativeTarget, ...]:
    """The targets of one ticket. ``moves`` is None where nobody may read them."""
    found = [_target(row, ticket, stages, moves) for row in rows]
    return tuple(sorted(found, key=lambda each: each.metric))


def _target(row: Json, ticket: Json, stages: SlaStages, moves: Sequence[StageMove] | None) -> NativeTarget:
    started_at = parse_instant(ticket.get("create_date"))
    stays = (
        list(_stays(started_at, many2one_id(ticket.get("stage_id")), moves)) if started_at and moves is not None else []
    )
    met_at, pauses = _played(row, stages, stays)
    return NativeTarget(
        metric=str(row.get("name") or ""),
        started_at=started_at,
        target_s=int(float(row.get("hours") or 0) * 3600) or None,
        in_business_hours=True,
        ended_by=EndedBy.STATUS,
        has_history=moves is not None,
        pauses=pauses,
        due_at=parse_instant(row.get("deadline")),
        met=row.get("state") == "accomplished",
        met_at=met_at,
        breached=row.get("state") == "expired" or bool(row.get("expired")),
    )


def _stays(started_at: datetime, current: int, moves: Sequence[StageMove]) -> Iterator[tuple[datetime, int]]:
    """Since when the ticket was in which stage."""
    yield started_at, moves[0].old if moves else current
    yield from ((move.at, move.new) for move in moves)


def _played(row: Json, stages: SlaStages, stays: Iterable[tuple[datetime, int]]) -> tuple[datetime | None, Spans]:
    """When the stage was reached for good, and when nothing counted before: in the stages that the policy ignores, and
    where the ticket had reached the stage and came back."""
    expected, ignored = (
        many2one_id(row.get("expected_stage_id")),
        stages.ignored.get(many2one_id(row.get("sla_id")), ()),
    )
    met_at = rests_since = None
    pauses: list[tuple[datetime, datetime | None]] = []
    for at, stage in stays:
        is_met = stages.reached(stage, expected)
        if not (is_met or stage in ignored):
            if rests_since:
                pauses.append((rests_since, at))
            rests_since = None
        else:
            rests_since = rests_since or at
        met_at = (met_at or at) if is_met else None
    if rests_since and rests_since != met_at:
        pauses.append((rests_since, met_at))
    return met_at, tuple(pauses)
