"""The preview in the console: what would be done, the marks of people, and the button that confirms a mode."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from bridge.helpdesks.in_memory import InMemoryHelpdesk

from .conftest import ReviewingInstallation


def change_mode(bridge: ReviewingInstallation, mode: str) -> None:
    """Edit the file."""
    connections = bridge.configuration.connections
    connections["zendesk"] = connections["zendesk"].model_copy(update={"mode": mode})


@pytest.fixture
def client(bridge: ReviewingInstallation) -> FlaskClient:
    """The console of an installation that has seen one ticket in shadow mode."""
    bridge.helpdesks["zendesk"] = InMemoryHelpdesk(bridge.ticket())
    bridge.review(bridge.ticket())
    change_mode(bridge, "shadow")
    bridge.store.record_mode("zendesk", "shadow")
    assert bridge.previews.follow(bridge.now + timedelta(seconds=1)) == 1
    return bridge.app().test_client()


def test_the_page_and_the_api_list_what_would_be_done(client: FlaskClient) -> None:
    page = client.get("/preview").text
    assert "What would be done in the next 7 days" in page
    shown = client.get("/api/preview").json
    assert shown
    assert shown["totals"]["tags"] == sum(each["kind"] == "tags" for each in shown["actions"]) > 0
    assert {each["withheld"]["because"] for each in shown["actions"]} == {"mode shadow"}
    tags = client.get("/api/preview?kind=tags").json
    assert tags
    assert {each["kind"] for each in tags["actions"]} == {"tags"}
    assert "Only" in client.get("/preview?kind=tags").text


def test_people_mark_lines_and_see_the_share_of_right_ones(client: FlaskClient) -> None:
    first, second = client.get("/api/preview?kind=tags").json["actions"][:2]  # type: ignore[index]
    for each, right in ((first, "yes"), (second, "no")):
        given = {name: each[name] for name in ("ticket", "clause", "action", "value")}
        answer = client.post("/preview/mark", data=given | {"right": right, "because": "as agreed", "by": "pat"})
        assert answer.status_code == 303
    shown = client.get("/api/preview").json
    assert shown
    assert sum(each["marked"] for each in shown["marks"].values()) == 2
    assert sum(each["right"] for each in shown["marks"].values()) == 1
    assert "right: as agreed" in client.get("/preview").text
    marked = client.post("/api/preview/mark", json={**given, "right": False, "by": "sam"}).json
    assert marked == {"right": False, "because": "", "by": "sam", "at": marked["at"]}  # type: ignore[index]
    refused = client.post("/api/preview/mark", json={**given, "right": "perhaps"})
    assert (refused.status_code, refused.json) == (400, {"error": "right: found 'perhaps'; allowed: yes, no"})


def test_a_change_of_the_mode_is_confirmed_with_a_button(client: FlaskClient, bridge: ReviewingInstallation) -> None:
    refused = client.post("/api/enforce", json={"connection": "zendesk"})
    assert refused.status_code == 400
    assert "no change of a mode waits" in refused.json["error"]  # type: ignore[index]
    change_mode(bridge, "enforce")
    assert "nobody has confirmed it" in client.get("/preview").text
    assert "nobody has confirmed it" in client.get("/").text
    client.post("/preview/enforce", data={"connection": "zendesk", "by": "pat"})
    assert bridge.modes.current("zendesk").mode == "enforce"
    assert "nobody has confirmed it" not in client.get("/preview").text
    assert any("confirmed by pat" in each.detail for each in bridge.store.audit_entries())
