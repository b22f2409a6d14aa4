"""``policybridge install odoo`` on a local Odoo: what it creates, what it removes, and what it leaves unchanged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest
from click.testing import CliRunner, Result

from bridge.cli import cli
from bridge.cli.exits import Exit
from bridge.config.odoo_settings import load_odoo_settings
from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallLine, InstallOptions, InstallStep, installer
from bridge.helpdesks.odoo.client import OdooClient
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.redaction import redact
from bridge.sandbox.odoo.process import OdooSandbox
from bridge.yamlio.document import only, parse_all
from mappings.connection import Connection

URL = "https://bridge.example.com"
TOKEN = "a-token-of-at-least-thirty-two-letters"
FACTS = {"affected": {"field": "x_affected"}, "impact": {"field": "x_impact"}}
EVERYTHING = InstallOptions(url=URL, stages=True, history=True)
KINDS = (
    "ir.model.data",
    "ir.model.fields",
    "ir.ui.view",
    "ir.actions.server",
    "base.automation",
    "ir.model.access",
    "ir.rule",
    "res.groups",
    "helpdesk.ticket.tag",
    "helpdesk.ticket.stage",
)


@pytest.fixture(scope="module", params=[19, pytest.param(18, marks=pytest.mark.slow)])
def sandbox(request: pytest.FixtureRequest) -> Iterator[OdooSandbox]:
    with OdooSandbox(request.param) as odoo:
        yield odoo


class Database:
    """A database as on its first day, and its administrator's clock."""

    def __init__(self, sandbox: OdooSandbox) -> None:
        self.sandbox = sandbox
        self.client = OdooClient(load_odoo_settings(), admin=True)

    def find(self, model: str, *domain: tuple[str, str, Any], fields: tuple[str, ...] = ("id",)) -> list[Any]:
        return self.client.search_read(model, domain, fields, order="id", context={"active_test": False})

    def one(self, model: str, name: str) -> int:
        (found,) = self.find(model, ("name", "=", name))
        return int(found["id"])

    def counts(self) -> dict[str, int]:
        return {model: len(self.find(model)) for model in KINDS}

    def make_field(self, name: str, ttype: str, **values: Any) -> None:
        (model,) = self.find("ir.model", ("model", "=", "helpdesk.ticket"))
        field = {"name": name, "model_id": model["id"], "ttype": ttype, "field_description": "Made by hand"}
        self.client.create("ir.model.fields", [field | values])

    def options(self, field: str) -> list[str]:
        about = self.client.fields_get("helpdesk.ticket", ["selection"])[field]
        return [value for value, _ in about["selection"]]


