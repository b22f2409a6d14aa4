"""Verdicts by effect: rules of a helpdesk are played on the scenarios of a pack together with the pack."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge.conflicts.examine import examine
from bridge.conflicts.trial import Trial, trials_of
from bridge.conflicts.verdict import ConflictKind, Proposal, Verdict
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.scenarios.load import resolve_scenario
from bridge.yamlio.document import only, parse_all
from mappings.connection import Connection
from mappings.zendesk.acting_rules import acting_rules

TESTS = Path(__file__).parents[1]
PACK = TESTS / "lint" / "base.yaml"
RECIPE = TESTS / "drafts" / "setups" / "bump_bump_solve.json"
CONNECTION = Connection.model_validate(
    {"vendor": "zendesk", "groups": {"operations": 13, "desk": 14}, "fields": {"severity": 32}}
)
CREATED = {"field": "update_type", "operator": "is", "value": "Create"}
CHANGED = {"field": "update_type", "operator": "is", "value": "Change"}


def scenario(name: str, **keys: Any) -> Any:
    ticket = {"at": "2026-03-02T08:00:00Z", "type": "incident", "channel": "email", "facts": {"impact": "one"}}
    written = {"name": name, "policy": str(PACK), "ticket": ticket | keys.pop("ticket", {}), "until": "+10d", **keys}
    return resolve_scenario(only(parse_all(json.dumps(written), name="test.yaml"), "test.yaml"))


@cache
def policy() -> Policy:
    return load_policy(str(PACK))


@cache
def trials() -> tuple[Trial, ...]:
    reply = {"at": "+1h", "by": "agent", "reply": "Which printer?", "set": {"status": "waiting_customer"}}
    return tuple(trials_of(policy(), [scenario("nobody answers", events=[reply])]))


def trigger(title: str, *conditions: dict[str, Any], **actions: Any) -> dict[str, Any]:
    listed = [{"field": name, "value": value} for name, value in actions.items()]
    return {"id": 1, "title": title, "active": True, "conditions": {"all": list(conditions)}, "actions": listed}


def hours(waiting: str, number: int, **actions: Any) -> dict[str, Any]:
    return trigger("After a time", {"field": waiting, "operator": "greater_than", "value": str(number)}, **actions)


def verdict(**documents: Any) -> Verdict:
    """On one rule."""
    found = examine(acting_rules({name: [each] for name, each in documents.items()}, CONNECTION), trials())
    assert len(found) == 1
    return found[0]


def mail(text: str, to: str = "requester_id") -> list[str]:
    return [to, "Your request", text]


def test_another_priority_is_a_fight_and_the_trigger_is_first() -> None:
    found = verdict(triggers=trigger("Everything is urgent", CREATED, priority="urgent"))
    [conflict] = found.conflicts
    assert (conflict.kind, conflict.about, conflict.first) == (ConflictKind.FIGHTS, "priority", "the rule")
    assert (conflict.rule_does.what, conflict.policy_does.what) == ("sets priority to urgent", "set priority to low")
    assert conflict.policy_does.clause == "AC-2"
    assert found.proposal is Proposal.SWITCH_OFF


def test_the_same_priority_is_done_twice() -> None:
    [conflict] = verdict(triggers=trigger("Everything is low", CREATED, priority="low")).conflicts
    assert conflict.kind is ConflictKind.DOUBLES


def test_a_group_is_one_field_whatever_it_is_called() -> None:
    [conflict] = verdict(triggers=trigger("To the desk", CREATED, group_id="14")).conflicts
    assert (conflict.about, conflict.policy_does.what) == ("group", "set group to operations")


@pytest.mark.parametrize(
    ("hours_pending", "kind"), [(96, ConflictKind.FIGHTS), (168, ConflictKind.DOUBLES), (400, ConflictKind.DOUBLES)]
)
def test_solving_at_another_time_is_a_fight(hours_pending: int, kind: ConflictKind) -> None:
    """The pack solves after seven days: an automation that would do it later never comes to it."""
    [conflict] = verdict(automations=hours("PENDING", hours_pending, status="solved")).conflicts
    assert (conflict.kind, conflict.about) == (kind, "status")
    assert conflict.policy_does.what == "set status to solved"
    assert conflict.rule_is_first == (hours_pending < 168)


def test_the_recipe_that_bumps_twice_and_solves_is_found_whole() -> None:
    """The second bump needs the tag of the first, so all rules are played together."""
    documents = json.loads(RECIPE.read_text("utf-8"))
    found = {each.source.title: each for each in examine(acting_rules(documents, CONNECTION), trials())}
    for title in ("Bump 1", "Bump 2"):
        [conflict] = found[title].conflicts
        assert (conflict.kind, conflict.about) == (ConflictKind.DOUBLES, "message to the customer")
        assert conflict.policy_does.what == "send reminder to the customer"
    [solved] = found["Solve"].conflicts
    assert (solved.kind, solved.about, solved.first) == (ConflictKind.DOUBLES, "status", "the policy")
    assert solved.given == "the tag bump2"  # in this recipe nothing sets it
    assert found["Tell the team"].is_clear
    assert "Switched off" not in found


def test_a_mail_on_creation_doubles_nothing_where_the_policy_is_silent() -> None:
    assert verdict(triggers=trigger("Received", CREATED, notification_user=mail("We got {{ticket.id}}"))).is_clear


def test_a_mail_beside_a_message_of_the_bridge_is_one_too_many_and_its_delivery_is_not() -> None:
    by_time = hours("PENDING", 48, notification_user=mail("Are you still there?"))
    assert verdict(automations=by_time).conflicts[0].about == "message to the customer"
    public = {"field": "comment_is_public", "operator": "is", "value": "true"}
    agent = {"field": "role", "operator": "is", "value": "agent"}
    delivery = mail("{{ticket.comments_formatted}}", "requester_and_ccs")
    assert verdict(triggers=trigger("Comment", CHANGED, public, notification_user=delivery)).is_clear
    news = trigger("News", CHANGED, public, agent, notification_user=mail("There is news on your ticket"))
    [conflict] = verdict(triggers=news).conflicts
    assert (conflict.kind, conflict.first) == (ConflictKind.DOUBLES, "the policy")


def test_replacing_all_tags_takes_those_of_the_policy() -> None:
    [conflict] = verdict(triggers=trigger("Reset", CHANGED, set_tags="done")).conflicts
    assert conflict.about == "tags of the policy"
    assert conflict.rule_does.what.startswith("removes tag policy_")


def test_a_field_that_the_bridge_fills_is_the_policys() -> None:
    [conflict] = verdict(triggers=trigger("Severity", CREATED, custom_fields_32="sev_1")).conflicts
    assert conflict.about == "field severity"


def test_a_status_that_takes_the_ticket_out_of_waiting_hinders_the_reminders() -> None:
    found = verdict(automations=hours("PENDING", 24, status="hold"))
    [conflict] = found.conflicts
    assert conflict.kind in (ConflictKind.HINDERS, ConflictKind.FIGHTS)
    assert conflict.rule_does.what == "sets status to waiting_internal"


def test_what_else_a_rule_does_is_not_lost() -> None:
    """A rule that also calls another program is not proposed for switching off."""
    found = verdict(triggers=trigger("Urgent and a call", CREATED, priority="urgent", notification_webhook=["1", "{}"]))
    assert found.proposal is Proposal.EXCLUDE
    assert "because it does more than that" in found.advice


def test_a_rule_that_mostly_acts_where_the_policy_does_nothing_is_not_to_be_switched_off() -> None:
    """It gives a priority to every ticket, the policy to the one of which it knows enough."""
    rule = acting_rules({"triggers": [trigger("Everything is urgent", CREATED, priority="urgent")]}, CONNECTION)
    unknown = [scenario(name, ticket={"facts": {}}) for name in ("nothing is known", "nor here")]
    [found] = examine(rule, trials_of(policy(), [scenario("the impact is known"), *unknown]))
    assert found.proposal is Proposal.EXCLUDE
    assert "because it mostly acts where the policy does nothing of the kind" in found.advice
    [found] = examine(rule, trials_of(policy(), [scenario("the impact is known"), *unknown[:1]]))
    assert found.proposal is Proposal.SWITCH_OFF


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (
            trigger("Unhappy", {"field": "satisfaction_score", "operator": "is", "value": "bad"}, priority="high"),
            "its condition on satisfaction_score is not understood",
        ),
        (trigger("Odd", CREATED, conjure="rabbit"), "its action conjure is not understood"),
        (
            trigger("Never", CREATED, {"field": "update_type", "operator": "is", "value": "Change"}, priority="high"),
            "it acted on no scenario, even where the ticket was given what its conditions ask for",
        ),
    ],
)
def test_what_cannot_be_examined_is_named_with_its_reason(rule: dict[str, Any], reason: str) -> None:
    found = verdict(triggers=rule)
    assert (found.not_examined, found.conflicts) == (reason, ())


def test_a_rule_that_only_calls_another_program_is_clear_whatever_its_conditions() -> None:
    odd = {"field": "satisfaction_score", "operator": "is", "value": "bad"}
    assert verdict(triggers=trigger("Tell", odd, notification_webhook=["1", "{}"])).is_clear


def test_a_condition_that_no_scenario_meets_is_met_on_a_ticket_that_is_given_it() -> None:
    brand = {"field": "brand_id", "operator": "is", "value": "77"}
    tag = {"field": "current_tags", "operator": "includes", "value": "vip"}
    [conflict] = verdict(triggers=trigger("VIP", CREATED, brand, tag, priority="urgent")).conflicts
    assert conflict.given == "brand 77, the tag vip"


def policy_of(minutes: int, metric: str = "first_reply_time") -> dict[str, Any]:
    metrics = [{"metric": metric, "priority": "low", "target": minutes, "business_hours": False}]
    return {"id": 9, "title": "Standard", "position": 1, "filter": {"all": []}, "policy_metrics": metrics}


def test_other_targets_for_the_same_metric_are_a_fight() -> None:
    """The pack gives a ticket of low severity a business day, until 09:00 in Berlin on Tuesday: 24 hours."""
    found = verdict(sla_policies=policy_of(60))
    [conflict] = found.conflicts
    assert (conflict.kind, conflict.about) == (ConflictKind.FIGHTS, "first reply time")
    assert (found.proposal, found.can_be_switched_off) == (Proposal.CHANGE_PACK, False)
    assert "change AC-3 in the pack" in found.advice


def test_an_sla_policy_that_agrees_is_clear() -> None:
    clocks = {each.name: each for trial in trials()[:1] for each in trial.played().run(trial.until).clocks}  # type: ignore[union-attr]
    due = clocks["first_response"].due_at
    assert due is not None
    minutes = int((due - clocks["first_response"].started_at).total_seconds()) // 60
    assert verdict(sla_policies=policy_of(minutes)).is_clear


def test_a_clock_that_was_paused_is_compared_with_a_target_that_rests_elsewhere() -> None:
    """Both promise eight hours, and differ in what they rest in."""
    events = [{"at": f"+{at}h", "by": "agent", "set": {"status": status}} for at, status in _PAUSES]
    [trial, *_] = trials_of(policy(), [scenario("long work", events=events, until="+3d")])
    for metric, agrees in (("agent_work_time", True), ("requester_wait_time", False), ("total_resolution_time", False)):
        native = acting_rules({"sla_policies": [policy_of(480, metric)]}, CONNECTION)
        [found] = examine(native, [replace(trial, policy=_paused_policy())])
        assert found.is_clear is agrees, metric


_PAUSES = ((1, "waiting_customer"), (5, "in_progress"), (6, "waiting_internal"), (20, "in_progress"))


def _paused_policy() -> Policy:
    resting, targets = ["waiting_customer", "waiting_internal"], dict.fromkeys(("medium", "low"), "8h")
    return load_policy(str(PACK), {"clocks": [{"name": "completion", "paused_in": resting, "targets": targets}]})


def test_a_policy_whose_metric_no_clock_measures_is_clear() -> None:
    assert verdict(sla_policies=policy_of(60, "next_reply_time")).is_clear


def test_a_pack_without_scenarios_is_played_on_a_ticket_of_each_severity() -> None:
    native = acting_rules({"triggers": [trigger("Everything is urgent", CREATED, priority="urgent")]}, CONNECTION)
    [found] = examine(native, trials_of(policy(), []))
    assert found.conflicts[0].scenario in ("a ticket of severity medium", "a ticket of severity low")


def test_rules_and_policy_that_undo_each_other_come_to_an_end() -> None:
    low = {"field": "priority", "operator": "is_not", "value": "urgent"}
    [conflict] = verdict(triggers=trigger("Always urgent", low, priority="urgent")).conflicts
    assert conflict.about == "priority"
