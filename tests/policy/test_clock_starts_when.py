"""Clocks that start when a condition begins to hold, such as a report that is due after the resolution."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InputError
from bridge.policy.load import load_policy
from bridge.ticket import Role, Status, TimelineEntry

from .conftest import Play, done
from .test_clock_starts import ALLOWED, decided, moved, named, reason, runs, wrote

RESOLVED = {"status": ["solved", "closed"]}
REPORT = {"name": "first_response", "met_by": [], "met_when": {"device": {"known": True}}, "starts_when": RESOLVED}
ANSWER = {"name": "first_response", "starts_when": {"status": "waiting_development"}}
REOPENED = moved(40, Status.OPEN, Status.SOLVED)


@pytest.mark.parametrize(
    ("clock", "entries", "status", "expected"),
    [
        (REPORT, [], "new", []),
        (REPORT, [moved(10, Status.SOLVED)], "solved", [("breached", 10, None, 0)]),
        (REPORT, [moved(10, Status.SOLVED), named(30)], "solved", [("met", 10, 30, 1200)]),
        (REPORT, [named(5), moved(10, Status.SOLVED)], "solved", [("met", 10, 10, 0)]),
        (
            REPORT,
            [moved(10, Status.SOLVED), moved(30, Status.CLOSED, Status.SOLVED), named(35)],
            "closed",
            [("met", 10, 35, 1500)],
        ),
        (REPORT, [moved(10, Status.SOLVED), REOPENED], "open", [("cancelled", 10, None, 1800)]),
        (
            REPORT,
            [moved(10, Status.SOLVED), REOPENED, moved(50, Status.SOLVED), named(70)],
            "solved",
            [("cancelled", 10, None, 1800), ("met", 50, 70, 1200)],
        ),
        (
            ANSWER,
            [
                moved(10, Status.WAITING_DEVELOPMENT),
                wrote(10, Role.AGENT),
                moved(20, Status.OPEN, Status.WAITING_DEVELOPMENT),
                moved(30, Status.WAITING_DEVELOPMENT),
                wrote(40, Role.AGENT),
                moved(50, Status.OPEN, Status.WAITING_DEVELOPMENT),
                moved(60, Status.WAITING_DEVELOPMENT),
                moved(80, Status.SOLVED, Status.WAITING_DEVELOPMENT),
            ],
            "solved",
            [("met", 10, 40, 1800), ("cancelled", 60, None, 1200)],
        ),
    ],
    ids=["open", "late", "in time", "known before", "closed", "reopened", "resolved again", "a state, twice"],
)
def test_a_clock_starts_each_time_a_condition_begins_to_hold(
    clock: dict[str, Any], entries: list[TimelineEntry], status: str, expected: Any
) -> None:
    known = {"affected": "all"} | ({"device": "tablet"} if named(0).field in _fields(entries) else {})
    assert runs(decided(*entries, overrides={"clocks": [clock]} | ALLOWED, facts=known, status=status)) == expected


def _fields(entries: list[TimelineEntry]) -> set[str]:
    return {getattr(entry, "field", "") for entry in entries}


@pytest.mark.parametrize(
    ("key", "value"), [("starts_on", "level_set"), ("periodic", True), ("on_reopen", "resume"), ("due_fact", "device")]
)
def test_a_clock_has_one_beginning(key: str, value: Any) -> None:
    two = {"clocks": [{"name": "first_response", "starts_when": RESOLVED, key: value}]}
    with pytest.raises(InputError, match=r"found .*; allowed: one of the two"):
        load_policy("maas360", two)


def test_why_a_clock_that_waits_for_its_condition_is_missing() -> None:
    said = reason(decided(overrides={"clocks": [REPORT]}))
    assert said == "not started; condition not met: status is closed or solved (it is new)"


def test_a_step_after_the_resolution_notifies_while_the_ticket_is_solved(play: Play) -> None:
    clock: dict[str, Any] = {"name": "report", "clause": "AC-3", "starts_when": RESOLVED, "met_by": ["agent_message"]}
    clock |= {"targets": {"mild": "4h"}, "calendar": "always", "steps": [{"at": "breach", "notify": ["lead"]}]}
    pack = {"clocks": [clock], "role_directory": ["lead"], "roles": {"lead": "lead@vendor.example"}}
    solved = """
    ticket: {at: 2026-03-02T09:00:00Z, type: incident}
    until: +20h
    events: [{at: +1h, by: agent, set: {status: solved}, reply: Solved}]
    """
    assert done(play(pack, solved), "notify") == [("03-02 14:00", "lead")]
