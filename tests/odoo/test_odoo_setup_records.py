"""The records that packs need in an Odoo database: tags, fields with options, stages, views, automation rules."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.helpdesks.odoo.setup.automations import automation_rules
from bridge.helpdesks.odoo.setup.fields import TicketField, ticket_fields
from bridge.helpdesks.odoo.setup.stages import last_open_row, wanted_stages
from bridge.helpdesks.odoo.setup.tag_colors import color_of
from bridge.helpdesks.odoo.setup.views import extensions, is_untouched
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.policy.requirements import helpdesk_requirements
from bridge.ticket import Status
from mappings.connection import Connection
from mappings.field_sources import ApprovalMarks, EventMarks
from mappings.odoo.snapshot import IntegrationUser


def connection(**settings: Any) -> Connection:
    return Connection.model_validate({"vendor": "odoo", **settings})


def fields(pack: str, **settings: Any) -> dict[str, TicketField]:
    policies = [load_policy(pack)]
    return {
        field.name: field for field in ticket_fields(helpdesk_requirements(policies), policies, connection(**settings))
    }


# -- what packs can write


def test_the_requirements_of_a_small_pack_are_what_its_rules_write() -> None:
    source = {
        "pack": "acme",
        "title": "Acme",
        "version": "1",
        "effective": "2026-01-01",
        "ticket_types": ["incident"],
        "calendars": {"office": {"clause": "AC-1", "hours": "always"}},
        "severity": {"clause": "AC-2", "levels": {"high": "high"}, "rows": [{"level": "high", "when": {}}]},
        "clocks": [{"name": "answer", "clause": "AC-3", "met_by": ["agent_message"], "targets": {"high": "1h"}}],
        "waiting": [
            {
                "name": "silence",
                "kind": "reminders",
                "clause": "AC-4",
                "statuses": ["waiting_customer"],
                "notices": [{"after": "1d", "message": "reminder"}],
                "close_after": "2d",
            }
        ],
        "reactions": [
            {"name": "night", "clause": "AC-5", "when": {"status": "waiting_internal"}, "set_fields": {"desk": "b"}}
        ],
        "templates": {"severity": "{level}", "reminder": "Hello"},
        "clauses": {},
    }
    found = helpdesk_requirements([Policy.of(source)])
    assert found.tags == {
        "policy_acme",
        "policy_severity_high",
        "policy_warning_answer",
        "policy_breached_answer",
        "policy_followup_1",
    }
    assert found.fields == {"severity", "clause", "next_due", "next_due_at", "desk"}
    assert found.statuses == {Status.WAITING_CUSTOMER, Status.WAITING_INTERNAL}
    aimless = {"clocks": [{"name": "answer", "clause": "AC-3", "met_by": ["agent_message"]}]}
    assert "policy_warning_answer" not in helpdesk_requirements([Policy.of(source | aimless)]).tags


# -- fields


def test_display_fields_have_fixed_names_and_times_are_times() -> None:
    found = fields("maas360")
    types = {field.name: field.type for field in found.values() if field.shown}
    assert types == {
        "x_policy_severity": "char",
        "x_policy_clause": "char",
        "x_policy_next_due": "char",
        "x_policy_next_due_at": "datetime",
        "x_policy_escalation_stage": "char",
        "x_policy_closure_at": "datetime",
        "x_policy_audience": "char",
    }
    assert next(iter(found)) == "x_policy_severity"
    assert found["x_policy_log"].type == "text"


def test_a_pack_without_escalation_or_contacts_has_no_fields_for_them() -> None:
    assert {name for name, field in fields("oncleversoft").items() if field.shown} == {
        "x_policy_clause",
        "x_policy_next_due",
        "x_policy_next_due_at",
    }


def test_a_configured_field_replaces_our_own() -> None:
    settings = {"severity": "x_sev", "clause": {"field": "x_paragraph", "values": {"MA-10": "ten", "MA-12": "twelve"}}}
    found = fields("maas360", fields=settings)
    assert "x_policy_severity" not in found
    assert found["x_sev"].type == "char"
    assert (found["x_paragraph"].type, found["x_paragraph"].values) == ("selection", ("ten", "twelve"))


def test_a_fact_becomes_a_field_of_its_type_with_the_values_of_the_pack() -> None:
    facts = {
        "severity": {"field": "x_severity"},
        "planned_start": {"field": "x_planned_start"},
        "business_impact": {"field": "x_business_impact"},
    }
    found = fields("erp_maestro", facts=facts)
    assert (found["x_severity"].type, found["x_severity"].values) == ("selection", ("1", "2", "3", "4"))
    assert found["x_severity"].help == "Severity level: the customer's choice, or the proposal of a support engineer"
    assert found["x_planned_start"].type == "datetime"
    assert found["x_business_impact"].type == "char"
    assert not any(field.shown for name, field in found.items() if name in {"x_severity", "x_planned_start"})


def test_numbers_and_ticks() -> None:
    facts = {"estimate_hours": {"field": "x_hours"}, "resource_busy": {"field": "x_busy", "type": "checkbox"}}
    found = fields("oncleversoft", facts=facts)
    assert found["x_hours"].created_as == "char", "an empty number of Odoo looks like 0.00"
    assert (found["x_hours"].type, found["x_busy"].type) == ("number", "boolean")


def test_options_are_the_translated_values_and_those_of_the_pack() -> None:
    found = fields("maas360", facts={"affected": {"field": "x_affected", "values": {"everyone": "all"}}})
    assert found["x_affected"].values == ("everyone", "significant", "small", "individual")


def test_a_fact_of_two_packs_has_the_values_of_both_and_is_a_text_if_its_types_differ() -> None:
    facts = connection(facts={"stage": {"field": "x_stage"}, "severity": {"field": "x_severity"}})
    policies = [load_policy("erp_maestro"), load_policy("oncleversoft")]
    found = {field.name: field for field in ticket_fields(helpdesk_requirements(policies), policies, facts)}
    assert found["x_severity"].values == ("1", "2", "3", "4", "critical", "major", "minor")
    assert found["x_stage"].type == "selection"
    mixed = [*policies, Policy.of(merged(policies[0].source, {"pack": "other", "facts": {"stage": {"type": "bool"}}}))]
    found = {field.name: field for field in ticket_fields(helpdesk_requirements(mixed), mixed, facts)}
    assert (found["x_stage"].type, found["x_stage"].values) == ("char", ())


def test_marks_are_checkboxes_or_share_a_selection() -> None:
    marks = {
        "escalation": {"field": "x_escalate"},
        "approvals": {
            "estimate": {
                "approve": {"field": "x_estimate", "value": "yes"},
                "refuse": {"field": "x_estimate", "value": "no"},
            }
        },
    }
    found = fields("oncleversoft", marks=marks)
    assert found["x_escalate"].type == "boolean"
    assert (found["x_estimate"].type, found["x_estimate"].values) == ("selection", ("yes", "no"))


def test_every_mark_says_in_its_tooltip_when_to_set_it() -> None:
    marks = {name: {"field": f"x_{name}"} for name in EventMarks.model_fields if name != "approvals"}
    decision = {name: {"field": "x_decision", "value": name} for name in ApprovalMarks.model_fields}
    found = fields("oncleversoft", marks=marks | {"approvals": {"estimate": decision}})
    assert all(found[f"x_{name}"].help for name in marks)
    assert found["x_decision"].help == "Record here whether the approval is given"


def test_fields_of_odoo_itself_are_not_created() -> None:
    found = fields("mattermost", facts={"category": {"field": "category_id"}}, type={"field": "ticket_type_id"})
    assert not {"category_id", "ticket_type_id"} & found.keys()


def test_options_are_readable_and_only_those_that_are_missing_are_added() -> None:
    field = fields("maas360", facts={"affected": {"field": "x_affected"}})["x_affected"]
    assert field.options["significant"] == "Significant"
    assert field.lacking(["individual", "vip"]) == {"all": "All", "significant": "Significant", "small": "Small"}
    assert field.lacking(field.values) == {}


# -- stages


def test_missing_stages_get_the_names_of_the_policy() -> None:
    policies = [load_policy("maas360")]
    wanted = wanted_stages(helpdesk_requirements(policies), policies, connection(statuses={"in_progress": 2}))
    assert [(stage.status, stage.name) for stage in wanted] == [
        (Status.WAITING_CUSTOMER, "Awaiting Information"),
        (Status.CUSTOMER_UPDATE_REQUIRED, "Customer Update Required"),
    ]


def test_a_configured_stage_keeps_its_name() -> None:
    policies = [load_policy("oncleversoft")]
    settings = connection(statuses={"in_progress": ["Working", 2], "solved": "Finished"})
    wanted = [stage for stage in wanted_stages(helpdesk_requirements(policies), policies, settings) if stage.named]
    assert [(stage.status, stage.name) for stage in wanted] == [
        (Status.IN_PROGRESS, "Working"),
        (Status.SOLVED, "Finished"),
    ]
    flags = [stage.record("stage", 1, frozenset({"name", "closed"}), []).columns["closed"] for stage in wanted]
    assert flags == ["", "1"]


def test_new_stages_come_before_closing_ones_and_development_closes_for_the_customer() -> None:
    policies = [load_policy("maintmaster")]
    stages = {stage.status: stage for stage in wanted_stages(helpdesk_requirements(policies), policies, connection())}
    known = frozenset({"name", "sequence", "closed", "fold"})
    record = stages[Status.WAITING_DEVELOPMENT].record("helpdesk.ticket.stage", 3, known, [])
    assert record.columns == {"name": "Waiting for Development", "sequence": "3", "closed": "1", "fold": "1"}
    assert stages[Status.WAITING_CUSTOMER].record("helpdesk.ticket.stage", 3, known, []).columns["closed"] == ""
    assert last_open_row([{"sequence": 2}, {"sequence": 5, "closed": False}, {"sequence": 9, "closed": True}]) == 5
    assert last_open_row([]) == 1


# -- views


def test_the_form_shows_display_fields_and_fields_for_facts() -> None:
    found = fields("maas360", facts={"impact": {"field": "x_impact"}})
    best, inside_sheet, anywhere = extensions("form", found.values(), hides=True)
    assert '<xpath expr="//sheet/notebook" position="before"><group string="Policy"' in best
    assert '<field name="x_policy_clause" readonly="1" invisible="not x_policy_clause"/>' in best
    assert '<field name="x_impact"/>' in best
    assert "x_policy_log" not in best
    assert '<xpath expr="//sheet" position="inside">' in inside_sheet
    assert '<xpath expr="/*" position="inside">' in anywhere
    assert "invisible" not in extensions("form", found.values(), hides=False)[0]


def test_the_list_has_three_visible_columns_and_others_to_add() -> None:
    best = extensions("list", fields("maas360").values(), hides=True)[0]
    assert '<field name="x_policy_severity" readonly="1" optional="show"/>' in best
    assert '<field name="x_policy_clause" readonly="1" optional="hide"/>' in best
    assert best.count('optional="show"') == 3


@pytest.mark.parametrize("view", ["form", "list"])
def test_what_is_overdue_is_red_by_the_clock_in_utc(view: Any) -> None:
    best = extensions(view, fields("maas360").values(), hides=True)[0]
    now = "datetime.datetime.now().to_utc().strftime('%Y-%m-%d %H:%M:%S')"
    overdue = f"x_policy_next_due_at and x_policy_next_due_at &lt; {now}"
    assert f'decoration-danger="{overdue}"' in best


def test_tags_are_a_column_that_people_may_add_where_the_list_has_one() -> None:
    tried = extensions("list", fields("maas360").values(), hides=True)
    hidden = ["//field[@name='tag_ids']" in arch and '<attribute name="optional">hide' in arch for arch in tried]
    assert hidden == [True, True, True, False, False, False]


def test_tags_have_the_colour_of_their_kind() -> None:
    colored = {tag: color_of(f"policy_{tag}") for tag in ("breached_answer", "escalated_2", "warning_answer", "acme")}
    assert colored == {"breached_answer": 1, "escalated_2": 2, "warning_answer": 3, "acme": 0}


def test_an_edit_of_an_extension_is_seen() -> None:
    (arch, *_) = extensions("form", fields("maas360").values(), hides=True)
    assert is_untouched(arch)
    assert is_untouched(f"{arch}\n")
    assert not is_untouched(arch.replace('string="Policy"', 'string="Contract"'))
    assert not is_untouched('<data><field name="priority" position="after"/></data>')


def test_a_name_cannot_break_out_of_a_view() -> None:
    field = TicketField('x_"/><button', "char", "Odd", "")
    assert "<button" not in extensions("form", [field], hides=True)[0]


# -- automation rules


def test_the_ticket_rule_watches_what_policies_read_and_excludes_the_bridge() -> None:
    there = {"stage_id", "priority", "tag_ids", "category_id", "name", "description", "number", "x_impact"}
    ticket, message = automation_rules(there, ["x_impact"], IntegrationUser(uid=5, partner_id=6, login="bot"))
    assert ticket.watched == ("category_id", "priority", "stage_id", "tag_ids", "x_impact")
    assert ticket.filter == "[('write_uid', '!=', 5)]"
    assert ticket.trigger == "on_create_or_write"
    assert message.trigger == "on_create"
    assert "('author_id', '!=', 6)" in message.filter
    assert "('model', '=', 'helpdesk.ticket')" in message.filter


def test_rules_send_no_text_of_customers_and_missing_fields_are_listed_by_name() -> None:
    ticket, message = automation_rules({"stage_id"}, ["x_impact"], IntegrationUser(uid=5, partner_id=6, login="bot"))
    assert ticket.rule(9, {"stage_id": 31}).columns["trigger_field_ids/.id"] == "31,x_impact"
    assert ticket.rule(9, {"stage_id": 31, "x_impact": 7}).columns["trigger_field_ids/.id"] == "7,31"
    assert not {"body", "subject", "name", "description"} & (ticket.fields | message.fields)
    action = ticket.action(9, {"write_date": 1, "write_uid": 2}, "https://bridge.example.com/webhooks/odoo/secret")
    assert action.columns["webhook_field_ids/.id"] == "1,2"
    assert "secret" not in action.why
