"""``policybridge install zendesk`` on a local account: what it makes, keeps, refuses, resumes and takes back."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from bridge.cli import cli
from bridge.cli.exits import Exit
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.yamlio.document import only, parse_all
from tests.support.openapi import zendesk_openapi
from tests.support.processes import eventually

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
URL = "https://bridge.example.com"
FORM = seeds.FORMS["default"][1]
EVERYTHING = ("--url", URL, "--form", FORM, "--statuses", "--groups")
MARKED = ("ticket_fields", "groups", "webhooks", "views")
TABLES = ("ticket_fields", "ticket_forms", "custom_statuses", "groups", "webhooks", "views", "triggers")
FILE = """\
# The support team's own account
policy: [maas360]
connections:
  zendesk:
    vendor: zendesk      # never the other one
    mode: shadow
    # Facts that agents record
    facts:
      impact: {field: 3102, values: {impact_catastrophic: catastrophic, impact_major: major,
        impact_significant: significant, impact_minor: minor}}   # theirs
"""


class Account:
    """The local account as an administrator sees it, and the folder in which install is run."""

    def __init__(self, sandbox: ZendeskSandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.file = folder / "policybridge.yaml"

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        auth = (f"{seeds.ADMIN_EMAIL}/token", self.sandbox.api_token)
        answer = requests.request(method, f"{self.sandbox.url}/api/v2/{path}", json=body, auth=auth, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def rows(self, table: str) -> list[Json]:
        return list(self.call("GET", f"{table}?per_page=100")[table])

    def one(self, table: str, name: str) -> Json:
        (found,) = [r for r in self.rows(table) if name in (r.get("title"), r.get("name"), r.get("agent_label"))]
        return found

    def state(self) -> bytes:
        """The whole configuration as bytes; only the time of the last change is left out."""
        tables = {table: self.rows(table) for table in TABLES}
        return json.dumps(tables, sort_keys=True, indent=1, default=str).encode()

    def told(self) -> Json:
        found: Json = only(parse_all(self.file.read_text(), name="file"), "file").value["connections"]["zendesk"]
        return found

    def written(self) -> list[Json]:
        return [row for row in self.sandbox.requests(path="/api/") if row["method"] != "GET"]


def timeless(state: bytes) -> bytes:
    return b"\n".join(line for line in state.splitlines() if b'"updated_at"' not in line)


@pytest.fixture
def account(zendesk_process: ZendeskSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    zendesk_process.reset()
    zendesk_process.limit(account_per_minute=100_000)
    monkeypatch.chdir(tmp_path)
    for name in ("POLICYBRIDGE_PUBLIC_URL", "ZENDESK_WEBHOOK_SECRET", "ZENDESK_WEBHOOK_SECRET_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "ZENDESK_URL": zendesk_process.url,
        "ZENDESK_OAUTH_CLIENT_ID": zendesk_process.client_id,
        "ZENDESK_OAUTH_CLIENT_SECRET": zendesk_process.client_secret,
        "ZENDESK_ADMIN_OAUTH_CLIENT_ID": zendesk_process.admin_client_id,
        "ZENDESK_ADMIN_OAUTH_CLIENT_SECRET": zendesk_process.admin_client_secret,
        "POLICYBRIDGE_SECRETS_DIR": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    found = Account(zendesk_process, tmp_path)
    found.file.write_text(FILE)
    return found


@pytest.fixture
def install(account: Account) -> Iterator[Callable[..., Result]]:
    """The command as typed. After the test every request that it made is compared with the vendor's document."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["install", "zendesk", *arguments], catch_exceptions=False)

    yield run
    openapi = zendesk_openapi()
    for row in account.sandbox.requests() if openapi else ():
        if openapi and row["headers"].get("User-Agent", "").startswith("policybridge"):
            openapi.check_request(row["method"], row["path"], row["query"], row["body"])


def last(done: Result) -> str:
    return done.stdout.splitlines()[-1]


# -- plan, apply, again


