"""``policybridge conflicts``: on a live account over HTTP it finds, switches off as seen, and takes back."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.ports.conditions import Condition
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store
from tests.support.openapi import zendesk_openapi

ROOT = Path(__file__).parents[2]
PACK = ROOT / "tests" / "lint" / "base.yaml"
PAGE = (ROOT / "docs" / "conflicts.md").read_text("utf-8")
SCENARIOS = """
- name: Everyone is affected
  policy: acme.yaml
  ticket: {at: "2026-03-02T08:00:00Z", type: incident, channel: email, facts: {impact: everyone, workaround: false}}
  until: +6h
- name: One is affected
  policy: acme.yaml
  ticket: {at: "2026-03-02T08:00:00Z", type: question, channel: email, facts: {impact: one}}
  until: +6h
"""
CREATED = {"field": "update_type", "operator": "is", "value": "Create"}
VIP = {
    "title": "VIP",
    "conditions": {"all": [CREATED, {"field": "current_tags", "operator": "includes", "value": "vip"}], "any": []},
    "actions": [{"field": "priority", "value": "urgent"}],
}
SURVEY = {
    "title": "Unhappy",
    "all": [
        {"field": "satisfaction_score", "operator": "is", "value": "bad"},
        {"field": "SOLVED", "operator": "greater_than", "value": "2"},
    ],
    "actions": [{"field": "priority", "value": "high"}],
}


def api(zendesk: ZendeskSandbox, method: str, path: str, body: Any = None) -> Any:
    """One request of an administrator; each exchange is valid against the official document."""
    auth = (f"{seeds.ADMIN_EMAIL}/token", zendesk.api_token)
    answer = requests.request(method, f"{zendesk.url}/api/v2/{path}", json=body, auth=auth, timeout=30)
    assert answer.ok, answer.text
    if document := zendesk_openapi():
        assert document.check(method, f"/api/v2/{path}", body, answer.status_code, answer.json())
    return answer.json()


def own_pack(machine: Any) -> None:
    """Configure a pack that is not shipped, with few scenarios."""
    machine.write("acme.yaml", PACK.read_text("utf-8"))
    machine.write("scenarios.yaml", SCENARIOS)
    configuration = json.loads((machine.folder / "policybridge.yaml").read_text("utf-8"))
    machine.write("policybridge.yaml", {**configuration, "policy": "acme.yaml"})


@pytest.fixture
def vip(zendesk: ZendeskSandbox) -> int:
    """The id of a trigger that sets a priority."""
    ident: int = api(zendesk, "POST", "triggers", {"trigger": VIP})["trigger"]["id"]
    return ident


@pytest.fixture
def admin(connected: Any, zendesk: ZendeskSandbox) -> Any:
    """A machine that also has the credentials of an administrator, and few scenarios."""
    own_pack(connected)
    connected.environment |= {
        "ZENDESK_ADMIN_OAUTH_CLIENT_ID": zendesk.admin_client_id,
        "ZENDESK_ADMIN_OAUTH_CLIENT_SECRET": zendesk.admin_client_secret,
    }
    return connected


def examined(machine: Any, *options: str) -> Any:
    return machine("conflicts", "zendesk", "--scenarios", "scenarios.yaml", *options)


def test_a_trigger_that_sets_the_priority_is_shown_with_who_acts_first(admin: Any, vip: int) -> None:
    done = examined(admin)
    assert (done.code, done.err) == (Exit.DIFFERS, "")
    lines = done.out.splitlines()
    assert lines[0] == f"✗ trigger {vip} (VIP)"
    assert lines[1] == "    fights over priority"
    assert lines[2] == "      rule    2026-03-02 08:00 UTC  sets priority to urgent"
    assert lines[3].startswith("      policy  2026-03-02 08:00 UTC  set priority to ")
    assert lines[3].endswith(" (AC-2)")
    assert lines[4].startswith("      first   the rule, in “One is affected” of acme, on a ticket with the tag vip")
    assert lines[5] == "    proposal  switch it off: the policy does all that it does"
    assert lines[-1].startswith("2 rules played on 10 scenarios: 1 in conflict, 0 not examined, 1 without conflict")


def test_json_has_every_rule_with_its_verdict(admin: Any, zendesk: ZendeskSandbox, vip: int) -> None:
    automation = api(zendesk, "POST", "automations", {"automation": SURVEY})["automation"]["id"]
    done = examined(admin, "--json")
    assert done.code == Exit.DIFFERS
    rules = {rule["id"]: rule for rule in done.json()["rules"]}
    assert [each["about"] for each in rules[str(vip)]["conflicts"]] == ["priority"]
    assert rules[str(vip)]["proposal"] == "switch off"
    assert rules[str(automation)]["not_examined"] == "its condition on satisfaction_score is not understood"
    assert rules[str(seeds.NOTIFY["id"])]["conflicts"] == []  # it brings the bridge's messages to the customer


def test_it_is_switched_off_on_consent_and_on_again(admin: Any, zendesk: ZendeskSandbox, vip: int) -> None:
    before = api(zendesk, "GET", f"triggers/{vip}")["trigger"]
    assert examined(admin).code == Exit.DIFFERS
    refused = admin("conflicts", "zendesk", "--apply")
    assert (refused.code, refused.err.splitlines()[-1]) == (
        Exit.UNUSABLE,
        "no terminal to ask in; add --yes to go on without asking",
    )
    assert api(zendesk, "GET", f"triggers/{vip}")["trigger"]["active"] is True
    done = admin("conflicts", "zendesk", "--apply", "--yes")
    assert (done.code, f"✓ trigger {vip} (VIP): switched off" in done.out) == (Exit.OK, True)
    assert api(zendesk, "GET", f"triggers/{vip}")["trigger"]["active"] is False
    with_store = open_store(admin.environment["POLICYBRIDGE_DATABASE_URL"])
    assert with_store.audit_entries(limit=1)[0].detail.startswith(f"trigger {vip} (VIP) switched off by ")
    assert not with_store.condition(Condition.NATIVE_RULES, "acme").is_failing
    with_store.close()
    again = examined(admin)
    assert (again.code, f"· trigger {vip} (VIP): switched off on" in again.out) == (Exit.OK, True)
    back = admin("conflicts", "zendesk", "--restore", "--yes")
    assert f"✓ trigger {vip} (VIP): switched on" in back.out
    after = api(zendesk, "GET", f"triggers/{vip}")["trigger"]
    assert {**after, "updated_at": ""} == {**before, "updated_at": ""}
    assert "nothing was changed" in admin("conflicts", "zendesk", "--restore", "--yes").out


def test_doctor_names_a_rule_that_somebody_makes_afterwards(admin: Any, zendesk: ZendeskSandbox, vip: int) -> None:
    examined(admin)
    with_store = open_store(admin.environment["POLICYBRIDGE_DATABASE_URL"])
    said = with_store.condition(Condition.NATIVE_RULES, "acme").detail
    with_store.close()
    assert said == f"trigger {vip} (VIP) fights over priority"
    assert f"✗ acme, no rule of the helpdesk acts against a policy: {said}" in admin("doctor").out


def test_a_rule_that_somebody_edited_since_stays_as_it_is(admin: Any, zendesk: ZendeskSandbox, vip: int) -> None:
    examined(admin)
    api(zendesk, "PUT", f"triggers/{vip}", {"trigger": {**VIP, "actions": [{"field": "priority", "value": "low"}]}})
    done = admin("conflicts", "zendesk", "--apply", "--yes")
    assert done.code == Exit.FINDINGS
    assert "left as it is: it was changed after it was examined; run `policybridge conflicts` again" in done.out
    assert api(zendesk, "GET", f"triggers/{vip}")["trigger"]["active"] is True
    assert examined(admin).code == Exit.DIFFERS
    assert admin("conflicts", "zendesk", "--apply", "--yes").code == Exit.OK
    api(zendesk, "PUT", f"triggers/{vip}", {"trigger": {**VIP, "title": "VIP customers", "active": False}})
    back = admin("conflicts", "zendesk", "--restore", "--yes")
    assert "it was changed after it was switched off; switch it on in the helpdesk" in back.out
    assert api(zendesk, "GET", f"triggers/{vip}")["trigger"]["active"] is False


def test_what_a_dying_process_left_off_is_on_again_after_restore(
    admin: Any, zendesk: ZendeskSandbox, vip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is lost after the helpdesk has switched the rule, before anybody knows."""
    examined(admin)
    zendesk.fail("PUT", "/api/v2/triggers/update_many*", drop=True, apply=True)
    assert admin("conflicts", "zendesk", "--apply", "--yes").code == Exit.FINDINGS
    assert api(zendesk, "GET", f"triggers/{vip}")["trigger"]["active"] is False
    assert admin("conflicts", "zendesk", "--restore", "--yes").code == Exit.OK
    assert api(zendesk, "GET", f"triggers/{vip}")["trigger"]["active"] is True


