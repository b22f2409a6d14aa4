"""Odoo's own rules in the form that is played on scenarios, and what they do there."""

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge.conflicts.examine import examine
from bridge.conflicts.trial import Trial, trials_of
from bridge.conflicts.verdict import ConflictKind, Verdict
from bridge.policy.load import load_policy
from bridge.scenarios.load import resolve_scenario
from bridge.ticket import Role
from bridge.yamlio.document import only, parse_all
from mappings.acting_rules import (
    ActedBy,
    ActingRule,
    All,
    AnyOf,
    Beside,
    Condition,
    Give,
    Has,
    HasTag,
    Not,
    Retag,
    Spoke,
    Tell,
    Turned,
    Updated,
    Waited,
)
from mappings.connection import Connection
from mappings.odoo.acting_rules import acting_rules

TESTS = Path(__file__).parents[1]
PACK = TESTS / "lint" / "base.yaml"
RECORDED = json.loads((TESTS / "drafts" / "setups" / "odoo" / "two_calendars.json").read_text("utf-8"))
QUIET = [stage | {"mail_template_id": False} for stage in RECORDED["stages"]]
DONE, AWAITING = 4, 3
CONNECTION = Connection.model_validate(
    {
        "vendor": "odoo",
        "tiers": {1: ["support"]},
        "groups": {"desk": 2},
        "forms": {"incident": "Incident"},
        "facts": {"impact": {"field": "x_impact", "values": {"all": "everyone"}}},
    }
)
URGENT = {"state": "object_write", "update_path": "priority", "value": "3", "evaluation_type": "value"}
SOLVE = {"state": "object_write", "update_path": "stage_id", "value": str(DONE), "evaluation_type": "value"}
MAIL = {"state": "mail_post", "template_id": 8, "mail_post_method": "email"}
TEMPLATE = {"id": 8, "name": "Closed", "subject": "", "body_html": "<p>It is closed.</p>"}
TIMED = {
    "trigger": "on_time",
    "trg_date_field": "last_stage_update",
    "trg_date_range": 5,
    "trg_date_range_type": "day",
    "trg_date_range_mode": "after",
    "filter_domain": f"[('stage_id', '=', {AWAITING})]",
}


def automation(*actions: dict[str, Any], **columns: Any) -> dict[str, Any]:
    rule = {"id": 1, "name": "A rule", "active": True, "trigger": "on_create", "actions": list(actions)}
    return rule | {"filter_domain": "[]", "filter_pre_domain": False} | columns


def rules(*automations: dict[str, Any], **lists: list[Any]) -> list[ActingRule]:
    bare = {"automations": list(automations), "slas": [], "templates": [TEMPLATE], "stages": QUIET}
    return list(acting_rules(deepcopy(RECORDED) | bare | lists, CONNECTION).rules)


def one(*actions: dict[str, Any], **columns: Any) -> ActingRule:
    [found] = rules(automation(*(actions or (URGENT,)), **columns))
    return found