def test_plan_writes_nothing_and_apply_does_what_it_listed(account: Account, install: Callable[..., Result]) -> None:
    before = account.state()
    planned = install("--plan", *EVERYTHING)
    assert planned.exit_code == Exit.DIFFERS == 2
    assert "+ ticket field Policy: severity: fields.severity: The severity level" in planned.stdout
    assert last(planned).endswith("2 to change; nothing was changed")
    assert account.state() == before
    assert account.written() == []
    assert account.file.read_text() == FILE

    applied = install("--apply", *EVERYTHING)
    assert applied.exit_code == Exit.OK
    assert applied.stdout.splitlines()[:-1] == planned.stdout.splitlines()[:-1]
    again = install("--plan", "--url", URL)
    assert (again.exit_code, last(again)) == (Exit.OK, "nothing to do")
    reads_only = len(account.written())
    assert last(install("--apply")) == "nothing to do"
    assert len(account.written()) == reads_only


def test_what_was_made_is_named_in_the_file_and_all_else_in_it_stays(
    account: Account, install: Callable[..., Result]
) -> None:
    install("--apply", *EVERYTHING)
    text, told = account.file.read_text(), account.told()
    assert all(line in text.splitlines() for line in FILE.splitlines())
    severity, affected = account.one("ticket_fields", "Policy: severity"), account.one("ticket_fields", "Affected")
    assert told["fields"]["severity"] == severity["id"]
    assert told["facts"]["impact"]["field"] == 3102
    assert told["facts"]["affected"]["field"] == affected["id"]
    options = {option["value"]: option["name"] for option in affected["custom_field_options"]}
    assert told["facts"]["affected"]["values"].keys() == options.keys()
    assert set(told["facts"]["affected"]["values"].values()) == {"all", "significant", "small", "individual"}
    assert told["statuses"] == {"customer_update_required": seeds.connection()["statuses.customer_update_required"]}
    assert told["tiers"] == {3: account.one("groups", "Tier 3")["id"]}
    checked = CliRunner().invoke(cli, ["check"], catch_exceptions=False)
    assert "policybridge.yaml" not in checked.stderr


def test_a_form_gets_our_fields_after_its_own_and_keeps_its_conditions(
    account: Account, install: Callable[..., Result]
) -> None:
    conditions = [{"parent_field_id": 3101, "value": "affected_all", "child_fields": [{"id": 3102}]}]
    form = account.one("ticket_forms", FORM)
    account.call("PUT", f"ticket_forms/{form['id']}", {"ticket_form": {"agent_conditions": conditions}})
    install("--apply", *EVERYTHING)
    after = account.one("ticket_forms", FORM)
    made = {row["id"] for row in account.rows("ticket_fields") if "[policybridge" in row["description"]}
    assert after["ticket_field_ids"][: len(form["ticket_field_ids"])] == form["ticket_field_ids"]
    assert set(after["ticket_field_ids"]) - set(form["ticket_field_ids"]) == made
    assert after["agent_conditions"] == conditions
    assert account.one("ticket_forms", "Incident")["ticket_field_ids"] == form["ticket_field_ids"]


def test_the_webhook_has_every_subscription_and_its_secret_is_in_a_file_of_its_own(
    account: Account, install: Callable[..., Result]
) -> None:
    done = install("--apply", *EVERYTHING)
    (hook,) = account.rows("webhooks")
    assert hook["endpoint"] == f"{URL}/webhooks/zendesk"
    assert "zen:event-type:ticket.comment_added" in hook["subscriptions"]
    secret = account.folder / "secrets" / "ZENDESK_WEBHOOK_SECRET"
    real = account.call("GET", f"webhooks/{hook['id']}/signing_secret")["signing_secret"]["secret"]
    assert secret.read_text().strip() == real
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert real not in done.stdout
    assert real not in (account.folder / "policybridge.install.json").read_text()


