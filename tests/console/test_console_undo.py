"""Undo and adoption with a button: shown first, then done, recorded, and closed to other sites."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import Stopped
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.ports.reviews import Review
from bridge.runtime.stops import Stops
from mappings.connection import Configuration

from .conftest import CONFIGURATION, TOKEN, ReviewingInstallation
from .test_console_left_alone import leave_alone


class ConnectedHelpdesk(InMemoryHelpdesk):
    """One that asks before each write whether it is stopped, as the real ones do."""

    stops: Stops

    def apply(self, *given: Any, **more: Any) -> Any:
        self.stops.check("zendesk")
        return super().apply(*given, **more)


def written(bridge: ReviewingInstallation) -> tuple[ConnectedHelpdesk, Review]:
    """A ticket to which the bridge has written."""
    helpdesk = ConnectedHelpdesk(bridge.ticket())
    helpdesk.stops, helpdesk.now = Stops(bridge.store), bridge.now
    bridge.helpdesks["zendesk"] = helpdesk
    review = bridge.review(helpdesk.fetch(bridge.ticket().ref))
    assert review.plan
    helpdesk.apply(helpdesk.fetch(review.ref), review.plan)
    return helpdesk, review


def test_a_page_shows_what_would_be_taken_back_and_its_button_does_it(bridge: ReviewingInstallation) -> None:
    helpdesk, review = written(bridge)
    client = bridge.app().test_client()
    assert 'href="/tickets/zendesk/1/undo"' in client.get("/tickets/zendesk/1").text
    page = client.get("/tickets/zendesk/1/undo").text
    assert "tag policy_severity_critical removed" in page
    assert "Cannot be taken back" in page
    assert "policy_severity_critical" in helpdesk.fetch(review.ref).tags, "it is only shown"
    planned: Any = client.get("/api/tickets/zendesk/1/undo?clause=MA-08").json
    assert {each["clause"] for each in planned["undone"]} <= {"MA-08"}
    assert client.post("/tickets/zendesk/1/undo", data={"by": "pat"}).status_code == 303
    assert not [tag for tag in helpdesk.fetch(review.ref).tags if tag.startswith("policy_")]
    assert bridge.store.audit_entries()[0].detail.startswith("pat had ")
    assert "Nothing to undo." in client.get("/tickets/zendesk/1/undo").text
    again: Any = client.post("/api/tickets/zendesk/1/undo").json
    assert again["undone"] == []


@pytest.mark.parametrize(
    ("address", "body"), [("?clause=ma-09", None), ("", {"clause": "MA-09"}), ("?clause=X", {"clause": "MA-09"})]
)
def test_of_one_clause_only_what_it_wrote_is_taken_back(
    bridge: ReviewingInstallation, address: str, body: dict[str, str] | None
) -> None:
    """Programs ask in the address, as for the plan, or in the body, which goes before; nothing else is undone."""
    written(bridge)
    done: Any = bridge.app().test_client().post(f"/api/tickets/zendesk/1/undo{address}", json=body).json
    assert {each["clause"] for each in done["undone"]} == {"MA-09"}


def test_undo_works_while_writing_is_stopped(bridge: ReviewingInstallation) -> None:
    helpdesk, review = written(bridge)
    Stops(bridge.store).stop("", "pat", "wrong texts", bridge.now)
    with pytest.raises(Stopped):
        helpdesk.apply(helpdesk.fetch(review.ref), review.plan)
    assert bridge.app().test_client().post("/tickets/zendesk/1/undo").status_code == 303
    assert not [tag for tag in helpdesk.fetch(review.ref).tags if tag.startswith("policy_")]


def test_an_ignored_ticket_is_adopted_with_a_button(bridge: ReviewingInstallation) -> None:
    ignoring = {
        **CONFIGURATION,
        "connections": {"zendesk": {"vendor": "zendesk", "mode": "enforce", "backlog": "ignore"}},
    }
    client, button = bridge.app().test_client(), "Adopt this ticket"
    leave_alone(bridge, "77")
    assert button not in client.get("/tickets/zendesk/77").text
    refused = client.post("/api/tickets/zendesk/77/adopt")
    assert (refused.status_code, "nothing to adopt" in refused.json["error"]) == (400, True)  # type: ignore[index]
    bridge.configuration = Configuration.model_validate(ignoring)
    client = bridge.app().test_client()
    assert button in client.get("/tickets/zendesk/77").text
    assert client.post("/tickets/zendesk/77/adopt", data={"by": "pat", "because": "important"}).status_code == 303
    assert bridge.store.audit_entries()[0].detail == "zendesk:77 adopted by pat: important"
    assert button not in client.get("/tickets/zendesk/77").text
    assert client.post("/api/tickets/zendesk/77/adopt").status_code == 409


@pytest.mark.parametrize("path", ["undo", "adopt"])
def test_neither_is_open_to_strangers_or_other_sites(locked: ReviewingInstallation, path: str) -> None:
    written(locked)
    client = locked.closed_app().test_client()
    for prefix in ("/tickets/zendesk/1", "/api/tickets/zendesk/1"):
        assert client.post(f"{prefix}/{path}").status_code in (302, 303, 401, 403)
    client.post("/login", data={"token": TOKEN})
    foreign = client.post(f"/tickets/zendesk/1/{path}", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
