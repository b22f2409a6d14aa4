"""``import`` reads an Odoo database's own rules: the local Odoo answers as the real one did that was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.errors import InputError
from bridge.helpdesks.odoo.native_rules import read_documents
from bridge.helpdesks.odoo.rule_switch import rule_switch
from bridge.sandbox.odoo.process import OdooSandbox
from mappings.connection import Connection
from mappings.native_rules import Source
from mappings.odoo.acting_rules import acting_rules
from mappings.odoo.native_rules import native_rules

SETUP = Path(__file__).parents[1] / "drafts" / "setups" / "odoo" / "two_calendars.json"
RECORDED: dict[str, list[dict[str, Any]]] = json.loads(SETUP.read_text("utf-8"))
LINKS = {
    "team_ids": "helpdesk.ticket.team",
    "category_ids": "helpdesk.ticket.category",
    "tag_ids": "helpdesk.ticket.tag",
    "stage_id": "helpdesk.ticket.stage",
    "ignore_stage_ids": "helpdesk.ticket.stage",
    "calendar_id": "resource.calendar",
    "resource_calendar_id": "resource.calendar",
    "base_automation_id": "base.automation",
    "template_id": "mail.template",
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[OdooSandbox]:
    with OdooSandbox(19) as odoo:
        Setup(odoo).make()
        yield odoo


class Setup:
    """Makes the records of the recording in another database, where they get other ids."""

    def __init__(self, sandbox: OdooSandbox) -> None:
        self._sandbox = sandbox
        stages = {row["name"]: row["id"] for row in self.call("helpdesk.ticket.stage", "search_read", domain=[])}
        there = {"stages": ("helpdesk.ticket.stage", stages)}
        self._ids = {
            (model, row["id"]): ids[row["name"]] for name, (model, ids) in there.items() for row in RECORDED[name]
        }

    def call(self, model: str, method: str, **named: Any) -> Any:
        return self._sandbox.call(self._sandbox.admin_login, model, method, **named)

    def make(self) -> None:
        for each in RECORDED["calendars"]:
            self.one("resource.calendar", each, "attendances")
            for line in each["attendances"]:
                self.one("resource.calendar.attendance", line | {"name": "Hours"})
        for name, model in (
            *(("leaves", "resource.calendar.leaves"), ("categories", "helpdesk.ticket.category")),
            *(("tags", "helpdesk.ticket.tag"), ("teams", "helpdesk.ticket.team"), ("slas", "helpdesk.sla")),
            ("templates", "mail.template"),
        ):
            for each in RECORDED[name]:
                if each.get("resource_calendar_id") != 1:
                    self.one(model, each)
        self.automations()

    def automations(self) -> None:
        [model] = self.call("ir.model", "search", domain=[["model", "=", "helpdesk.ticket"]])
        domain = [["model", "=", "helpdesk.ticket"], ["name", "=", "last_stage_update"]]
        [stamp] = self.call("ir.model.fields", "search", domain=domain)
        for each in RECORDED["automations"]:
            about = {"model_id": model, "trg_date_id": stamp if each["trg_date_id"] else False}
            left = (
                "actions",
                "trg_date_field",
                "trg_date_calendar_id",
                "trg_field_ref",
                "trigger_field_ids",
                "trigger_fields",
            )
            self.one("base.automation", each | about, *left)
            for action in each["actions"]:
                self.one("ir.actions.server", action | {"model_id": model}, "evaluation_type", "update_m2m_operation")

    def one(self, model: str, row: Mapping[str, Any], *left_out: str) -> None:
        values = {name: self.value(name, value) for name, value in row.items() if name not in ("id", *left_out)}
        [ident] = self.call(model, "create", vals_list=[values])
        self._ids[(model, row["id"])] = ident

    def value(self, name: str, value: Any) -> Any:
        if name not in LINKS or not value:
            return value
        if isinstance(value, list):
            return [[6, 0, [self._ids[(LINKS[name], each)] for each in value]]]
        return self._ids[(LINKS[name], value)]


@pytest.fixture
def credentials(sandbox: OdooSandbox, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    settings = {"URL": sandbox.url, "DB": sandbox.db, "API_KEY": sandbox.api_key, "LOGIN": sandbox.login}
    for name, value in settings.items():
        monkeypatch.setenv(f"ODOO_{name}", value)
    monkeypatch.setenv("ODOO_ADMIN_API_KEY", sandbox.admin_api_key)
    monkeypatch.setenv("ODOO_ADMIN_LOGIN", sandbox.admin_login)
    return monkeypatch


def form(rows: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The names in records, and the types of their values; nested records by name and dot."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                found |= {f"{name}.{inner}": types for inner, types in form(value).items()}
            else:
                found.setdefault(name, set()).add(type(value).__name__)
    return found


def test_the_local_odoo_answers_in_the_form_of_the_real_one(credentials: pytest.MonkeyPatch) -> None:
    read = read_documents("odoo", Connection(vendor="odoo"))
    not_there = {
        "trg_date_calendar_id",
        "trg_field_ref",
        "actions.evaluation_type",
        "actions.update_m2m_operation",
    }
    for name, rows in RECORDED.items():
        if rows and isinstance(rows[0], dict):
            there = {key: types for key, types in form(rows).items() if key not in not_there}
            assert form(read[name]) == there, name


def test_the_rules_are_those_of_the_recording(credentials: pytest.MonkeyPatch) -> None:
    read, recorded = native_rules(read_documents("odoo", Connection(vendor="odoo"))), native_rules(RECORDED)
    assert [(each.condition, each.targets, each.calendar) for each in read.policies] == [
        (each.condition, each.targets, each.calendar) for each in recorded.policies
    ]
    assert [(each.hours, each.holidays, each.closed) for each in read.calendars] == [
        (each.hours, each.holidays, each.closed) for each in recorded.calendars
    ]
    assert [(each.status, each.after_hours, each.reminder, each.becomes) for each in read.steps] == [
        (each.status, each.after_hours, each.reminder, each.becomes) for each in recorded.steps
    ]


def test_without_an_administrators_key_the_automation_rules_are_named_as_unread(
    credentials: pytest.MonkeyPatch,
) -> None:
    credentials.delenv("ODOO_ADMIN_API_KEY")
    rules = native_rules(read_documents("odoo", Connection(vendor="odoo")))
    assert rules.policies
    assert [str(each.source) for each in rules.not_taken if each.source.kind == "list"] == [
        "list base.automation (not readable)"
    ]


# -- switching rules off and on


def sources(kind: str) -> list[Source]:
    """The rules of a kind that act now."""
    connection = Connection(vendor="odoo")
    found = acting_rules(read_documents("odoo", connection), connection)
    each = [rule.source for rule in found.rules] + [target.policy.source for target in found.targets]
    return [source for source in each if source.kind == kind]


@pytest.mark.parametrize("kind", ["automation rule", "stage mail", "SLA policy"])
def test_a_rule_is_switched_off_and_on_again_as_it_was(credentials: pytest.MonkeyPatch, kind: str) -> None:
    connection = Connection(vendor="odoo")
    switch = rule_switch("odoo", connection)
    before = sources(kind)
    source = before[0]
    digest = switch.digest(source)
    assert switch.is_on(source)
    assert switch.switch(source, on=False) == switch.digest(source) != digest
    assert not switch.is_on(source)
    assert source not in sources(kind)
    assert switch.switch(source, on=True) == digest
    assert sources(kind) == before


def test_the_digest_of_a_list_is_that_of_the_rule_alone(credentials: pytest.MonkeyPatch) -> None:
    connection = Connection(vendor="odoo")
    switch = rule_switch("odoo", connection)
    found = acting_rules(read_documents("odoo", connection), connection)
    listed = {rule.source: rule.digest for rule in found.rules}
    listed |= {target.policy.source: target.digest for target in found.targets}
    assert {source: switch.digest(source) for source in listed} == listed
    assert switch.digest(Source("automation rule", "9999", "gone")) == ""


def test_only_an_administrator_can_switch_rules(credentials: pytest.MonkeyPatch) -> None:
    credentials.delenv("ODOO_ADMIN_API_KEY")
    with pytest.raises(InputError, match="ODOO_ADMIN_API_KEY"):
        rule_switch("odoo", Connection(vendor="odoo"))