def test_views_sort_by_what_is_due_and_by_age_where_that_is_refused(
    account: Account, install: Callable[..., Result]
) -> None:
    refused = {"error": "RecordInvalid", "details": {"output": [{"description": "Output: sort is invalid"}]}}
    account.sandbox.fail("POST", "/api/v2/views", times=1, status=422, body=refused)
    install("--apply", *EVERYTHING)
    due = str(account.told()["fields"]["next_due_at"])
    sorts = {row["title"]: row["execution"]["sort_by"] for row in account.rows("views")}
    assert sorts.pop("Policy: due next") == "created"
    assert sorts == dict.fromkeys(["Policy: breached", "Policy: needs attention", "Policy: without severity"], due)
    missing = account.one("views", "Policy: without severity")["conditions"]["all"][-1]
    assert (missing["operator"], "policy_severity_critical" in missing["value"]) == ("not_includes", True)


def test_without_consent_there_are_no_groups_and_statuses_but_a_line_that_says_so(
    account: Account, install: Callable[..., Result]
) -> None:
    (ours,) = [row for row in account.rows("custom_statuses") if row["id"] == 2105]
    account.call("PUT", f"custom_statuses/{ours['id']}", {"custom_status": {"agent_label": "Something else"}})
    done = install("--apply")
    assert "· groups: there is none for Tier 3 (tiers.3), Japanese (groups.japanese)" in done.stdout
    assert "· custom statuses: there is none for Customer Update Required (customer_update_required)" in done.stdout
    assert "· ticket forms: no form is named" in done.stdout
    assert "tiers" not in account.told()
    with_status = install("--apply", "--statuses")
    assert "+ custom status Customer Update Required" in with_status.stdout
    made = account.one("custom_statuses", "Customer Update Required")
    assert (made["status_category"], account.told()["statuses"]["customer_update_required"]) == ("pending", made["id"])


def test_a_plan_without_forms_and_custom_statuses_gets_the_rest(
    account: Account, install: Callable[..., Result]
) -> None:
    lacking = {"error": {"title": "Forbidden", "message": "You do not have access to this feature"}}
    for path in ("ticket_forms", "custom_statuses"):
        account.sandbox.fail("GET", f"/api/v2/{path}", times=9, status=403, body=lacking)
    done = install("--apply", "--url", URL, "--statuses")
    assert done.exit_code == Exit.FINDINGS
    assert "✗ custom statuses: are off, and the policies need Customer Update Required" in done.stdout
    assert "ticket form" not in done.stdout
    assert account.one("ticket_fields", "Policy: severity")


# -- what moved since the plan


def test_apply_refuses_if_what_the_plan_saw_has_changed(account: Account, install: Callable[..., Result]) -> None:
    install("--plan", *EVERYTHING)
    form = account.one("ticket_forms", FORM)
    fewer = {"ticket_form": {"ticket_field_ids": form["ticket_field_ids"][:-1]}}
    account.call("PUT", f"ticket_forms/{form['id']}", fewer)
    before = account.state()
    refused = install("--apply", *EVERYTHING)
    assert refused.exit_code == Exit.UNUSABLE
    assert f"change ticket form {FORM} starts from something else" in refused.stderr
    assert account.state() == before
    install("--plan", *EVERYTHING)
    assert install("--apply", *EVERYTHING).exit_code == Exit.OK


def test_apply_with_other_options_than_the_plan_is_refused(account: Account, install: Callable[..., Result]) -> None:
    install("--plan", "--url", URL)
    refused = install("--apply", *EVERYTHING)
    assert refused.exit_code == Exit.UNUSABLE
    assert "since the plan was shown" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