def test_what_the_page_tells_people_to_type(admin: Any, vip: int) -> None:
    """On a pack without scenarios of its own."""
    found = re.search(r"^<!-- run -->\n```console\n\$ policybridge (.*?)\n```$", PAGE, re.MULTILINE)
    assert found
    done = admin(*shlex.split(found[1]))
    assert (done.code, done.err, f"✗ trigger {vip} (VIP)" in done.out) == (Exit.DIFFERS, "", True)


def test_every_request_of_the_switch_is_one_of_the_document(admin: Any, zendesk: ZendeskSandbox, vip: int) -> None:
    document = zendesk_openapi()
    if document is None:
        pytest.skip("the document is not beside the repository")
    examined(admin)
    begin = len(zendesk.requests())
    admin("conflicts", "zendesk", "--apply", "--yes")
    admin("conflicts", "zendesk", "--restore", "--yes")
    sent = [row for row in zendesk.requests()[begin:] if row["path"].startswith("/api/v2")]
    changes = [(row["method"], row["path"]) for row in sent if row["method"] != "GET"]
    assert changes == [("PUT", "/api/v2/triggers/update_many")] * 2
    for row in sent:
        if "/triggers" in row["path"]:  # the document is trimmed: of the other lists it has only a few
            document.check_request(row["method"], row["path"], row["query"], row["body"])