@pytest.fixture
def database(sandbox: OdooSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    sandbox.reset()
    monkeypatch.setenv("POLICYBRIDGE_SECRETS_DIR", str(tmp_path / "secrets"))
    for name, value in {
        "ODOO_URL": sandbox.url,
        "ODOO_DB": sandbox.db,
        "ODOO_LOGIN": sandbox.login,
        "ODOO_API_KEY": sandbox.api_key,
        "ODOO_ADMIN_LOGIN": sandbox.admin_login,
        "ODOO_ADMIN_API_KEY": sandbox.admin_api_key,
        "ODOO_WEBHOOK_TOKEN": TOKEN,
    }.items():
        monkeypatch.setenv(name, value)
    return Database(sandbox)


def begin(
    options: InstallOptions = EVERYTHING, *packs: str | Policy, apply: bool = True, **settings: Any
) -> Iterator[InstallLine]:
    connection = Connection.model_validate({"vendor": "odoo", "facts": FACTS, **settings})
    policies = [pack if isinstance(pack, Policy) else load_policy(pack) for pack in packs or ("maas360",)]
    return installer("odoo", connection, policies, options).install(apply=apply)


def install(
    options: InstallOptions = EVERYTHING, *packs: str | Policy, apply: bool = True, **settings: Any
) -> list[InstallLine]:
    return list(begin(options, *packs, apply=apply, **settings))


def remove(options: InstallOptions = EVERYTHING, *, apply: bool = True) -> list[InstallLine]:
    return list(installer("odoo", Connection(vendor="odoo"), [], options).remove(apply=apply))


def steps(lines: list[InstallLine], verb: str = "") -> list[str]:
    return [line.name for line in lines if isinstance(line, InstallStep) and verb in line.verb]


def models(lines: list[InstallLine]) -> Counter[str]:
    """How many things of each kind."""
    return Counter(line.model for line in lines if isinstance(line, InstallStep))


def remarks(lines: list[InstallLine]) -> dict[str, str]:
    return {line.subject: line.advice for line in lines if not isinstance(line, InstallStep)}


def complaints(lines: list[InstallLine]) -> dict[str, str]:
    return {line.subject: line.advice for line in lines if not (isinstance(line, InstallStep) or line.ok)}


# -- making


def test_plan_changes_nothing_and_lists_what_apply_creates(database: Database) -> None:
    before = database.counts()
    planned = install(apply=False)
    assert database.counts() == before
    assert steps(install()) == steps(planned)


def test_install_creates_what_the_policies_need(database: Database) -> None:
    install()
    found = database.client.fields_get("helpdesk.ticket", ["type"])
    assert found["x_policy_next_due_at"]["type"] == "datetime"
    assert found["x_policy_log"]["type"] == "text"
    assert database.options("x_affected") == ["all", "significant", "small", "individual"]
    tags = {tag["name"] for tag in database.find("helpdesk.ticket.tag", fields=("name",))}
    assert {"policy_maas360", "policy_severity_critical", "policy_followup_3"} <= tags
    assert database.one("helpdesk.ticket.stage", "Customer Update Required")


def test_a_second_run_finds_nothing_to_do(database: Database) -> None:
    install()
    before = database.counts()
    assert steps(install()) == []
    assert database.counts() == before


def test_agents_see_the_group_and_the_columns(database: Database) -> None:
    install()
    for kind, shown in (("form", 'string="Policy"'), ("list", 'optional="show"')):
        views = database.sandbox.call("agent1", "helpdesk.ticket", "get_views", views=[[False, kind]])["views"]
        assert "x_policy_next_due_at" in views[kind]["arch"]
        assert shown in views[kind]["arch"]
        assert "x_policy_log" not in views[kind]["arch"]


def test_an_interrupted_run_is_finished_by_the_next(database: Database) -> None:
    before = database.counts()
    whole = steps(install(apply=False))
    first = [line for line in islice(begin(), 40) if isinstance(line, InstallStep)]
    assert 0 < len(first) < len(whole)
    install()
    assert steps(install()) == []
    remove()
    assert database.counts() == before


def test_a_call_without_a_response_is_completed_by_the_next_run(database: Database) -> None:
    database.sandbox.fail("POST", "*/helpdesk.ticket.tag/load", times=1, drop=True, apply=True)
    with pytest.raises(Exception, match=r"helpdesk\.ticket\.tag\.load"):
        install()
    assert not set(steps(install())) & {"x_affected", "policy_maas360"}
    assert steps(install()) == []


# -- what was there before


def test_records_of_somebody_else_are_used_and_stay(database: Database) -> None:
    database.make_field("x_policy_clause", "char")
    database.client.create("helpdesk.ticket.tag", [{"name": "policy_maas360"}])
    before = database.counts()
    lines = install()
    assert not {"x_policy_clause", "policy_maas360"} & set(steps(lines))
    assert remarks(lines)["field x_policy_clause"] == "was created by somebody else; it is used and stays unchanged"
    assert complaints(lines) == {}
    remove()
    assert database.counts() == before
    assert "x_policy_clause" in database.client.fields_get("helpdesk.ticket", ["type"])


def test_a_field_of_another_type_is_reported_and_not_changed(database: Database) -> None:
    database.make_field("x_policy_next_due_at", "char")
    options = [[0, 0, {"value": "all", "name": "Everybody"}]]
    database.make_field("x_affected", "selection", selection_ids=options)
    found = complaints(install())
    assert found["field x_policy_next_due_at"].startswith(
        "already exists with type char, but the policies need datetime"
    )
    assert (
        found["field x_affected"] == "was created by somebody else and lacks significant, small, individual: add them"
    )
    assert database.options("x_affected") == ["all"]
    form = database.find("ir.ui.view", ("name", "=", "policybridge.ticket.form"), fields=("arch",))[0]["arch"]
    assert "x_policy_next_due_at" not in form
    assert "x_affected" in form


def test_a_field_of_ours_that_should_now_have_another_type_is_reported(database: Database) -> None:
    install(facts={"device": {"field": "x_device"}})
    lines = install(facts={"device": {"field": "x_device", "type": "checkbox"}})
    assert complaints(lines)["field x_device"].startswith(
        "already exists with type char, but the policies need boolean"
    )


def test_new_options_of_a_pack_are_added_and_those_of_people_stay(database: Database) -> None:
    install(facts={"affected": {"field": "x_affected", "values": {"everybody": "all"}}})
    install(facts={"affected": {"field": "x_affected", "values": {"everybody": "all", "nobody": "none"}}})
    assert database.options("x_affected") == ["everybody", "significant", "small", "individual", "nobody"]
    assert steps(install(facts={"affected": {"field": "x_affected", "values": {"everybody": "all"}}})) == []


def test_another_policy_adds_what_it_needs_to_the_view(database: Database) -> None:
    install(facts={})
    lines = install(EVERYTHING, "maas360", "erp_maestro", facts={})
    assert {"x_policy_proposed_severity", "policy_erp_maestro"} <= set(steps(lines, "create"))
    assert set(steps(lines, "change")) == {"policybridge.ticket.form", f"policybridge.ticket.{_list(database)}"}
    form = database.find("ir.ui.view", ("name", "=", "policybridge.ticket.form"), fields=("arch",))[0]["arch"]
    assert "x_policy_proposed_severity" in form


def _list(database: Database) -> str:
    return "list" if database.client.series >= (18, 0) else "tree"


def test_an_edited_view_stays_unchanged_until_it_is_deleted(database: Database) -> None:
    install()
    (view,) = database.find("ir.ui.view", ("name", "=", "policybridge.ticket.form"), fields=("arch",))
    edited = view["arch"].replace('string="Policy"', 'string="Contract"')
    database.client.write("ir.ui.view", [view["id"]], {"arch": edited})
    lines = install(EVERYTHING, "maas360", "erp_maestro")
    assert remarks(lines)["form view"].startswith(
        "policybridge.ticket.form was edited and stays unchanged; to restore it"
    )
    assert database.client.read("ir.ui.view", [view["id"]], ["arch"])[0]["arch"] == edited
    database.client.unlink("ir.ui.view", [view["id"]])
    assert "policybridge.ticket.form" in steps(install(EVERYTHING, "maas360", "erp_maestro"), "create")


def test_a_tag_that_was_renamed_gets_its_name_back(database: Database) -> None:
    install()
    tag = database.one("helpdesk.ticket.tag", "policy_maas360")
    database.client.write("helpdesk.ticket.tag", [tag], {"name": "our policy"})
    assert steps(install(), "change") == ["policy_maas360"]
    assert database.one("helpdesk.ticket.tag", "policy_maas360") == tag


def test_tags_without_a_colour_get_that_of_their_kind_and_other_colours_stay(database: Database) -> None:
    install()
    plain, chosen = (database.one("helpdesk.ticket.tag", f"policy_escalated_{stage}") for stage in (1, 2))
    database.client.write("helpdesk.ticket.tag", [plain], {"color": 0})
    database.client.write("helpdesk.ticket.tag", [chosen], {"color": 9})
    assert steps(install(apply=False), "change") == ["policy_escalated_1"]
    assert steps(install(), "change") == ["policy_escalated_1"]
    assert [tag["color"] for tag in database.client.read("helpdesk.ticket.tag", [plain, chosen], ["color"])] == [2, 9]
    assert steps(install()) == []


# -- stages


def test_without_stages_none_is_created_and_missing_ones_are_reported(database: Database) -> None:
    before = len(database.find("helpdesk.ticket.stage"))
    lines = install(InstallOptions(url=URL))
    advice = [line.advice for line in lines if not isinstance(line, InstallStep) and line.subject == "stages"]
    assert any("Customer Update Required (customer_update_required)" in line and "--stages" in line for line in advice)
    assert len(database.find("helpdesk.ticket.stage")) == before


def test_with_stages_they_are_created_and_their_ids_are_in_the_file_until_they_are_removed(
    database: Database, tmp_path: Path
) -> None:
    text = "connections:\n  odoo:  # ours\n    vendor: odoo\n"
    file = tmp_path / "policybridge.yaml"
    file.write_text(text)
    options = replace(EVERYTHING, configuration=file)
    planned, done = install(options, apply=False), install(options)
    assert steps(planned, "change") == steps(done, "change") == [file.name]
    told = only(parse_all(file.read_text(), name="file"), "file").value["connections"]["odoo"]["statuses"]
    names = {"in_progress": "In Progress", "waiting_customer": "Awaiting"}
    names["customer_update_required"] = "Customer Update Required"
    assert told == {status: database.one("helpdesk.ticket.stage", name) for status, name in names.items()}
    assert steps(install(options, statuses=told)) == []
    gone = told | {"customer_update_required": 999}
    assert "names" in remarks(install(options, statuses=gone, apply=False)), "a stage that is named by its id"
    database.client.unlink("helpdesk.ticket.stage", [told["customer_update_required"]])
    kept_back = remarks(install(replace(options, stages=False), statuses=told, apply=False))
    assert f"there is no stage {told['customer_update_required']}" in kept_back["names"]
    mended = install(options, statuses=told)
    assert steps(mended) == ["Customer Update Required", file.name]
    assert "names" not in remarks(mended), "its id had been written by install, and the new one is now"
    told = only(parse_all(file.read_text(), name="file"), "file").value["connections"]["odoo"]["statuses"]
    assert told["customer_update_required"] == database.one("helpdesk.ticket.stage", "Customer Update Required")
    assert steps(install(options, statuses=told)) == []
    remove(options)
    assert file.read_text() == text


def test_a_stage_that_is_called_likewise_is_taken_and_not_doubled(database: Database) -> None:
    planned = install(apply=False)
    awaiting = database.one("helpdesk.ticket.stage", "Awaiting")
    assert f"takes Awaiting ({awaiting}) for Awaiting Information (waiting_customer)" in remarks(planned)["stages"]
    install()
    assert not database.find("helpdesk.ticket.stage", ("name", "=", "Awaiting Information"))
    (team, *_) = database.find("helpdesk.ticket.team")
    database.client.write("helpdesk.ticket.stage", [awaiting], {"team_ids": [(4, team["id"])]})
    assert "Awaiting Information" in steps(install()), "a stage of some teams only is not for all tickets"
    database.client.write("helpdesk.ticket.stage", [awaiting], {"team_ids": [(5,)]})


def test_a_stage_with_a_status_is_not_taken_for_another(database: Database) -> None:
    named = {"customer_update_required": "Awaiting"}
    assert "Awaiting Information" in steps(install(statuses=named, apply=False))


def test_a_configured_stage_is_created_under_its_name(database: Database) -> None:
    named = {"in_progress": "In Progress", "waiting_customer": "Customer's Turn", "customer_update_required": "Overdue"}
    assert "Customer's Turn (waiting_customer)" in remarks(install(InstallOptions(), statuses=named))["stages"]
    assert {"Customer's Turn", "Overdue"} <= set(steps(install(statuses=named)))
    lines = install(statuses=named)
    assert steps(lines) == []
    assert "stages" not in remarks(lines)


def test_new_stages_come_before_those_that_close_a_ticket(database: Database) -> None:
    install()
    stages = database.find("helpdesk.ticket.stage", fields=("name", "sequence", "closed"))
    order = [stage["name"] for stage in sorted(stages, key=lambda stage: (stage["sequence"], stage["id"]))]
    assert order.index("Customer Update Required") < order.index("Done")


# -- rights


def test_the_history_of_tickets_can_be_read_only_if_allowed(database: Database) -> None:
    sandbox = database.sandbox
    ticket = sandbox.ask("carla@customer.example", "Printer", "It burns", channel="email")
    sandbox.act(ticket, "agent1", stage="In Progress")
    lines = install(InstallOptions(url=URL))
    assert "--history" in remarks(lines)["history"]
    bot = OdooClient(load_odoo_settings())
    with pytest.raises(GiveUp):
        bot.search_count("mail.tracking.value", [])
    install()
    assert bot.search_count("mail.tracking.value", [])
    assert {"history"} & remarks(
        install(InstallOptions(url=URL))
    ).keys() == set()  # once given it stays, and nobody is asked


def test_an_integration_user_without_the_helpdesk_right_is_reported(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = "group_ids" if "group_ids" in database.client.fields_get("res.users", ["type"]) else "groups_id"
    (plain,) = database.find("ir.model.data", ("module", "=", "base"), ("name", "=", "group_user"), fields=("res_id",))
    bot = database.client.search_read("res.users", [("login", "=", database.sandbox.login)], ["id"], order="id")
    database.client.write("res.users", [bot[0]["id"]], {held: [(6, 0, [plain["res_id"]])]})
    assert "helpdesk_mgmt.group_helpdesk_user" in complaints(install(apply=False))["user policybridge"]


def test_a_key_of_somebody_who_is_not_an_administrator_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODOO_ADMIN_API_KEY", database.sandbox.key_of("agent1"))
    monkeypatch.setenv("ODOO_ADMIN_LOGIN", "agent1")
    with pytest.raises(
        GiveUp, match="ODOO_ADMIN_API_KEY must be a key of a user with the right Administration: Settings"
    ):
        install()


# -- webhooks


def reported(database: Database) -> list[dict[str, Any]]:
    return [post["body"] for post in database.sandbox.posts()]


def test_changes_by_people_send_webhooks_and_those_by_the_bridge_do_not(database: Database) -> None:
    install(InstallOptions(url="http://127.0.0.1:9", stages=True))  # nobody listens there: Odoo only notes that
    sandbox = database.sandbox
    ticket = sandbox.ask("carla@customer.example", "Printer", "It burns", channel="email")
    before = len(reported(database))
    sandbox.call("agent1", "helpdesk.ticket", "write", [ticket], vals={"priority": "3"})
    sandbox.call("agent1", "helpdesk.ticket", "write", [ticket], vals={"x_affected": "all"})
    sandbox.call("agent1", "helpdesk.ticket", "write", [ticket], vals={"description": "<p>words</p>"})
    sandbox.call(sandbox.login, "helpdesk.ticket", "write", [ticket], vals={"priority": "2", "x_policy_clause": "A"})
    assert [(post["_model"], post["_id"]) for post in reported(database)[before:]] == [("helpdesk.ticket", ticket)] * 2

    before = len(reported(database))
    sandbox.act(ticket, "agent1", says="Hello", public=True)
    sandbox.act(ticket, sandbox.login, says="a note", public=False)
    sandbox.reply(ticket, "carla@customer.example", "Still burns")
    spoken = [post for post in reported(database)[before:] if post["_model"] == "mail.message"]
    assert [post["res_id"] for post in spoken] == [ticket] * 2
    assert all("body" not in post for post in reported(database))


def test_the_url_ends_with_our_token_and_follows_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def urls() -> set[str]:
        return {action["webhook_url"] for action in database.find("ir.actions.server", fields=("webhook_url",))} - {""}

    install()
    assert f"{URL}/webhooks/odoo/{TOKEN}" in urls()
    monkeypatch.setenv("ODOO_WEBHOOK_TOKEN", TOKEN[::-1])
    monkeypatch.setenv("ODOO_WEBHOOK_TOKEN_PREVIOUS", TOKEN)
    lines = install()
    assert set(steps(lines, "change")) == {"Policybridge: helpdesk.ticket", "Policybridge: mail.message"}
    assert f"{URL}/webhooks/odoo/{TOKEN[::-1]}" in urls()
    assert f"{URL}/webhooks/odoo/{TOKEN}" not in urls()


def test_a_token_is_created_shown_once_and_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOO_WEBHOOK_TOKEN")
    assert "ODOO_WEBHOOK_TOKEN to" not in remarks(install(apply=False))["webhook token"]
    shown = redact(remarks(install())["webhook token"])  # as people see it: only here the secret must be left in
    variable, _, rest = shown.partition(" to ")
    token = rest.partition(" ")[0]
    assert variable == "set ODOO_WEBHOOK_TOKEN"
    monkeypatch.setenv("ODOO_WEBHOOK_TOKEN", token)
    assert load_odoo_settings().webhook_tokens == (token,)
    assert steps(install()) == []
    monkeypatch.delenv("ODOO_WEBHOOK_TOKEN")
    lines = install()
    assert steps(lines) == []
    assert token not in json.dumps(remarks(lines))


def test_a_rule_that_was_switched_off_is_reported_and_stays_off(database: Database) -> None:
    install()
    rule = database.one("base.automation", "Policybridge: mail.message")
    database.client.write("base.automation", [rule], {"active": False})
    for apply in (False, True):
        lines = install(apply=apply)
        assert steps(lines) == []
        (advice,) = complaints(lines).values()
        assert advice.startswith("is switched off, and the sweep still finds changed tickets every five minutes")
    assert database.client.read("base.automation", [rule], ["active"]) == [{"id": rule, "active": False}]


def test_without_a_url_no_webhooks_are_created_and_the_sweep_is_mentioned(database: Database) -> None:
    lines = install(InstallOptions())
    assert not database.find("base.automation")
    assert "POLICYBRIDGE_PUBLIC_URL" in remarks(lines)["webhooks"]
    assert "sweep" in remarks(lines)["webhooks"]


# -- taking away


def test_removal_leaves_nothing_behind(database: Database) -> None:
    before = database.counts()
    fields = set(database.client.fields_get("helpdesk.ticket", ["type"]))
    made = models(install(EVERYTHING, "maas360", "erp_maestro"))
    planned = remove(apply=False)
    assert models(planned) == made
    assert models(remove()) == made
    assert database.counts() == before
    assert set(database.client.fields_get("helpdesk.ticket", ["type"])) == fields
    assert remove() == []


def test_removal_says_what_tickets_will_lose(database: Database) -> None:
    install()
    ticket = database.sandbox.ask("carla@customer.example", "Printer", "It burns", channel="email")
    database.sandbox.call("agent1", "helpdesk.ticket", "write", [ticket], vals={"x_affected": "all"})
    lost = {line.name: line.why for line in remove(apply=False) if isinstance(line, InstallStep)}
    assert lost["x_affected"] == "created by install; its value on 1 ticket is lost"
    assert lost["x_impact"] == "created by install"


def test_removing_a_tag_says_from_how_many_tickets(database: Database) -> None:
    install()
    tag = database.one("helpdesk.ticket.tag", "policy_maas360")
    ticket = database.sandbox.ask("carla@customer.example", "Printer", "It burns", channel="email")
    database.sandbox.call("agent1", "helpdesk.ticket", "write", [ticket], vals={"tag_ids": [[4, tag]]})
    database.sandbox.call("agent1", "helpdesk.ticket", "write", [ticket], vals={"active": False})
    for lines in (remove(apply=False), remove()):
        lost = {line.name: line.why for line in lines if isinstance(line, InstallStep)}
        assert lost["policy_maas360"] == "created by install; removed from 1 ticket"
        assert lost["policy_followup_1"] == "created by install"


def test_a_field_that_people_use_stays_and_the_plan_says_the_same(database: Database) -> None:
    before = database.counts()
    install(facts={**FACTS, "device": {"field": "x_device"}, "devices_affected": {"field": "x_devices"}})
    database.sandbox.ask("carla@customer.example", "Printer", "It burns", channel="email")
    users = _users(database)
    planned, done = complaints(remove(apply=False)), complaints(remove())
    assert planned == done
    assert {subject: advice.partition(";")[0] for subject, advice in done.items()} == {
        "ir.model.fields x_devices": (
            f'stays: used by Record Rule "Big ones" (ir.rule {users["ir.rule"]}) in domain_force'
        ),
        "ir.model.fields x_device": f'stays: used by Filters "My devices" (ir.filters {users["ir.filters"]}) in domain',
        "ir.model.fields x_policy_clause": (
            f'stays: used by Filters "My devices" (ir.filters {users["ir.filters"]}) in context'
        ),
        "ir.model.fields x_affected": (
            f'stays: used by Automation Rule "Watch" (base.automation {users["base.automation"]}) in trigger_field_ids'
        ),
        "ir.model.fields x_policy_next_due": (
            f'stays: used by Automation Rule "Watch" (base.automation {users["base.automation"]}) in filter_domain'
        ),
        "ir.model.fields x_policy_severity": (
            f'stays: used by View "mine" (ir.ui.view {users["ir.ui.view"]}) in arch_db'
        ),
    }
    assert all(advice.endswith("; remove it there and run this again") for advice in done.values())
    assert database.sandbox.call("agent1", "helpdesk.ticket", "search_count", domain=[]) == 1, "the rule still works"
    assert "x_impact" not in database.client.fields_get("helpdesk.ticket", ["type"])
    for model, ident in users.items():
        database.client.unlink(model, [ident])
    assert len(steps(remove())) == 6
    assert database.counts() == before


def _users(database: Database) -> dict[str, int]:
    """What an administrator has built upon fields of ours, by model."""
    fields = {row["name"]: row["id"] for row in database.find("ir.model.fields", fields=("name",))}
    (model,) = database.find("ir.model", ("model", "=", "helpdesk.ticket"))
    views = database.find("ir.ui.view", ("mode", "=", "primary"), ("type", "=", "form"))
    arch = '<data><xpath expr="//sheet" position="inside"><field name="x_policy_severity"/></xpath></data>'
    made: dict[str, dict[str, Any]] = {
        "ir.rule": {"name": "Big ones", "model_id": model["id"], "domain_force": "[('x_devices', '!=', '12')]"},
        "ir.filters": {
            "name": "My devices",
            "model_id": "helpdesk.ticket",
            "domain": "[('x_device', 'ilike', 'printer')]",
            "context": "{'group_by': ['x_policy_clause']}",
        },
        "base.automation": {
            "name": "Watch",
            "model_id": model["id"],
            "trigger": "on_create_or_write",
            "trigger_field_ids": [[6, 0, [fields["x_affected"]]]],
            "filter_domain": "[('x_policy_next_due', '!=', False)]",
        },
        "ir.ui.view": {"name": "mine", "inherit_id": views[0]["id"], "arch": arch},
    }
    return {name: int(database.client.create(name, [values])[0]) for name, values in made.items()}


def test_dependents_of_a_rule_or_view_of_ours_keep_it_and_its_fields(database: Database) -> None:
    install()
    (model,) = database.find("ir.model", ("model", "=", "helpdesk.ticket"))
    ours = database.one("base.automation", "Policybridge: helpdesk.ticket")
    rule = {"name": "Mine", "model_id": model["id"], "state": "webhook", "usage": "base_automation"}
    database.client.create(
        "ir.actions.server", [{**rule, "base_automation_id": ours, "webhook_url": "https://a.example"}]
    )
    form = database.one("ir.ui.view", "policybridge.ticket.form")
    change = '<field name="x_policy_clause" position="attributes"><attribute name="string">§</attribute></field>'
    database.client.create("ir.ui.view", [{"name": "mine", "inherit_id": form, "arch": f"<data>{change}</data>"}])
    planned, done = complaints(remove(apply=False)), complaints(remove())
    assert planned == done
    assert {"base.automation Policybridge: helpdesk.ticket", "ir.ui.view policybridge.ticket.form"} <= done.keys()
    assert f"(ir.ui.view {form}) in arch_db" in done["ir.model.fields x_policy_severity"]
    assert len(database.find("ir.actions.server", ("base_automation_id", "=", ours))) == 1


def test_a_field_of_the_same_name_on_another_model_does_not_depend_on_ours(database: Database) -> None:
    install()
    (partner,) = database.find("ir.model", ("model", "=", "res.partner"))
    twin = {"name": "x_affected", "model_id": partner["id"], "ttype": "char", "field_description": "Made by hand"}
    database.client.create("ir.model.fields", [twin])
    mine = {"name": "People", "model_id": "res.partner", "domain": "[('x_affected', '!=', False)]"}
    longer = {"name": "Longer", "model_id": "helpdesk.ticket", "domain": "[('x_impact_2', '!=', False)]"}
    database.client.create("ir.filters", [mine, longer])
    assert complaints(remove()) == {}


def test_a_stage_with_tickets_stays_until_they_are_moved(database: Database) -> None:
    before = database.counts()
    install()
    ticket = database.sandbox.ask("carla@customer.example", "Printer", "It burns", channel="email")
    database.sandbox.act(ticket, "agent1", stage="Customer Update Required")
    stage = database.one("helpdesk.ticket.stage", "Customer Update Required")
    found = complaints(remove())
    assert found == {
        f"stage Customer Update Required ({stage})": (
            "stays because it has 1 ticket; move them to another stage and run this again"
        )
    }
    database.sandbox.act(ticket, "agent1", stage="In Progress")
    assert steps(remove()) == ["Customer Update Required"]
    assert database.counts() == before


def test_records_that_are_deleted_already_do_not_stop_the_removal(database: Database) -> None:
    before = database.counts()
    install()
    database.client.unlink("helpdesk.ticket.tag", [database.one("helpdesk.ticket.tag", "policy_maas360")])
    remove()
    assert database.counts() == before


# -- the command


@pytest.fixture
def command(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("POLICYBRIDGE_PUBLIC_URL", raising=False)
    settings = {"policy": "maas360", "connections": {"desk": {"vendor": "odoo", "facts": FACTS}}}
    (tmp_path / "policybridge.yaml").write_text(json.dumps(settings))
    return lambda *arguments: CliRunner().invoke(cli, ["install", *arguments], catch_exceptions=False)


def test_plan_apply_and_remove_as_typed(command: Callable[..., Result], database: Database) -> None:
    before = database.counts()
    planned = command("odoo", "--plan", "--url", URL, "--history")
    assert planned.exit_code == Exit.DIFFERS
    assert "+ ir.model.fields x_policy_next_due_at: When it is due" in planned.stdout
    assert planned.stdout.splitlines()[-1].endswith("to create, 1 to change; nothing was changed")
    assert TOKEN not in planned.stdout
    assert database.counts() == before

    applied = command("odoo", "--apply", "--url", URL, "--history")
    assert applied.exit_code == Exit.OK
    assert applied.stdout.splitlines()[-1].endswith(" created, 1 changed")
    assert command("odoo", "--apply", "--url", URL, "--history").stdout.splitlines()[-1] == "nothing to do"

    assert "- ir.model.fields x_affected" in command("odoo", "--plan", "--remove").stdout
    assert command("odoo", "--remove").stdout.splitlines()[-1].endswith(" removed")
    assert database.counts() == before


def test_json_for_programs(command: Callable[..., Result]) -> None:
    found = json.loads(command("odoo", "--plan", "--json").stdout)
    assert found["done"] is False
    assert {step["verb"] for step in found["steps"]} == {"create", "change"}
    assert {"subject", "ok", "advice", "warns"} == found["diagnoses"][0].keys()


def test_lines_that_need_attention_are_exit_code_1(command: Callable[..., Result], database: Database) -> None:
    database.make_field("x_policy_next_due_at", "char")
    done = command("odoo", "--plan")
    assert done.exit_code == Exit.FINDINGS
    assert "✗ field x_policy_next_due_at: already exists with type char" in done.stdout


def test_an_error_in_the_middle_says_how_far_it_went(command: Callable[..., Result], database: Database) -> None:
    database.sandbox.fail("POST", "*/helpdesk.ticket.tag/load", times=1, status=503)
    done = command("odoo", "--apply")
    assert done.exit_code == Exit.FINDINGS
    assert "+ ir.model.fields x_affected" in done.stdout
    assert done.stderr.rstrip().endswith("the listed steps were done; fix this and run it again")
    assert command("odoo", "--apply").exit_code == Exit.OK


# -- drift


def drift() -> dict[str, bool]:
    """The lines of ``doctor``, and whether each is in order."""
    connection = Connection.model_validate({"vendor": "odoo", "facts": FACTS})
    lines = installer("odoo", connection, [load_policy("maas360")], InstallOptions()).drift()
    return {line.subject: line.ok for line in lines}


def test_doctor_finds_what_has_changed_since_the_installation(database: Database) -> None:
    assert drift() == {}
    install()
    assert drift() == {"installed": True}
    client = database.client
    client.unlink("ir.ui.view", [database.one("ir.ui.view", "policybridge.ticket.form")])
    action = database.find("ir.actions.server", ("webhook_url", "!=", False))[-1]
    client.write("ir.actions.server", [action["id"]], {"webhook_url": "https://elsewhere.example.com"})
    [tag] = database.find("helpdesk.ticket.tag", ("name", "=", "policy_escalated_1"))
    client.write("helpdesk.ticket.tag", [tag["id"]], {"name": "Escalated!"})
    [rule] = database.find("base.automation", ("name", "=", "Policybridge: helpdesk.ticket"))
    client.write("base.automation", [rule["id"]], {"active": False})
    assert drift() == {
        "installed ir.ui.view policybridge.ticket.form": False,
        "installed ir.actions.server Policybridge: mail.message": False,
        "installed helpdesk.ticket.tag policy_escalated_1": False,
        "automation rule Policybridge: helpdesk.ticket": False,
    }
    client.write("base.automation", [rule["id"]], {"active": True})
    install()
    assert drift() == {"installed": True}


def test_where_the_bridge_runs_no_administrators_key_is_needed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    monkeypatch.delenv("ODOO_ADMIN_API_KEY")
    assert drift() == {"installed": True}