# -- half-failed


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/api/v2/ticket_fields", {"status": 503}),
        ("/api/v2/ticket_fields", {"drop": True, "apply": True}),
        ("/api/v2/webhooks", {"drop": True, "apply": True}),
        ("/api/v2/views", {"status": 500, "apply": True}),
        ("/api/v2/groups", {"drop": True}),
    ],
)
def test_an_apply_that_failed_in_the_middle_is_finished_by_the_next_without_duplicates(
    account: Account, install: Callable[..., Result], path: str, fault: Json
) -> None:
    before = account.state()
    install("--plan", *EVERYTHING)
    account.sandbox.fail("POST", path, times=1, **fault)
    failed = install("--apply", *EVERYTHING)
    assert failed.exit_code == Exit.FINDINGS
    assert "fix this and run it again" in failed.stderr or "nothing was changed" in failed.stderr
    resumed = install("--apply", *EVERYTHING)
    assert resumed.exit_code == Exit.OK, resumed.stderr
    marks = [
        row["description"] for table in MARKED for row in account.rows(table) if "[policybridge" in row["description"]
    ]
    assert len(marks) == len(set(marks)) == 21
    assert last(install("--plan", "--url", URL)) == "nothing to do"
    assert install("--remove").exit_code == Exit.OK
    assert timeless(account.state()) == timeless(before)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True, "apply": True}], ids=["refused", "lost answer"])
def test_whichever_write_fails_the_next_apply_finishes_the_rest(
    account: Account, install: Callable[..., Result], fault: Json
) -> None:
    before = account.state()
    install("--apply", *EVERYTHING)
    writes = len([row for row in account.written() if row["path"].startswith("/api/v2/")])
    assert install("--remove").exit_code == Exit.OK
    assert writes > 20
    for number in range(1, writes + 1):
        account.sandbox.fail("P*", "/api/v2/*", times=number - 1)  # these are served
        account.sandbox.fail("P*", "/api/v2/*", times=1, **fault)
        assert install("--apply", *EVERYTHING).exit_code == Exit.FINDINGS, number
        resumed = install("--apply", *EVERYTHING)
        assert resumed.exit_code == Exit.OK, (number, resumed.stderr)
        assert len(made(account)) == len(set(made(account))) == 21, number
        assert last(install("--plan")) == "nothing to do", number
        assert install("--remove").exit_code == Exit.OK
        assert (timeless(account.state()), account.file.read_text()) == (timeless(before), FILE), number


def test_a_rate_limit_is_waited_for(account: Account, install: Callable[..., Result]) -> None:
    slow = {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
    account.sandbox.fail("POST", "/api/v2/ticket_fields", times=2, status=429, headers={"Retry-After": "1"}, body=slow)
    assert install("--apply", *EVERYTHING).exit_code == Exit.OK


# -- killed


@pytest.mark.parametrize("written", [1, 12])
def test_a_process_that_is_killed_between_two_writes_leaves_no_double(
    account: Account, install: Callable[..., Result], written: int
) -> None:
    """With ``kill -9``: nothing can be tidied up, and the answer of the last write may never have been read."""
    before = account.state()
    account.sandbox.fail("POST", "*", times=100, delay_s=0.1)
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge.cli", "install", "zendesk", "--apply", *EVERYTHING],
        cwd=account.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: len(made(account)) >= written or process.poll() is not None)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    time.sleep(1)  # a request that was on its way still arrives; nobody runs the command again sooner
    account.sandbox.start()
    resumed = install("--apply", *EVERYTHING)
    assert resumed.exit_code == Exit.OK, resumed.stderr
    assert len(made(account)) == len(set(made(account))) == 21
    assert last(install("--plan", "--url", URL)) == "nothing to do"
    assert install("--remove").exit_code == Exit.OK
    assert timeless(account.state()) == timeless(before)


def made(account: Account) -> list[str]:
    """The marks of what we have made in the account."""
    rows = (row for table in MARKED for row in account.rows(table))
    return [row["description"].rpartition("[")[2] for row in rows if "[policybridge" in row["description"]]


# -- drift


def drift() -> list[str]:
    done = CliRunner().invoke(cli, ["doctor", "--json"], catch_exceptions=False)
    lines = json.loads(done.stdout)["lines"]
    return [line["subject"] for line in lines if line["subject"].startswith("zendesk, installed") and not line["ok"]]