def parts(condition: Condition) -> list[Condition]:
    """What all has to be true, without the brackets around it."""
    if isinstance(condition, All):
        return [part for each in condition.parts for part in parts(each)]
    return [condition]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, [Updated(is_creation=True)]),
        ({"trigger": "on_stage_set"}, [Turned("status")]),
        ({"trigger": "on_tag_set", "filter_pre_domain": "[('tag_ids', 'not in', [1])]"}, [Turned("tags")]),
        ({"trigger": "on_message_received"}, [Spoke(None), ActedBy((Role.CUSTOMER, Role.OTHER))]),
        (
            {"trigger": "on_create_or_write", "trigger_fields": ["priority", "x_impact"]},
            [AnyOf((Updated(is_creation=True), Turned("priority"), Turned("fact:impact")))],
        ),
        ({"trigger": "on_create_or_write"}, []),
        (TIMED, [Waited("status", 120, "at_least", ("waiting_customer",)), Has("status", ("waiting_customer",))]),
        (
            {"trigger": "on_time_updated", "trg_date_range": 3, "trg_date_range_type": "hour"},
            [Waited("updated", 3, "at_least")],
        ),
    ],
)
def test_when_a_rule_acts(columns: dict[str, Any], expected: list[Condition]) -> None:
    assert parts(one(**columns).condition) == expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("[('priority', '=', '3')]", Has("priority", ("urgent",))),
        ("[('user_id', '=', False)]", Has("assignee", (None,))),
        ("[('stage_id.closed', '=', False)]", Not(Has("status", ("closed", "solved")))),
        ("[('tag_ids', 'in', [1])]", HasTag(("vip",))),
        ("[('team_id', '!=', 1)]", Not(AnyOf((Has("tier", (1,)),)))),
        ("[('team_id', '=', 2)]", AnyOf((Has("group", ("desk",)),))),
        ("[('category_id', '=', 1)]", Has("form", ("incident",))),
        ("[('x_impact', '=', 'all')]", Has("fact:impact", ("everyone",))),
        ("['!', ('x_other', '=', 'a')]", Not(Has("field:custom_x_other", ("a",)))),
        (
            "['|', ('priority', '=', '3'), ('priority', '=', '2')]",
            AnyOf((Has("priority", ("urgent",)), Has("priority", ("high",)))),
        ),
    ],
)
def test_a_filter_is_a_condition_on_the_ticket(domain: str, expected: Condition) -> None:
    assert parts(one(filter_domain=domain).condition)[1:] == [expected]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (URGENT, Give("priority", "urgent")),
        (SOLVE, Give("status", "solved")),
        (SOLVE | {"update_path": "team_id", "value": "1"}, Give("tier", 1)),
        (SOLVE | {"update_path": "tag_ids", "value": "1"}, Retag(add=("vip",))),
        (SOLVE | {"update_path": "tag_ids", "value": "1", "update_m2m_operation": "remove"}, Retag(remove=("vip",))),
        (SOLVE | {"update_path": "kanban_state", "value": "done"}, Beside("kanban_state")),
        (MAIL, Tell("It is closed.")),
        (MAIL | {"mail_post_method": "comment"}, Tell("It is closed.", is_comment=True)),
        (MAIL | {"mail_post_method": "note"}, Beside("internal note")),
        ({"state": "webhook"}, Beside("webhook")),
    ],
)
def test_what_a_rule_does(action: dict[str, Any], expected: Any) -> None:
    assert one(action).effects == (expected,)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (automation({"state": "code"}), "it runs code"),
        (automation(URGENT | {"evaluation_type": "equation"}), "it computes priority"),
        (automation(URGENT, filter_pre_domain="[('priority', '=', '1')]"), "it asks for what the ticket was before"),
        (automation(URGENT, filter_domain="[('create_uid', '=', uid)]"), "which is computed"),
        (automation(URGENT, trigger="on_archive"), "its trigger on_archive is not understood"),
        (automation(URGENT, **TIMED | {"filter_domain": "[]"}), "it waits in whatever stage a ticket is"),
        (automation(URGENT, **TIMED | {"trg_date_calendar_id": 2}), "it counts working days"),
    ],
)
def test_a_rule_that_is_not_understood_is_named_and_never_played(rule: dict[str, Any], reason: str) -> None:
    [found] = rules(rule)
    assert reason in found.not_examined


def test_archived_rules_are_left_out_and_every_rule_has_an_id_of_its_own() -> None:
    assert rules(automation(URGENT, active=False)) == []
    native = acting_rules(deepcopy(RECORDED), CONNECTION)
    idents = [each.source.id for each in native.rules] + [each.policy.source.id for each in native.targets]
    assert len(set(idents)) == len(idents)


def test_a_team_of_enterprise_that_closes_by_itself_is_a_rule() -> None:
    team = {"id": 1, "name": "Support", "auto_close_ticket": True, "auto_close_day": 7, "to_stage_id": DONE}
    [found] = rules(teams=[team | {"from_stage_ids": [AWAITING]}])
    assert found.source.kind == "automatic closing of a team"
    assert Waited("updated", 168, "at_least") in parts(found.condition)
    assert found.effects == (Give("status", "solved"),)


# -- played


@cache
def trials() -> tuple[Trial, ...]:
    ticket = {"at": "2026-03-02T08:00:00Z", "type": "incident", "channel": "email", "facts": {"impact": "one"}}
    reply = {"at": "+1h", "by": "agent", "reply": "Which printer?", "set": {"status": "waiting_customer"}}
    written = {"name": "nobody answers", "policy": str(PACK), "ticket": ticket, "events": [reply], "until": "+10d"}
    scenario = resolve_scenario(only(parse_all(json.dumps(written), name="test.yaml"), "test.yaml"))
    return tuple(trials_of(load_policy(str(PACK)), [scenario]))


def verdicts(**lists: list[Any]) -> list[Verdict]:
    bare = {"automations": [], "slas": [], "templates": [TEMPLATE], "stages": QUIET}
    return examine(acting_rules(deepcopy(RECORDED) | bare | lists, CONNECTION), trials())


def test_another_priority_is_a_fight() -> None:
    [found] = verdicts(automations=[automation(URGENT)])
    [conflict] = found.conflicts
    assert (conflict.kind, conflict.about, conflict.first) == (ConflictKind.FIGHTS, "priority", "the rule")
    assert str(found.source) == "automation rule 1 (A rule)"


def test_a_rule_that_solves_waiting_tickets_acts_after_its_days() -> None:
    [found] = verdicts(automations=[automation(SOLVE, **TIMED | {"trg_date_range": 1})])
    assert "status" in [each.about for each in found.conflicts]


def test_the_mail_of_a_stage_is_played_when_a_ticket_enters_it() -> None:
    stages = [each | {"mail_template_id": 8 if each["id"] == AWAITING else False} for each in RECORDED["stages"]]
    native = acting_rules(deepcopy(RECORDED) | {"automations": [], "slas": [], "stages": stages}, CONNECTION)
    [rule] = native.rules
    assert (str(rule.source), rule.condition) == (
        "stage mail 3-8 (Awaiting)",
        Turned("status", after=("waiting_customer",)),
    )
    [found] = examine(native, trials())
    assert found.not_examined == ""
