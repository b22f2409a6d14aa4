"""``policybridge explain`` against a local Zendesk and a real database."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.policy.load import pack_file
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store

from .recorded_reviews import record_review, tags, writes


def test_explain_tells_what_the_policy_makes_of_a_ticket_and_writes_nothing(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    before = tags(zendesk, ident)
    done = connected("explain", ident)
    assert (done.code, done.err) == (Exit.OK, "")
    assert done.out.startswith(f"acme:{ident}: severity critical under maas360 1\n")
    assert "[MA-11] status_update is running" in done.out
    assert "[MA-09] set priority to urgent" in done.out
    assert not writes(zendesk)
    assert tags(zendesk, ident) == before
    with closing(open_store(connected.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        assert store.reviews() == []
        assert store.claim(datetime.now(UTC), limit=9, lease_s=1) == []  # nobody was woken


def test_a_value_that_a_trigger_set_is_named_as_the_triggers(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    """A priority that happens to be the policy's looks like agreement, and one that is not is not a person's doing."""
    text = json.loads((connected.folder / "policybridge.yaml").read_text("utf-8"))
    text["connections"]["acme"] |= {"mode": "shadow", "in_force_since": "2026-01-01T00:00:00Z"}
    connected.write("policybridge.yaml", text)
    created = {"field": "update_type", "operator": "is", "value": "Create"}
    for priority, wants in (("urgent", "the same"), ("low", "urgent")):
        rule = {"title": "VIP", "conditions": {"all": [created]}, "actions": [{"field": "priority", "value": priority}]}
        auth = (f"{seeds.ADMIN_EMAIL}/token", zendesk.api_token)
        made = requests.post(f"{zendesk.url}/api/v2/triggers", json={"trigger": rule}, auth=auth, timeout=30).json()
        done = connected("explain", critical_ticket())
        named = f"priority is {priority}, set by trigger {made['trigger']['id']} (VIP) on "
        assert named in done.out, done.out
        assert f"; the policy wants {wants}" in done.out
        requests.delete(f"{zendesk.url}/api/v2/triggers/{made['trigger']['id']}", auth=auth, timeout=30)


def test_explain_as_json(connected: Any, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    done = connected("explain", f"acme:{ident}", "--json")
    assert done.code == Exit.OK
    explanation = done.json()
    assert explanation["review"] is None
    assert (explanation["ref"], explanation["level"]) == ({"connection": "acme", "id": ident}, "critical")
    clock = next(clock for clock in explanation["clocks"] if clock["name"] == "status_update")
    assert clock["intervals"][-1]["sum_s"] == clock["target_s"] == 2 * 3600
    assert clock["intervals"][-1]["ends"] == clock["due_at"]
    assert {"set_priority", "add_tag"} <= {action["action"] for action in explanation["plan"]["actions"]}
    assert {rule["applied"] for rule in explanation["rules"]} == {True, False}
    assert explanation["clauses"]["MA-09"]["text"]


@pytest.mark.parametrize(
    ("ticket", "message"),
    [
        ("other:7", "TICKET: found connection 'other'; allowed: acme"),
        ("acme:", "TICKET: 'acme:' is not a ticket reference"),
    ],
)
def test_a_reference_that_names_no_ticket(connected: Any, ticket: str, message: str) -> None:
    for command in ("explain", "review"):
        done = connected(command, ticket)
        assert done.code == Exit.UNUSABLE
        assert done.err.startswith(message)
        assert "Traceback" not in done.err


def test_with_several_connections_the_id_alone_says_which_there_are(connected: Any) -> None:
    file = connected.folder / "policybridge.yaml"
    settings = json.loads(file.read_text())
    settings["connections"]["beta"] = {"vendor": "zendesk"}
    file.write_text(json.dumps(settings))
    done = connected("explain", "7")
    assert done.code == Exit.UNUSABLE
    assert "write it as connection:id" in done.err
    assert "acme, beta" in done.err


def test_a_ticket_the_helpdesk_does_not_know(connected: Any) -> None:
    done = connected("explain", "999999")
    assert done.code == Exit.UNUSABLE
    assert len(done.err.splitlines()) == 1
    record_review(connected)
    done = connected("explain", "7")
    assert done.code == Exit.FINDINGS
    assert "`policybridge explain acme:7 --recorded` shows the last decision" in done.err


def test_what_was_recorded_is_explained_without_helpdesk_and_credentials(connected: Any) -> None:
    review = record_review(connected)
    for name in [name for name in connected.environment if name.startswith("ZENDESK")]:
        del connected.environment[name]
    done = connected("explain", "7", "--recorded")
    assert done.code == Exit.OK
    assert done.out.startswith(f"Recorded by review {review.id}\n\nacme:7: severity critical under maas360 1\n")
    assert "[MA-14] escalation stage 1" in done.out
    as_json = connected("explain", "acme:7", "--recorded", "--json").json()
    assert as_json["review"] == review.id
    assert as_json["at"] == "2026-03-02T12:30:00Z"


def test_nothing_recorded_yet(connected: Any) -> None:
    done = connected("explain", "acme:7", "--recorded")
    assert done.code == Exit.UNUSABLE
    assert done.err == "ticket: found acme:7, which was never reviewed; `policybridge review acme:7` reviews it now\n"


def test_an_unknown_connection_is_reported_before_missing_credentials(policybridge: Any) -> None:
    policybridge.write("policybridge.yaml", "policy: maas360\nconnections: {acme: {vendor: zendesk}}\n")
    for command in ("explain", "review"):
        done = policybridge(command, "foo:1")
        assert done.err.strip().endswith("TICKET: found connection 'foo'; allowed: acme")


def test_the_document_has_the_overrides_of_the_configuration(policybridge: Any) -> None:
    policybridge.write(
        "policybridge.yaml",
        "policy: mattermost\noverrides: {mattermost: {title: Our own promise}}\nconnections: {a: {vendor: zendesk}}\n",
    )
    assert policybridge("render", "mattermost").out.startswith("# Our own promise")
    assert policybridge("render", "maas360").out.startswith("# MaaS360")


def test_what_if_another_fact_were_set_or_another_pack_governed(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    done = connected("explain", ident, "--set", "affected=individual", "--set", "impact=minor")
    assert (done.code, done.err) == (Exit.OK, "")
    assert done.out.startswith("What if affected=individual were set and impact=minor were set?\n")
    assert f"acme:{ident}: severity low under maas360 1" in done.out
    section = done.out.partition("What changes\n")[2].partition("\n\n")[0].splitlines()
    assert section[0] == "  severity: critical -> low"
    assert "  priority: urgent -> low" in section
    assert "  no longer tag policy_severity_critical" in section
    edited = pack_file("maas360").read_text("utf-8").replace('version: "1"', 'version: "2"')
    connected.write("edited.yaml", edited)
    later = connected("explain", ident, "--pack", "edited.yaml", "--at", "2099-01-01", "--json").json()
    assert (later["version"], later["at"]) == ("2", "2099-01-01T00:00:00Z")
    assert later["changes"] == []
    assert [clock["state"] for clock in later["clocks"] if clock["name"] == "status_update"][:1] == ["breached"]
    assert not writes(zendesk)


def test_what_if_says_what_it_does_not_know(connected: Any, critical_ticket: Callable[[], str]) -> None:
    done = connected("explain", critical_ticket(), "--set", "affected")
    assert (done.code, done.err.strip()) == (
        Exit.UNUSABLE,
        "--set: found 'affected'; allowed: a fact and its value, such as affected=all",
    )
