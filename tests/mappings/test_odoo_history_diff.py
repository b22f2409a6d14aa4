"""Changes that Odoo keeps no history of are found by comparison and attributed with our log on the ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bridge.decision import Field
from bridge.ticket import Approval, Priority, Request, Role, Status
from mappings.event_marks import EVIDENCE
from mappings.odoo.write_log import MAX_ENTRIES, LogEntry, appended, read

from .odoo_records import (
    AGENT,
    BRIDGE,
    CATALOG,
    DONE,
    NEW,
    P_AGENT,
    PROGRESS,
    START,
    WIRED,
    change,
    changes,
    message,
    record,
    seen,
    tracking,
)


def later(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def log(*writes: tuple[float, dict[str, Any]], kept_fields: dict[str, str] | None = None) -> str:
    text = ""
    for number, (minutes, values) in enumerate(writes):
        text = appended(text, LogEntry(later(minutes), "r", (f"7/MA-1/{number}",), values, kept_fields or {}))
    return text


def test_a_ticket_from_before_the_bridge_counts_as_it_is_since_its_creation() -> None:
    first = seen(record(600, AGENT, priority="3", stage_id=PROGRESS, x_policy_log=log((5, {"priority": "urgent"}))))
    assert [entry.kind for entry in first.timeline] == ["changed"]
    assert [(e.field, e.keys) for e in first.changes(EVIDENCE)] == [(EVIDENCE, ("7/MA-1/0",))]
    assert first.history("priority") == [(START, Priority.URGENT)]


def test_the_time_of_the_stage_comes_from_odoo() -> None:
    moved = f"{later(90):%Y-%m-%d %H:%M:%S}"
    raw = record(600, AGENT, stage_id=PROGRESS, last_stage_update=moved)
    first, known = seen(raw), seen(raw, before=seen(record()))
    assert changes(first, "status") == [(90, None, "in_progress", "system")]
    assert changes(known, "status") == [(90, "new", "in_progress", "agent")]
    ours = record(
        91, BRIDGE, stage_id=PROGRESS, last_stage_update=moved, x_policy_log=log((90, {"status": "in_progress"}))
    )
    assert changes(seen(ours), "status") == [(90, None, "in_progress", "bridge")]
    assert changes(seen(record(last_stage_update=f"{START:%Y-%m-%d %H:%M:%S}")), "status") == []


def test_a_stage_set_at_creation_counts_since_creation() -> None:
    """Keys of messages hold the instant: a bridge that has lost its database must find those it sent."""
    raw = record(600, AGENT, stage_id=PROGRESS, last_stage_update=f"{START + timedelta(seconds=1):%Y-%m-%d %H:%M:%S}")
    lives = seen(raw), seen(raw, before=seen(record()))
    assert [ticket.history("status")[-1] for ticket in lives] == [(START, Status.IN_PROGRESS)] * 2


def test_a_change_by_an_agent_is_entered_once_and_stays() -> None:
    first = seen(record())
    second = seen(record(10, AGENT, priority="2", tag_ids=[3]), before=first)
    third = seen(record(30, AGENT, priority="2", tag_ids=[]), message(60, 20, P_AGENT, "We look"), before=second)
    assert changes(third, "priority") == [(10, Priority.NORMAL, Priority.HIGH, "agent")]
    assert changes(third, "tags") == [(10, "", "vip", "agent"), (30, "vip", "", "agent")]
    assert [entry.observed for entry in third.timeline] == [True, True, False, True]
    assert [entry.kind for entry in third.timeline] == ["changed", "changed", "message", "changed"]


def test_our_own_write_is_ours_and_carries_its_key() -> None:
    first = seen(record())
    ours = log((9, {"priority": "high", "tag:policy_overdue": "present", "field:severity": "S1"}))
    raw = record(10, BRIDGE, priority="2", tag_ids=[2], x_policy_severity="S1", x_policy_log=ours)
    second = seen(raw, before=first)
    assert changes(second, "priority") == [(9, Priority.NORMAL, Priority.HIGH, "bridge")]
    assert changes(second, "tags") == [(9, "", "policy_overdue", "bridge")]
    assert changes(second, "field:severity") == [(9, None, "S1", "bridge")]
    assert {entry.keys for entry in second.timeline} == {("7/MA-1/0",)}
    assert seen(raw, before=second) == second


def test_a_tag_of_ours_and_one_of_an_agent_are_distinguished() -> None:
    ours = log((9, {"tag:policy_overdue": "present"}))
    second = seen(record(12, AGENT, tag_ids=[2, 3], x_policy_log=ours), before=seen(record()))
    assert changes(second, "tags") == [
        (9, "", "policy_overdue", "bridge"),
        (12, "policy_overdue", "policy_overdue,vip", "agent"),
    ]


def test_an_agents_change_after_ours_is_the_agents() -> None:
    ours = log((9, {"priority": "high"}))
    second = seen(record(12, AGENT, priority="0", x_policy_log=ours), before=seen(record()))
    assert changes(second, "priority") == [
        (9, Priority.NORMAL, Priority.HIGH, "bridge"),
        (12, Priority.HIGH, Priority.LOW, "agent"),
    ]


def test_side_effects_of_our_write_are_not_our_changes() -> None:
    """Moving a ticket to another team clears its assignee."""
    first = seen(record(team_id=1, user_id=AGENT))
    second = seen(record(10, BRIDGE, team_id=2, x_policy_log=log((9, {"tier": 2}))), before=first)
    assert changes(second, "tier") == [(9, 1, 2, "bridge")]
    assert changes(second, "group") == [(9, "Tier 1", "Tier 2", "bridge")]
    assert changes(second, "assignee") == [(10, "agent@vendor.example", None, "system")]


def test_a_fact_that_we_restore_is_our_change() -> None:
    ours = log((9, {"fact:impact": "major", "fact:devices": "12", "say:7/MA-1/x": "sent"}))
    raw = record(10, BRIDGE, x_impact="hi", x_devices=12, x_policy_log=ours)
    second = seen(raw, before=seen(record(x_impact="lo")))
    assert changes(second, "fact:impact") == [(9, "lo", "major", "bridge")]
    assert changes(second, "fact:devices") == [(9, None, 12, "bridge")]
    assert {getattr(entry, "field", "") for entry in second.timeline} == {EVIDENCE, "fact:impact", "fact:devices"}


def test_a_tracked_change_replaces_the_observed_one() -> None:
    """The ticket was read a moment after its messages."""
    second = seen(record(10, AGENT, stage_id=PROGRESS), before=seen(record()))
    assert [entry.observed for entry in second.timeline] == [True]
    row = tracking(7, 59, "Stage", NEW, PROGRESS)
    third = seen(record(10, AGENT, stage_id=PROGRESS), change(59, 10, P_AGENT), trackings=[row], before=second)
    assert changes(third, "status") == [(10, "new", "in_progress", "agent")]
    assert [entry.observed for entry in third.timeline] == [False]


def test_our_tracked_write_is_entered_once() -> None:
    ours = log((9, {"status": "solved"}))
    raw, row = record(9.01, BRIDGE, stage_id=DONE, x_policy_log=ours), tracking(7, 59, "Stage", NEW, DONE)
    second = seen(raw, change(59, 9.01, 6), trackings=[row], before=seen(record()))
    assert changes(second, "status") == [(9, "new", "solved", "bridge")]
    assert seen(raw, change(59, 9.01, 6), trackings=[row], before=second) == second


def test_history_that_may_no_longer_be_read_is_not_forgotten() -> None:
    rows = [tracking(7, 59, "Stage", NEW, PROGRESS)]
    raw = record(10, AGENT, stage_id=PROGRESS)
    first = seen(raw, change(59, 10, P_AGENT), trackings=rows)
    assert changes(seen(raw, change(59, 10, P_AGENT), before=first), "status") == changes(first, "status")


def test_a_mark_is_a_request_each_time_it_is_set() -> None:
    first = seen(record(60, AGENT, tag_ids=[1]))
    assert [(entry.at, entry.actor.role) for entry in first.timeline if isinstance(entry, Request)] == [
        (later(60), Role.AGENT)
    ]
    still = seen(record(70, AGENT, tag_ids=[1, 3]), before=first)
    taken = seen(record(80, AGENT, tag_ids=[3]), before=still)
    again = seen(record(90, AGENT, tag_ids=[1, 3]), before=taken)
    assert [entry.at for entry in again.timeline if isinstance(entry, Request)] == [later(60), later(90)]


def test_an_approval_by_a_tag_is_attributed_to_the_last_editor() -> None:
    gates = {"approvals": {"severity_change": {"approve": {"tag": "vip"}, "refuse": {"tag": "impact_high"}}}}
    connection = WIRED.model_validate(WIRED.model_dump() | {"marks": gates})
    first = seen(record(), connection=connection)
    second = seen(record(10, AGENT, tag_ids=[3]), before=first, connection=connection)
    approved = [entry for entry in second.timeline if isinstance(entry, Approval)]
    assert [(e.gate, e.granted, e.actor.email) for e in approved] == [("severity_change", True, "agent@vendor.example")]


def test_a_fact_that_is_configured_later_has_not_changed() -> None:
    old = WIRED.model_copy(update={"facts": {}})
    first = seen(record(5, AGENT, x_impact="hi"), connection=old)
    assert seen(record(5, AGENT, x_impact="hi"), before=first).timeline == ()


def test_of_a_display_field_only_the_last_change_is_kept() -> None:
    first = seen(record())
    second = seen(record(10, BRIDGE, x_policy_severity="S1"), before=first)
    third = seen(record(20, BRIDGE, x_policy_severity="S2"), before=second)
    assert changes(third, "field:severity") == [(20, "S1", "S2", "system")]


def test_fields_without_a_field_of_their_own_are_held_in_the_log() -> None:
    kept_fields = log((5, {}), kept_fields={"closure_at": "2026-03-09T08:00:00Z", "audience": "coo"})
    taken = appended(kept_fields, LogEntry(later(9), "r", ("k",), {}, {"audience": ""}))
    assert seen(record(9, BRIDGE, x_policy_log=taken)).fields == {"closure_at": "2026-03-09T08:00:00Z"}


def test_values_held_in_the_log_are_ours_whoever_wrote_last() -> None:
    kept_fields = log((9, {}), kept_fields={"closure_at": "2026-03-09T08:00:00Z"})
    second = seen(record(12, AGENT, x_policy_log=kept_fields), before=seen(record()))
    assert changes(second, "field:closure_at") == [(9, None, "2026-03-09T08:00:00Z", "bridge")]


def test_an_archived_ticket_keeps_the_history_of_its_stages() -> None:
    rows = [tracking(7, 59, "Stage", NEW, PROGRESS)]
    raw = record(40, AGENT, stage_id=PROGRESS, active=False)
    assert changes(seen(raw, change(59, 10, P_AGENT), trackings=rows), "status") == [
        (10, "new", "in_progress", "agent"),
        (40, "in_progress", "closed", "agent"),
    ]


def test_the_log_keeps_the_last_writes_and_every_kept_field() -> None:
    text = log((0, {}), kept_fields={"closure_at": "x"})
    for number in range(20):
        text = appended(text, LogEntry(later(number), "r", (str(number),), {"priority": "low"}, {}))
    entries = read(text)
    assert [entry.keys for entry in entries] == [(str(number),) for number in range(20 - MAX_ENTRIES, 20)]
    assert entries[-1].kept_fields == {"closure_at": "x"}
    assert entries[-1].values == {"priority": "low"}


def test_a_damaged_log_is_ignored() -> None:
    for spoilt in (False, "", "{", "7", '["x", {"at": "soon", "keys": []}, {"at": "2026-03-02T08:00:00Z", "keys": 1}]'):
        assert read(spoilt) == []
    assert seen(record(x_policy_log="no log")).timeline == ()
    assert read(appended("no log", LogEntry(later(1), "r", ("k",))))[0].keys == ("k",)
    assert CATALOG.schema.target(Field("log"), WIRED) is None
