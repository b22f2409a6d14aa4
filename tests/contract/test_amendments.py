"""Amendments that agents write as internal notes: read, judged by who wrote them, and confirmed on the ticket."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.ticket import Message, Role

from .conftest import VendorScenario

AGENTS = ("agent1@vendor.example", "agent1@example.com")
TERMS: dict[str, Any] = {
    "roles": {"team_lead": ", ".join(AGENTS), "coo": "coo@vendor.example"},
    "amendments": {
        "clause": "MA-10",
        "extend": {"roles": ["team_lead"], "clocks": ["first_response"]},
        "waive": {"roles": ["coo"], "clocks": ["first_response"]},
        "promise": {"roles": ["team_lead"]},
    },
}


def agent_of(scenario: VendorScenario, number: str) -> str:
    """The address of whoever writes notes for this vendor, as the adapter reads it."""
    notes = (entry for entry in scenario.ticket(number).timeline if isinstance(entry, Message))
    return next(note.actor.email for note in notes if note.actor.role is Role.AGENT and not note.public)


@pytest.mark.parametrize("overrides", [TERMS], ids=["amendments"])
def test_an_agent_extends_a_clock_by_a_note_and_is_told_what_was_recorded(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Phones do not ring", affected="significant")
    scenario.vendor.note(number, "Looks like the exchange")
    scenario.settle()
    lead = agent_of(scenario, number)
    assert lead in AGENTS
    scenario.later(minutes=1)
    until = scenario.ticket(number).created_at.isoformat()
    scenario.vendor.note(number, f"policy: extend first_response until {_years_later(until)}, because a part is late")
    scenario.vendor.note(number, "policy: waive first_response, because I want to")
    scenario.vendor.note(number, "policy: promise 2001-01-01 10:00, because they asked")
    scenario.settle()
    notes = "\n".join(scenario.see(number).notes)
    assert f"by {lead}: a part is late" in notes
    assert f"Waiver not recorded: found {lead}; allowed: COO" in notes
    assert "Promise not recorded: found 2001-01-01 10:00 UTC, which is in the past" in notes
    (clock,) = [each for each in scenario.reviews(number)[-1].decision.clocks if each.name == "first_response"]  # type: ignore[union-attr]
    assert clock.due_at is not None
    assert clock.due_at.year == int(until[:4]) + 2
    assert clock.amendment is not None
    scenario.later(minutes=5)
    assert "\n".join(scenario.see(number).notes).count("a part is late") == 2  # the agent's, and ours once


def _years_later(text: str) -> str:
    """Two years after an instant, also on a day that only leap years have."""
    return f"{int(text[:4]) + 2}-06-15 10:00"
