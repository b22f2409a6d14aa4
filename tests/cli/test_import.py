"""``policybridge import``: from a live account and from a file, and what it refuses."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.sandbox.personas import ORGANIZATIONS
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "import.md").read_text("utf-8")
SETUP = ROOT / "tests" / "drafts" / "setups" / "plans_by_tag.json"
ODOO_SETUP = SETUP.with_name("odoo") / "two_calendars.json"
WAITING = {"field": "PENDING", "operator": "greater_than", "value": "96"}


def post(zendesk: ZendeskSandbox, path: str, body: Any, method: str = "POST") -> Any:
    auth = (f"{seeds.ADMIN_EMAIL}/token", zendesk.api_token)
    answer = requests.request(method, f"{zendesk.url}/api/v2/{path}", json=body, auth=auth, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


@pytest.fixture
def configured(zendesk: ZendeskSandbox) -> None:
    """An account with a schedule, two SLA policies and an automation."""
    schedule = {"name": "Office", "time_zone": "Berlin"}
    ident = post(zendesk, "business_hours/schedules", {"schedule": schedule})["schedule"]["id"]
    week = {"intervals": [{"start_time": 1980, "end_time": 2460}]}
    post(zendesk, f"business_hours/schedules/{ident}/workweek", {"workweek": week}, "PUT")
    holiday = {"name": "Closed", "start_date": "2026-12-24", "end_date": "2026-12-26"}
    post(zendesk, f"business_hours/schedules/{ident}/holidays", {"holiday": holiday})
    of_acme = {"field": "organization_id", "operator": "is", "value": str(next(iter(ORGANIZATIONS.values()))[0])}
    for position, conditions in enumerate(([of_acme], []), 1):
        metric = {"priority": "urgent", "metric": "first_reply_time", "target": 30 * position, "business_hours": True}
        policy = {"title": f"Policy {position}", "position": position, "filter": {"all": conditions, "any": []}}
        post(zendesk, "slas/policies", {"sla_policy": {**policy, "policy_metrics": [metric]}})
    solve = {"title": "Solve", "all": [WAITING], "actions": [{"field": "status", "value": "solved"}]}
    post(zendesk, "automations", {"automation": solve})


def test_what_the_page_tells_people_to_type(connected: Any, configured: None) -> None:
    found = re.search(r"^<!-- run -->\n```console\n\$ policybridge (.*?)\n```$", PAGE, re.MULTILINE)
    assert found
    done = connected(*shlex.split(found[1]))
    assert done.code == Exit.OK, done.err
    assert connected("check", "acme.yaml").code == Exit.OK
    tested = connected("test", "acme_scenarios.yaml")
    assert (tested.code, tested.out.splitlines()[-1]) == (Exit.OK, "5 scenarios, all passed")
    pack = Path("acme.yaml").read_text("utf-8")
    assert "2026-12-25" in pack
    assert "account: Acme" in pack
    again = connected(*shlex.split(found[1]))
    assert again.code == Exit.UNUSABLE
    assert again.err == "acme.yaml exists; give another --pack or --output, or remove it\n"


def test_lists_that_cannot_be_read_are_named(connected: Any, zendesk: ZendeskSandbox) -> None:
    zendesk.fail("GET", "/api/v2/slas/policies*", status=403, body={"error": "Forbidden"})
    done = connected("import", "zendesk", "--json")
    assert done.code == Exit.OK
    assert done.json()["not_taken"][0]["id"] == "slas/policies"


@pytest.mark.parametrize(("vendor", "setup"), [("zendesk", SETUP), ("odoo", ODOO_SETUP)])
def test_a_file_needs_no_account(policybridge: Any, vendor: str, setup: Path) -> None:
    done = policybridge("import", vendor, "--from", setup, "--output", "drafts", "--json")
    assert done.code == Exit.OK, done.err
    assert done.json()["files"] == ["drafts/draft.yaml", "drafts/draft_scenarios.yaml"]
    assert policybridge("test", "drafts/draft_scenarios.yaml").code == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["salesforce"], "{}", "VENDOR: found 'salesforce'; allowed: odoo, zendesk"),
        (["zendesk", "--pack", "Acme GmbH"], "{}", "--pack: found 'Acme GmbH'; allowed: lower-case letters"),
        (["zendesk"], "sla_policies: []", "rules.json: found no JSON"),
        (["zendesk"], "[]", "rules.json: found list; allowed: an object with the vendor's lists"),
        (["zendesk"], '{"slas": []}', "rules.json: found 'slas'; allowed: sla_policies, schedules"),
        (["zendesk"], '{"sla_policies": [3]}', "rules.json: the documents are not as zendesk writes them"),
        (["zendesk", "--output", "rules.json"], "{}", "rules.json"),
    ],
)
def test_what_cannot_be_used_is_one_line(policybridge: Any, arguments: list[str], text: str, message: str) -> None:
    policybridge.write("rules.json", text)
    done = policybridge("import", *arguments, "--from", "rules.json")
    assert done.code == Exit.UNUSABLE
    assert message in done.err
    assert not list(policybridge.folder.glob("*.yaml"))


def test_a_target_that_is_no_number_is_left_out_and_named(policybridge: Any) -> None:
    metric = {"metric": "first_reply_time", "priority": "urgent", "target": "soon"}
    policy = {"id": 1, "title": "A", "position": 1, "filter": {"all": []}, "policy_metrics": [metric]}
    policybridge.write("rules.json", json.dumps({"sla_policies": [policy]}))
    done = policybridge("import", "zendesk", "--from", "rules.json")
    assert done.code == Exit.OK
    assert (
        "SLA policy 1 (A): its first_reply_time for priority urgent: found target 'soon'; allowed: minutes" in done.out
    )


def test_without_rules_the_draft_has_none(policybridge: Any) -> None:
    policybridge.write("rules.json", json.dumps({}))
    assert policybridge("import", "zendesk", "--from", "rules.json").code == Exit.OK
    assert policybridge("check", "draft.yaml").code == Exit.OK