def test_a_rule_without_conflict_is_said_to_have_none(admin: Any, vip: int) -> None:
    assert examined(admin).code == Exit.DIFFERS
    done = admin("conflicts", "zendesk", "--apply", "--yes", "--rule", str(seeds.NOTIFY["id"]))
    assert (done.code, done.out.splitlines()[0].rpartition(": ")[2]) == (Exit.OK, "without conflict")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["salesforce"], "VENDOR: found 'salesforce'; allowed: odoo, zendesk"),
        (["zendesk", "--apply"], "--apply: no rule was examined yet; run `policybridge conflicts` without it first"),
        (["zendesk", "--apply", "--restore"], "give one of --apply and --restore"),
        (["zendesk", "--rule", "7"], "--rule goes with --apply or --restore"),
        (["zendesk", "--restore", "--rule", "7"], "--rule: found '7'; allowed: none"),
        (["zendesk", "--scenarios", "missing.yaml"], "missing.yaml"),
    ],
)
def test_what_cannot_be_used_is_said(admin: Any, arguments: list[str], message: str) -> None:
    done = admin("conflicts", *arguments)
    assert (done.code, message in done.err) == (Exit.UNUSABLE, True)


def test_without_an_administrator_nothing_is_switched(connected: Any, vip: int) -> None:
    own_pack(connected)
    assert examined(connected).code == Exit.DIFFERS
    done = connected("conflicts", "zendesk", "--apply", "--yes")
    assert (done.code, "ZENDESK_ADMIN_OAUTH_CLIENT_ID" in done.err) == (Exit.UNUSABLE, True)
    with_store = open_store(connected.environment["POLICYBRIDGE_DATABASE_URL"])
    assert not any(rule.switched_off_at for rule in with_store.examined_rules("acme"))
    with_store.close()
    assert Path("policybridge.yaml").exists()
