"""What the helpdesks' own SLAs say, as targets: Zendesk's ticket metric events, the deadlines of Odoo's addon."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.ports.native_targets import EndedBy, NativeTarget
from mappings.odoo import sla_status
from mappings.odoo.sla_status import SlaStages, StageMove
from mappings.zendesk import metric_events

SLA = {"target": 120, "business_hours": True, "policy": {"id": 1, "title": "Standard"}}


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


def event(kind: str, hour: int, minute: int = 0, **keys: Any) -> dict[str, Any]:
    time = f"{at(hour, minute):%Y-%m-%dT%H:%M:%SZ}"
    return {"id": hour * 100 + minute, "instance_id": 1, "metric": "reply_time", "type": kind, "time": time, **keys}


def test_events_in_any_order_make_one_target() -> None:
    events = [event("fulfill", 11), event("breach", 10), event("activate", 8), event("apply_sla", 8, sla=SLA)]
    (found,) = metric_events.to_targets(events)
    assert found == NativeTarget(
        metric="first_reply_time",
        ended_by=EndedBy.REPLY,
        started_at=at(8),
        target_s=7200,
        in_business_hours=True,
        due_at=at(10),
        met_at=at(11),
        breached=True,
    )


def test_pauses_and_a_reopening_are_times_that_do_not_count() -> None:
    keys = {"metric": "resolution_time"}
    kinds = [("activate", 8), ("pause", 9), ("activate", 10), ("fulfill", 11), ("activate", 13)]
    events = [event("apply_sla", 8, sla=SLA, **keys), *(event(kind, hour, **keys) for kind, hour in kinds)]
    (found,) = metric_events.to_targets(events)
    assert (found.metric, found.met_at) == ("total_resolution_time", None)
    assert found.pauses == ((at(9), at(10)), (at(11), at(13)))


def test_later_instances_of_replies_are_next_replies() -> None:
    events = [event(kind, 9, instance_id=2, sla=SLA) for kind in ("activate", "apply_sla")]
    assert [each.metric for each in metric_events.to_targets(events)] == ["next_reply_time"]


def test_what_promises_nothing_is_no_target() -> None:
    unpromised = [event("activate", 8), event("fulfill", 9)]
    measured = [event("measure", 8, instance_id=0), event("apply_sla", 8, instance_id=0, sla=SLA)]
    deleted = [event(kind, 8, deleted=True, sla=SLA) for kind in ("activate", "apply_sla")]
    assert metric_events.to_targets([*unpromised, *measured, *deleted]) == ()


NEW, IN_PROGRESS, AWAITING, DONE = 1, 2, 3, 4
STAGES = SlaStages.of(
    [{"id": stage, "sequence": stage} for stage in (NEW, IN_PROGRESS, AWAITING, DONE)],
    [{"id": 7, "ignore_stage_ids": [AWAITING]}],
)
ROW = {
    "id": 1,
    "name": "Resolve 8h",
    "sla_id": 7,
    "expected_stage_id": DONE,
    "state": "in_progress",
    "deadline": "2026-03-02 17:00:00",
    "hours": 8.0,
    "expired": False,
}
"""As a server with the addon has answered (``ticket_sla_search_read``)."""
TICKET = {"create_date": "2026-03-02 08:00:00", "stage_id": DONE}


@pytest.mark.parametrize(
    ("changed", "met", "breached"),
    [
        ({}, False, False),
        ({"state": "accomplished"}, True, False),
        ({"state": "expired"}, False, True),
        ({"expired": True}, False, True),
        ({"state": "on_hold"}, False, False),
    ],
)
def test_an_sla_status_of_odoo_is_a_target_without_its_history(
    changed: dict[str, Any], met: bool, breached: bool
) -> None:
    (found,) = sla_status.to_targets([ROW | changed], TICKET, STAGES, None)
    assert (found.met, found.breached, found.met_at, found.has_history) == (met, breached, None, False)
    assert (found.metric, found.started_at, found.due_at) == ("Resolve 8h", at(8), at(17))
    assert (found.target_s, found.in_business_hours, found.ended_by) == (8 * 3600, True, EndedBy.STATUS)


@pytest.mark.parametrize(
    ("expected", "moves", "met_at", "pauses"),
    [
        (DONE, [], at(8), ()),
        (DONE, [(9, NEW, IN_PROGRESS)], None, ()),
        (DONE, [(9, NEW, IN_PROGRESS), (11, IN_PROGRESS, DONE)], at(11), ()),
        (IN_PROGRESS, [(9, NEW, IN_PROGRESS), (11, IN_PROGRESS, DONE)], at(9), ()),
        (DONE, [(9, NEW, AWAITING)], None, ((at(9), None),)),
        (DONE, [(9, NEW, AWAITING), (10, AWAITING, IN_PROGRESS), (11, IN_PROGRESS, DONE)], at(11), ((at(9), at(10)),)),
        (DONE, [(9, NEW, AWAITING), (10, AWAITING, DONE)], at(10), ((at(9), at(10)),)),
        (DONE, [(9, NEW, DONE), (10, DONE, IN_PROGRESS), (11, IN_PROGRESS, DONE)], at(11), ((at(9), at(10)),)),
    ],
    ids=str,
)
def test_the_moves_of_a_ticket_tell_when_its_sla_was_met(
    expected: int, moves: list[tuple[int, int, int]], met_at: datetime | None, pauses: tuple[Any, ...]
) -> None:
    made = [StageMove(at(hour), old, new) for hour, old, new in moves]
    (found,) = sla_status.to_targets([ROW | {"expected_stage_id": expected}], TICKET, STAGES, made)
    assert (found.met_at, found.pauses, found.has_history) == (met_at, pauses, True)
