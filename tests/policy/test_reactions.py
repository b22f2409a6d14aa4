"""Reactions: a group for a while, and what is asked only at the instant at which the condition becomes true.

In Lisbon it is winter: local time is UTC. Monday is 2026-03-02; office hours are nine to six.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.policy.rules.reactions import Reaction

from .conftest import Play, done

CLOSED = {"calendar_open": {"none": ["office"]}}
NIGHTS = {"name": "nights", "clause": "AC-1", "when": CLOSED, "group": "on_call", "hand_back": True}
TEXTS = {"role_directory": ["on_call"], "roles": {"on_call": "on-call@vendor.example"}}


def ticket(*events: str, at: str = "2026-03-02T10:00:00Z", until: str = "+70h", more: str = "") -> str:
    lines = "".join(f"\n  - {event}" for event in events)
    return f"ticket: {{at: {at}, type: incident, group: desk{more}}}\nevents: {lines or '[]'}\nuntil: {until}\n"


def test_at_night_the_ticket_is_on_call_and_in_the_morning_back_where_it_was(play: Play) -> None:
    moved = done(play({"reactions": [NIGHTS]}, ticket()), "set_field")
    groups = [(at, value) for at, value in moved if value.startswith("group=")]
    assert (
        groups
        == [
            ("03-02 18:00", "group=on_call"),
            ("03-03 09:00", "group=desk"),
            ("03-03 18:00", "group=on_call"),
            ("03-04 09:00", "group=desk"),
            ("03-04 18:00", "group=on_call"),
            ("03-05 09:00", "group=desk"),
        ][: len(groups)]
    )
    assert len(groups) >= 5


@pytest.mark.parametrize(
    "event",
    ["{at: +20h, by: agent, set: {group: network}}", "{at: +20h, by: agent, set: {status: solved}}"],
    ids=["moved by a person", "solved"],
)
def test_what_a_person_did_at_night_stays(play: Play, event: str) -> None:
    moved = done(play({"reactions": [NIGHTS]}, ticket(event, until="+24h")), "set_field")
    assert "group=desk" not in [value for _, value in moved]


def test_a_ticket_that_a_person_keeps_on_call_by_day_stays_there(play: Play) -> None:
    events = ["{at: +24h, by: agent, set: {group: on_call}}"]
    moved = done(play({"reactions": [NIGHTS]}, ticket(*events, until="+30h")), "set_field")
    assert [value for _, value in moved if value == "group=desk"] == ["group=desk"]


def test_a_condition_may_be_asked_only_when_the_reaction_begins(play: Play) -> None:
    """A high severity that is set at night calls somebody; one that lasts into the night calls nobody."""
    call = {"name": "call", "clause": "AC-1", "when": {"level": "bad"}, "only_if": CLOSED, "notify": ["on_call"]}
    by_day = ticket("{at: +1h, by: agent, set: {impact: major}}")
    assert done(play({"reactions": [call], **TEXTS}, by_day), "notify") == []
    by_night = ticket("{at: +10h, by: agent, set: {impact: major}}")
    assert done(play({"reactions": [call], **TEXTS}, by_night), "notify") == [("03-02 20:00", "on_call")]


@pytest.mark.parametrize("keys", [{"hand_back": True}, {"hand_back": True, "group": "x", "evaluated": "at_creation"}])
def test_only_a_group_that_may_end_can_be_handed_back(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"found hand_back with.+; allowed: together with group"):
        Reaction.model_validate({"name": "nights", "clause": "AC-1", "when": {}, **keys})