def test_doctor_finds_what_has_changed_since_and_apply_puts_it_right(
    account: Account, install: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("--apply", *EVERYTHING)
    assert drift() == []
    severity, view = account.one("ticket_fields", "Policy: severity"), account.one("views", "Policy: breached")
    affected = account.one("ticket_fields", "Affected")
    theirs = {"name": "Nobody at all", "value": "affected_nobody"}
    options = [*affected["custom_field_options"][1:], theirs]
    account.call("DELETE", f"ticket_fields/{severity['id']}")
    account.call("PUT", f"views/{view['id']}", {"view": {"active": False}})
    account.call("PUT", f"ticket_fields/{affected['id']}", {"ticket_field": {"custom_field_options": options}})
    with monkeypatch.context() as without:  # the bridge's own credentials are enough to see it
        without.delenv("ZENDESK_ADMIN_OAUTH_CLIENT_ID")
        without.delenv("ZENDESK_ADMIN_OAUTH_CLIENT_SECRET")
        assert set(drift()) == {
            "zendesk, installed ticket field Policy: severity",
            "zendesk, installed ticket field Affected",
            "zendesk, installed ticket form Default ticket form",
            "zendesk, installed view Policy: breached",
            "zendesk, installed file policybridge.yaml",
        }
    assert install("--apply", "--url", URL).exit_code == Exit.OK
    assert drift() == []
    new = account.one("ticket_fields", "Policy: severity")
    assert account.told()["fields"]["severity"] == new["id"] != severity["id"]
    assert new["id"] in account.one("ticket_forms", FORM)["ticket_field_ids"]
    values = [option["value"] for option in account.one("ticket_fields", "Affected")["custom_field_options"]]
    assert len(values) == 5
    assert "affected_nobody" in values


def test_what_the_options_allowed_once_is_put_right_without_them(
    account: Account, install: Callable[..., Result]
) -> None:
    install("--apply", *EVERYTHING)
    before = account.one("webhooks", "Policybridge (zendesk)")
    away = {"endpoint": "https://elsewhere.example.com/webhooks/zendesk", "status": "inactive"}
    account.call("PATCH", f"webhooks/{before['id']}", {"webhook": away})
    account.call("DELETE", f"groups/{account.one('groups', 'Tier 3')['id']}")
    assert {"zendesk, installed webhook Policybridge (zendesk)", "zendesk, installed group Tier 3"} <= set(drift())
    assert install("--apply").exit_code == Exit.OK
    after = account.one("webhooks", "Policybridge (zendesk)")
    assert (after["endpoint"], after["status"]) == (before["endpoint"], "active")
    assert account.told()["tiers"] == {3: account.one("groups", "Tier 3")["id"]}
    account.call("DELETE", f"webhooks/{before['id']}")
    assert install("--apply").exit_code == Exit.OK
    assert account.one("webhooks", "Policybridge (zendesk)")["endpoint"] == before["endpoint"]
    assert drift() == []


def test_a_new_name_stays_and_is_told(account: Account, install: Callable[..., Result]) -> None:
    install("--apply", *EVERYTHING)
    records = {
        "ticket_fields": ("ticket_field", "title", "Policy: severity"),
        "groups": ("group", "name", "Tier 3"),
        "views": ("view", "title", "Policy: breached"),
    }
    for table, (kind, attribute, name) in records.items():
        ident = account.one(table, name)["id"]
        account.call("PUT", f"{table}/{ident}", {kind: {attribute: f"{name} (neu)"}})
    told = CliRunner().invoke(cli, ["doctor"], catch_exceptions=False).stdout
    applied = install("--apply")
    assert last(applied) == "nothing to do"
    for table, (kind, _, name) in records.items():
        line = f"{kind.replace('_', ' ')} {name}: somebody has renamed it to {name} (neu); the new name stays"
        assert f"! zendesk, {line}" in told
        assert f"! {line}" in applied.stdout
        assert account.one(table, f"{name} (neu)")


def test_a_form_without_our_fields_is_told(account: Account, install: Callable[..., Result]) -> None:
    install("--apply", *EVERYTHING)
    form = account.one("ticket_forms", FORM)
    account.call("PUT", f"ticket_forms/{form['id']}", {"ticket_form": {"active": False}})
    told = CliRunner().invoke(cli, ["doctor"], catch_exceptions=False).stdout
    assert f"! zendesk, ticket form {FORM}: is off, so agents do not see our fields on it" in told


# -- what is there already


@pytest.mark.parametrize(
    ("name", "active"), [("customer update needed", True), ("Kunde muss antworten", True), ("On ice", False)]
)
def test_a_status_that_may_mean_the_same_is_named_before_another_is_created(
    account: Account, install: Callable[..., Result], name: str, active: bool
) -> None:
    row = account.one("custom_statuses", "Customer Update Required")
    account.call("PUT", f"custom_statuses/{row['id']}", {"custom_status": {"agent_label": name, "active": active}})
    line = next(
        line for line in install("--plan", *EVERYTHING).stdout.splitlines() if "to use one of yours instead" in line
    )
    assert line.startswith("! statuses.customer_update_required: Customer Update Required is new, and")
    assert f"{name} ({row['id']}){'' if active else ', which is off'}" in line


def test_a_group_that_may_mean_the_same_is_named_before_another_is_created(
    account: Account, install: Callable[..., Result]
) -> None:
    row = account.call("POST", "groups", {"group": {"name": "Japanese team"}})["group"]
    account.call("POST", "groups", {"group": {"name": "Billing"}})
    planned = install("--plan", *EVERYTHING).stdout
    line = next(line for line in planned.splitlines() if line.startswith("! groups.japanese: Japanese is new, and"))
    assert f"Japanese team ({row['id']})" in line
    assert "Billing" not in line


# -- remove


def test_removal_leaves_the_account_and_the_file_as_they_were(account: Account, install: Callable[..., Result]) -> None:
    before = account.state()
    install("--apply", *EVERYTHING)
    planned = install("--plan", "--remove")
    assert planned.exit_code == Exit.DIFFERS
    removed = install("--remove")
    assert removed.exit_code == Exit.OK
    assert removed.stdout.splitlines()[:-1] == planned.stdout.splitlines()[:-1]
    assert timeless(account.state()) == timeless(before)
    assert account.file.read_text() == FILE
    assert sorted(path.name for path in account.folder.iterdir()) == ["policybridge.yaml"]


def test_a_file_that_was_edited_since_loses_our_entries_only(account: Account, install: Callable[..., Result]) -> None:
    install("--apply", *EVERYTHING)
    edited = account.file.read_text().replace("mode: shadow", "mode: comment_only  # since Monday")
    account.file.write_text(edited.replace("\n    statuses:", "\n    brands: {acme: 1}\n    statuses:"))
    install("--remove")
    lines = FILE.replace("mode: shadow", "mode: comment_only  # since Monday").splitlines()
    assert [line for line in account.file.read_text().splitlines() if "brands" not in line] == lines


def test_what_people_use_stays_and_is_named(account: Account, install: Callable[..., Result]) -> None:
    install("--apply", *EVERYTHING)
    told = account.told()
    trigger = {
        "title": "Major outage",
        "conditions": {
            "all": [{"field": f"custom_fields_{told['facts']['affected']['field']}", "operator": "changed"}]
        },
        "actions": [{"field": "notification_user", "value": ["requester_id", "Sorry", "We know"]}],
    }
    account.call("POST", "triggers", {"trigger": trigger})
    ident = account.sandbox.ask("helpdesk@acme.example", {"subject": "A", "comment": {"body": "b"}})["id"]
    account.sandbox.act(ident, "agent3@vendor.example", {"group_id": told["tiers"][3]})
    done = install("--remove")
    assert done.exit_code == Exit.FINDINGS
    assert "✗ ticket field Affected: stays because the trigger Major outage uses it" in done.stdout
    assert "✗ group Tier 3: stays because 1 ticket uses it" in done.stdout
    assert account.one("ticket_fields", "Affected")["id"] in account.one("ticket_forms", FORM)["ticket_field_ids"]
    account.call("DELETE", f"triggers/{account.one('triggers', 'Major outage')['id']}")
    assert "- ticket field Affected" in install("--remove").stdout


def test_the_tags_of_open_tickets_go_on_request(account: Account, install: Callable[..., Result]) -> None:
    install("--apply")
    ask = {"subject": "A", "comment": {"body": "b"}}
    ident = account.sandbox.ask("helpdesk@acme.example", {**ask, "tags": ["policy_maas360", "vip"]})["id"]
    assert f"~ ticket {ident}: loses policy_maas360" in install("--remove", "--tags").stdout
    assert account.call("GET", f"tickets/{ident}/tags")["tags"] == ["vip"]


def test_removal_knows_its_records_without_the_journal(account: Account, install: Callable[..., Result]) -> None:
    before = account.state()
    install("--apply", *EVERYTHING)
    (account.folder / "policybridge.install.json").unlink()
    install("--remove")
    left = [row["title"] for row in account.rows("ticket_fields") if row["title"].startswith("Policy")]
    assert left == []
    assert account.told().keys() == {"vendor", "mode", "facts", "statuses"}
    assert account.told()["facts"].keys() == {"impact"}
    assert len(account.state().splitlines()) == len(before.splitlines())


# -- who may


def test_the_administrators_credential_is_used_for_nothing_else(
    account: Account, install: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZENDESK_OAUTH_CLIENT_ID", "ZENDESK_OAUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    assert install("--apply").exit_code == Exit.OK
    done = CliRunner().invoke(cli, ["doctor"], catch_exceptions=False)
    assert "ZENDESK_OAUTH_CLIENT_ID: found no credentials of the bridge's own" in done.stdout


def test_somebody_who_is_no_administrator_is_refused_before_anything_is_written(
    account: Account, install: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZENDESK_ADMIN_OAUTH_CLIENT_ID", "ZENDESK_ADMIN_OAUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name)
    unsigned = install("--plan")
    assert "ZENDESK_ADMIN_OAUTH_CLIENT_ID: found no credentials of an administrator" in unsigned.stderr
    assert unsigned.exit_code == Exit.UNUSABLE
    monkeypatch.setenv("ZENDESK_ADMIN_EMAIL", "agent1@vendor.example")
    monkeypatch.setenv("ZENDESK_ADMIN_API_TOKEN", account.sandbox.api_token)
    refused = install("--apply")
    assert "signed in as agent1@vendor.example (agent); only an administrator" in refused.stderr
    assert account.written() == []


def test_a_form_that_does_not_exist_is_one_line_with_those_that_do(
    account: Account, install: Callable[..., Result]
) -> None:
    done = install("--plan", "--form", "Complaints")
    assert done.exit_code == Exit.UNUSABLE
    assert done.stdout == "", "with 2, output means that something differs"
    assert (
        "--form: found 'Complaints'; no form has this name; allowed: Default ticket form (8101), Incident (8102)"
        in (done.stderr)
    )
    applied = install("--apply", "--form", "Complaints")
    assert (applied.exit_code, applied.stdout) == (Exit.UNUSABLE, "")
    assert applied.stderr.rstrip().endswith("nothing was changed")
    assert account.written() == [], "what can be seen not to work is refused before the first write"


def test_a_switched_off_notification_trigger_is_a_problem(account: Account, install: Callable[..., Result]) -> None:
    trigger = account.rows("triggers")[0]
    account.call("PUT", f"triggers/{trigger['id']}", {"trigger": {"active": False}})
    done = install("--plan")
    assert done.exit_code == Exit.FINDINGS
    assert "the bridge's messages would reach nobody; activate Notify requester and CCs" in done.stdout
