"""The field of a fact is deleted or switched off in Zendesk while in use: what was decided stays, and it is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from app import create_app
from bridge.console import OPEN_CONSOLE
from bridge.ports.outcomes import ReviewCause
from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.zendesk_account import IDS

from .conftest import ConnectedBridge

FIELD = IDS["facts.affected"]
GONE = f"facts.affected: ticket field {FIELD} does not exist or is inactive"


def delete(sandbox: ZendeskSandbox) -> None:
    requests.delete(f"{sandbox.url}/api/v2/ticket_fields/{FIELD}", auth=sandbox.auth, timeout=30).raise_for_status()


def switch_off(sandbox: ZendeskSandbox) -> None:
    url, body = f"{sandbox.url}/api/v2/ticket_fields/{FIELD}", {"ticket_field": {"active": False}}
    requests.put(url, json=body, auth=sandbox.auth, timeout=30).raise_for_status()


@pytest.mark.parametrize("take_away", [delete, switch_off])
def test_a_fact_without_its_field_keeps_its_last_value_and_is_never_taken_for_nothing(
    connected: ConnectedBridge, take_away: Callable[[ZendeskSandbox], None]
) -> None:
    number = connected.ask()
    connected.work()
    before = connected.ticket(number)
    assert before["priority"] == "urgent"

    take_away(connected.sandbox)
    connected.bridge.jobs.sweep()
    connected.sandbox.act(number, "agent1@vendor.example", {"comment": {"body": "I look", "public": False}})
    connected.bridge.store.wake(connected.ref(number), connected.bridge.clock(), ReviewCause.COMMAND)
    connected.work()
    after = connected.ticket(number)
    assert (after["priority"], after["tags"]) == (before["priority"], before["tags"])
    review = next(iter(connected.bridge.store.reviews(connected.ref(number), limit=1)))
    assert review.decision
    found = [finding.because for finding in review.decision.findings if finding.code == "unusable_value"]
    assert [because for because in found if GONE in because and "'all', is kept" in because], found
    app = create_app(connected.bridge)
    app.config[OPEN_CONSOLE] = True
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, [each["condition"] for each in ready.json["failing"]]) == (503, ["setup"])

    fresh = int(connected.sandbox.ask("helpdesk@acme.example", {"subject": "New", "comment": {"body": "Down"}})["id"])
    connected.work()
    assert connected.ticket(fresh)["priority"] is None, "no default takes the place of what cannot be read"
    notes = [note for note in connected.comments(fresh, public=False) if GONE in note]
    assert len(notes) == 1
