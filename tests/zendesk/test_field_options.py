"""``doctor`` compares the options of fields with what the connection translates and the policies know."""

from __future__ import annotations

from typing import Any

from bridge.account import Account
from bridge.helpdesks.account_values import unusable_values
from bridge.helpdesks.field_options import check_options
from bridge.helpdesks.zendesk.helpdesk import connect
from bridge.policy.load import load_policy
from bridge.sandbox.zendesk.process import ZendeskSandbox
from mappings.connection import Connection

POLICIES = [load_policy("maas360")]


def problems(options: dict[int | str, list[str]], **wiring: Any) -> dict[str, str]:
    connection = Connection.model_validate({"vendor": "zendesk", **wiring})
    return {found.subject: found.advice for found in check_options(POLICIES, connection, options) if not found.ok}


def test_an_option_that_no_policy_knows_is_named_with_the_known_values() -> None:
    found = problems({1: ["all_users", "significant"]}, facts={"affected": {"field": 1}})
    assert found.keys() == {"facts.affected"}
    assert "all_users of the field 1" in found["facts.affected"]
    assert "all, significant, small, individual" in found["facts.affected"]
    assert "facts.affected.values" in found["facts.affected"]


def test_a_translation_of_an_option_that_was_renamed_is_named() -> None:
    facts = {"affected": {"field": 1, "values": {"everyone": "all", "Many": "significant"}}}
    assert problems({1: ["everyone", "many"]}, facts=facts) == {}
    found = problems({1: ["everybody", "many"]}, facts=facts)
    assert found.keys() == {"facts.affected", "facts.affected.values"}
    assert found["facts.affected.values"].startswith("everyone: no option of the field 1; it has everybody, many")


def test_options_that_are_spelt_as_a_helpdesk_keeps_them_are_known() -> None:
    assert problems({1: ["all", "small"]}, facts={"affected": {"field": 1}}) == {}


def test_a_value_that_nobody_can_choose_is_a_warning() -> None:
    facts = {"affected": {"field": 1, "values": {"everyone": "all"}}}
    connection = Connection.model_validate({"vendor": "zendesk", "facts": facts})
    (found,) = check_options(POLICIES, connection, {1: ["everyone", "small"]})
    assert (found.ok, found.warns) == (True, True)
    assert found.advice.startswith("nobody can choose significant, individual: the field 1 has no option for it")
    assert not [*check_options(POLICIES, connection, {1: ["everyone", "significant", "Small", "individual"]})]


def test_a_dropdown_without_an_option_for_a_level_is_a_problem() -> None:
    found = problems({9: ["critical"]}, fields={"severity": 9})
    assert found.keys() == {"fields.severity"}
    assert "fields.severity.values" in found["fields.severity"]


def test_a_mark_that_waits_for_an_option_that_is_none_is_a_problem() -> None:
    approvals = {"downtime": {"approve": {"field": 4, "value": "yes"}, "refuse": {"field": 4, "value": "Never"}}}
    found = problems({4: ["Yes", "no"]}, marks={"approvals": approvals, "escalation": {"field": 4}})
    assert found.keys() == {"marks.refuse:downtime"}
    assert "no option 'Never', so the mark is never set; it has Yes, no" in found["marks.refuse:downtime"]


def test_an_option_of_the_channel_that_is_none_is_a_problem() -> None:
    assert problems({5: ["phone", "fax"]}, channel={"field": 5}).keys() == {"channel"}


def test_what_organizations_hold_and_nobody_can_use_is_one_line_for_each_property() -> None:
    accounts = [Account(unusable={"time_zone": f"organization {n}: time_zone 'Mars' is not used"}) for n in (1, 2, 3)]
    (found,) = unusable_values([Account(), *accounts])
    assert (found.subject, found.ok) == ("organizations.time_zone", False)
    assert found.advice == "organization 1: time_zone 'Mars' is not used (and 2 more like it)"
    (good,) = unusable_values([Account()])
    assert good.ok


def test_the_doctor_looks_for_the_people_that_are_named(
    sandbox: ZendeskSandbox, oauth: None, wiring: dict[str, Any]
) -> None:
    automated = ["agent1@vendor.example", "bot@nowhere.example", 99_999]
    wiring["people"] = {"automated": automated, "automated_roles": [77, 78], "customers": "@carrier.example"}
    sandbox.fail("GET", "/api/v2/custom_roles*", times=1, status=200, body={"custom_roles": [{"id": 78}]})
    diagnosed = connect("acme", Connection.model_validate(wiring)).diagnose()
    assert [(each.subject, each.ok, each.advice) for each in diagnosed if each.subject.startswith("people")] == [
        ("people.automated", True, f"Zendesk has no user {who}; correct it, unless this person has not written yet")
        for who in ("bot@nowhere.example", 99_999)
    ] + [("people.automated_roles", False, "custom role 77 does not exist; see Admin Center > Team members > Roles")]


def test_the_doctor_reads_the_options_of_the_account(
    sandbox: ZendeskSandbox, oauth: None, wiring: dict[str, Any]
) -> None:
    values = wiring["facts"]["affected"]["values"]
    renamed = next(iter(values))
    wiring["facts"]["affected"]["values"] = {"gone": values.pop(renamed), **values}
    helpdesk = connect("acme", Connection.model_validate(wiring))
    found = {each.subject: each.advice for each in helpdesk.diagnose(POLICIES) if not each.ok}
    assert renamed in found["facts.affected"]
    assert found["facts.affected.values"].startswith("gone: ")
