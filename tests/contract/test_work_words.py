"""The words for work in stages, approvals, statuses, shifts and people, with every vendor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bridge.decision import Finding
from bridge.ports.reviews import Review

from .conftest import VendorScenario
from .policy_words import COMPLETION, clocks, laid_over, said

STAGES: dict[str, Any] = {"type": "choice", "values": ["asked", "agreed", "refused", "done"], "label": "Stage"}
FACTS: dict[str, Any] = {"device": STAGES, "contact": {"type": "text", "label": "Estimate"}}
"""Facts with fields of their own at each vendor, in another meaning."""
NO_REPORT = {"replace": []}
"""Without the pack's intake, which those facts would concern."""

ESTIMATE: dict[str, Any] = {
    "name": "estimate",
    "clause": "MA-12",
    "when": {"contact": ["4 hours", "8 hours"]},
    "ask_again_if_changed": ["contact"],
    "stop_asking_when": {"device": "done"},
    "approver": "customer",
    "proof_of_address": False,
    "request_message": "approve",
    "status": "customer_update_required",
    "pauses": ["completion"],
    "blocks": ["in_progress"],
    "blocked_note": "not_yet",
    "refused_note": "refused",
    "refused_notify": ["account_manager"],
    "refused_assignee": "account_manager",
    "expires_after": "10d",
    "calendar": "always",
    "if_late": "act",
}
APPROVAL_TEXTS = {
    "approve": "Do you agree to {contact}?",
    "not_yet": "Changed back ({clause}): {reason}.",
    "refused": "Refused ({clause}): {remark}.",
}


@laid_over(
    facts=FACTS | {"stage": {"type": "choice", "values": ["agreed", "refused"], "label": "Stage"}},
    intake=NO_REPORT,
    waiting=NO_REPORT,
    clocks=[COMPLETION],
    gates=[ESTIMATE | {"approved_stage": "agreed", "refused_stage": "refused"}],
    templates=APPROVAL_TEXTS,
)
def test_a_gate_waits_for_the_customer_and_asks_again(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("A larger change", affected="all")
    scenario.settle()
    vendor.edit(number, facts={"contact": "4 hours"})
    scenario.settle()
    seen = scenario.see(number)
    assert (list(seen.public), seen.status) == (["Do you agree to 4 hours?"], "customer_update_required")
    assert "policy_awaiting_estimate" in seen.tags
    assert [clock.state for clock in clocks(scenario, number, "completion")] == ["paused"]
    scenario.later(minutes=5)
    vendor.edit(number, status="in_progress")
    scenario.settle()
    seen = scenario.see(number)
    assert seen.status == "customer_update_required"
    assert "Changed back (MA-12)" in said(seen)
    scenario.approve(number, "estimate", refuse=True, remarks="too dear")
    scenario.running.store.wake(vendor.ref(number), vendor.now(), "command")
    scenario.settle()
    seen = scenario.see(number)
    assert "Refused (MA-12): too dear." in said(seen)
    assert "policy_awaiting_estimate" not in seen.tags
    assert scenario.ticket(number).assignee == vendor.roles["account_manager"]
    assert vendor.roles["account_manager"] in vendor.called_upon(number)
    scenario.later(minutes=5)
    vendor.edit(number, facts={"contact": "8 hours"})
    scenario.settle()
    assert list(scenario.see(number).public) == ["Do you agree to 4 hours?", "Do you agree to 8 hours?"]
    scenario.approve(number, "estimate")
    scenario.running.store.wake(vendor.ref(number), vendor.now(), "command")
    scenario.settle()
    assert [clock.state for clock in clocks(scenario, number, "completion")] == ["running"]


@laid_over(
    facts=FACTS | {"username": {"label": "Version"}},
    intake=NO_REPORT,
    workflows=[
        {
            "name": "correction",
            "clause": "MA-12",
            "fact": "device",
            "when": {"affected": "all"},
            "stages": [
                {"stage": "asked", "status": [{"when": {"affected": "all"}, "set": "in_progress"}],
                 "tags": ["possible_duplicate"], "tags_until": "done", "note": "begun"},
                {"stage": "agreed", "clause": "MA-05", "message": "found", "update_due_tag": "update_due",
                 "needs": [{"fact": "username", "tag": "version_missing", "message": "known"}]},
                {"stage": "done"},
            ],
        }
    ],
    templates={"begun": "Begun ({clause}).", "found": "We have found the cause.", "known": "It is in {username}."},
)  # fmt: skip
def test_a_workflow_has_a_status_tags_and_messages_for_each_stage(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Tablets crash", affected="all")
    scenario.settle()
    vendor.edit(number, facts={"device": "asked", "username": ""})
    scenario.settle()
    seen = scenario.see(number)
    assert (seen.status, "Begun (MA-12)." in said(seen)) == ("in_progress", True)
    scenario.later(minutes=5)
    vendor.edit(number, facts={"device": "agreed"})
    scenario.settle()
    seen = scenario.see(number)
    assert list(seen.public) == ["We have found the cause."]
    assert {"policy_possible_duplicate", "policy_version_missing"} <= seen.tags
    assert "policy_update_due" not in seen.tags
    vendor.edit(number, facts={"username": "9.1"})
    scenario.settle()
    assert list(scenario.see(number).public) == ["We have found the cause.", "It is in 9.1."]
    scenario.later(minutes=5)
    vendor.edit(number, facts={"device": "done"})
    scenario.settle()
    assert not {"policy_possible_duplicate", "policy_version_missing"} & scenario.see(number).tags


@laid_over(
    waiting=NO_REPORT,
    closure={"if_unconfirmed": "allow"},
    links={"status_page": "https://status.vendor.example"},
    transitions=[
        {
            "clause": "MA-12",
            "when": {"affected": "all"},
            "automatic_moves": [
                {"on": "agent_message", "from": ["new"], "to": "in_progress"},
                {"on": "customer_message", "from": ["customer_update_required"], "to": "in_progress"},
            ],
            "allowed_moves": {
                "in_progress": ["customer_update_required"],
                "customer_update_required": ["in_progress", "solved"],
                "solved": ["in_progress"],
            },
            "note": "not_on_the_path",
        }
    ],
    status_notice={"clause": "MA-12", "message": "status_changed"},
    templates={
        "not_on_the_path": "Changed back ({clause}): {reason}.",
        "status_changed": "Your case is now: {status}. See {status_page}.",
    },
)
def test_events_move_a_ticket_and_people_keep_to_the_path(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Tablets fail", affected="all")
    scenario.settle()
    vendor.answer(number, "Which tablets?")
    scenario.settle()
    assert scenario.see(number).status == "in_progress"
    scenario.later(minutes=5)
    vendor.edit(number, status="solved")
    scenario.settle()
    seen = scenario.see(number)
    assert seen.status == "in_progress"
    assert "Changed back (MA-12): moving from in progress to solved" in said(seen)
    scenario.later(minutes=5)
    vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(minutes=5)
    vendor.reply(number, "All of them")
    scenario.settle()
    seen = scenario.see(number)
    assert seen.status == "in_progress"
    notice = [text for text in seen.public if text.startswith("Your case is now: In Progress.")]
    assert notice
    assert "https://status.vendor.example" in notice[-1]


@laid_over(
    calendars={"night": {"clause": "MA-01", "hours": {"mon": ["00:00-00:01"]}}},
    facts=FACTS | {"username": {"label": "Region"}, "company": {"label": "Skill"}},
    intake=NO_REPORT,
    start_tier=2,
    tiers={"clause": "MA-24", "raise_clause": "MA-23", "raise_note": "new_contact"},
    shifts={
        "clause": "MA-02",
        "regions": {"emea": "always", "apac": "night"},
        "hand_over_when": {"affected": "all"},
        "field": "username",
    },
    categories=[
        {
            "name": "products",
            "clause": "MA-08",
            "when": {"affected": "all"},
            "fact": "contact",
            "skills": {"mail": "mail_team"},
            "field": "company",
            "unknown_tag": "category_unknown",
        }
    ],
    templates={"new_contact": "New contact ({clause}): {reason}."},
)
def test_tiers_shifts_and_skills(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Mail is down", affected="all")
    vendor.edit(number, facts={"contact": "mail"})
    scenario.settle()
    seen = scenario.see(number)
    assert seen.tier == 2
    assert "New contact (MA-23): moved from tier 1 to tier 2" in said(seen)
    assert {"policy_region_emea", "policy_skill_mail_team"} <= seen.tags
    facts = scenario.ticket(number).facts
    assert (facts["username"], facts["company"]) == ("emea", "mail_team")
    vendor.edit(number, facts={"contact": "printers"})
    scenario.settle()
    tags = scenario.see(number).tags
    assert ("policy_category_unknown" in tags, "policy_skill_mail_team" in tags) == (True, False)


@laid_over(
    calendars={"never": {"clause": "MA-01", "hours": {"mon": ["00:00-00:01"]}}},
    facts={name: {"type": "datetime", "label": "When"} for name in ("device", "username")},
    intake=NO_REPORT,
    maintenance_windows=[
        {
            "clause": "MA-01",
            "when": {"device": {"known": True}},
            "calendar": "never",
            "start_fact": "device",
            "end_fact": "username",
            "tag": "outside_window",
            "note": "outside",
        }
    ],
    templates={"outside": "Outside the window ({clause}): {reason}."},
)
def test_a_change_outside_its_window_is_pointed_out(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Server moves", affected="individual")
    when = {"device": "2030-01-01T10:00:00Z", "username": "2030-01-01T12:00:00Z"}
    scenario.vendor.edit(number, facts=when)
    scenario.settle()
    seen = scenario.see(number)
    assert "policy_outside_window" in seen.tags
    assert "Outside the window (MA-01): planned from 2030-01-01" in said(seen)


HELD: dict[str, Any] = {
    "name": "held", "clause": "MA-07", "when": {"tags": {"any": ["held"]}}, "calendar": "always"
}  # fmt: skip


@laid_over(
    waiting=NO_REPORT,
    reactions=[
        HELD | {"only_if": {"affected": "all"}, "reason": "the ticket is held", "after": "1h", "notify": ["coo"],
                "note": "held", "set_fields": {"username": "held"}, "if_overridden": "enforce", "if_late": "act"},
        {"name": "flagged", "clause": "MA-07", "when": {"affected": "all"}, "set_fields": {"company": "Example AG"},
         "if_overridden": "flag", "evaluated": "always"},
    ],
    roles={"coo": "coo@vendor.example"},
    templates={"held": "Held ({clause}): {reason}."},
)  # fmt: skip
def test_a_reaction_after_an_hour_that_insists_on_its_field(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Tablets fail", affected="all")
    vendor.edit(number, tag="held")
    scenario.settle()
    assert "Held" not in said(scenario.see(number))
    scenario.later(hours=1, minutes=1)
    seen = scenario.see(number)
    assert "Held (MA-07): the ticket is held." in said(seen)
    assert "needs the attention of the COO" in said(seen)
    assert scenario.ticket(number).facts["username"] == "held"
    vendor.edit(number, facts={"username": "mine", "company": "mine"})
    scenario.settle()
    facts = scenario.ticket(number).facts
    assert (facts["username"], facts["company"]) == ("held", "mine")
    findings = {(found.code, found.severity) for review in scenario.reviews(number) for found in found_by(review)}
    assert ("overridden", "warning") in findings


def found_by(review: Review) -> Sequence[Finding]:
    return review.plan.findings if review.plan is not None else ()


TABLE: dict[str, Any] = {
    "clause": "MA-09",
    "levels": {"critical": "urgent", "high": "high", "medium": "normal", "low": "low"},
    "rows": [{"level": "critical", "when": {"affected": "all"}, "clause": "MA-14"}],
    "default": "medium",
    "unless": {"tags": {"any": ["no_case"]}},
    "if_overridden": "flag",
    "hints": {"clause": "MA-08", "phrases": {"critical": ["fire alarm"]}},
    "prevent_lowering": {"clause": "MA-13", "when": {"affected": "all"}},
}


@laid_over(severity={"replace": TABLE}, applies_when={"affected": {"not": "individual"}}, precedence=3, time_zone="UTC")
def test_a_default_level_a_hint_and_a_priority_that_nobody_lowers(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    guarded = vendor.open("Console down", affected="all")
    other = vendor.open("The fire alarm rings", affected="small")
    nothing = vendor.open("Greetings", affected="small")
    elsewhere = vendor.open("Mail is slow", affected="individual")
    vendor.edit(nothing, tag="no_case")
    scenario.settle()
    assert scenario.see(guarded).priority == "urgent"
    seen = scenario.see(other)
    assert (seen.priority, "policy_suggest_level_critical" in seen.tags) == ("normal", True)
    assert not [tag for tag in scenario.see(nothing).tags if tag.startswith("policy_severity")]
    assert not [tag for tag in scenario.see(elsewhere).tags if tag.startswith("policy_")]
    scenario.later(minutes=2)
    vendor.edit(guarded, priority="low")
    vendor.edit(other, priority="low")
    scenario.settle()
    assert (scenario.see(guarded).priority, scenario.see(other).priority) == ("urgent", "low")


@laid_over(
    facts={"contact": {"label": "Severity"}, "device": {"label": "Serial"}},
    intake={
        "replace": [
            {"clause": "MA-08", "when": {"affected": "all"}, "note": "ask",
             "items": [{"item": "serial", "fact": "device", "label": "the serial number",
                        "when": {"tags": {"none": ["spare"]}}}]}
        ]
    },
    templates={"ask": "Please ask ({clause}): {reason}."},
)  # fmt: skip
def test_an_item_that_is_wanted_only_sometimes(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Tablet fails", affected="all")
    vendor.edit(number, facts={"device": ""})
    scenario.settle()
    seen = scenario.see(number)
    assert "policy_missing_serial" in seen.tags
    assert "Please ask (MA-08): missing: the serial number" in said(seen)
    vendor.edit(number, tag="spare")
    scenario.settle()
    assert "policy_missing_serial" not in scenario.see(number).tags


@laid_over(
    closure={"if_unconfirmed": "reopen", "accept_when": {"tags": {"any": ["spam"]}}, "confirmed_tag": "confirmed",
             "proof_of_address": False},
    reopening={"clause": "MA-05", "within": "1 business day", "calendar": "always", "note": "too_late",
               "tag": "reopened_late", "message": "new_case"},
    waiting={"replace": [
        {"name": "pending client action", "kind": "reminders", "clause": "MA-07",
         "statuses": ["customer_update_required"], "calendar": "always",
         "notices": [{"after": "2h", "message": "ping"}], "close_after": "4h",
         "close_tag": "closed_silently", "clock": "closes", "warn_at_percent": 60,
         "if_late": "act", "status_after_reply": "in_progress"}]},
    templates={"too_late": "Too late ({clause}): {reason}.", "new_case": "Please open a new case.",
               "ping": "Still there?"},
)  # fmt: skip
def test_the_end_of_a_case_and_what_comes_after_it(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    spam, silent, confirmed = (vendor.open(subject, affected="small") for subject in ("Win!", "Phones", "Tablets"))
    scenario.settle()
    vendor.edit(spam, status="solved", tag="spam")
    vendor.edit(silent, status="customer_update_required")
    vendor.edit(confirmed, status="in_progress")
    scenario.settle()
    assert scenario.see(spam).status == "solved"
    scenario.approve(confirmed, "resolution")
    scenario.running.store.wake(vendor.ref(confirmed), vendor.now(), "command")
    scenario.settle()
    seen = scenario.see(confirmed)
    assert (seen.status, "policy_confirmed" in seen.tags) == ("solved", True)
    scenario.later(hours=2, minutes=30)
    assert "policy_warning_closes" in scenario.see(silent).tags
    scenario.later(hours=2)
    seen = scenario.see(silent)
    assert (seen.status, "policy_closed_silently" in seen.tags) == ("solved", True)
    scenario.later(days=1)
    vendor.reply(spam, "Are you sure?")
    scenario.settle()
    seen = scenario.see(spam)
    assert ("policy_reopened_late" in seen.tags, seen.status) == (True, "solved")
    assert "Too late (MA-05)" in said(seen)


@laid_over(
    closure={"if_unconfirmed": "warn"},
    facts=FACTS,
    intake=NO_REPORT,
    waiting=NO_REPORT,
    clocks=[COMPLETION],
    merges={"clause": "MA-04", "approvals": "all"},
    gates=[ESTIMATE],
    templates=APPROVAL_TEXTS,
)
def test_an_approval_on_a_merged_ticket_counts(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    source, target = vendor.open("A larger change", affected="all"), vendor.open("The same again", affected="all")
    for number in (target, source):
        vendor.edit(number, facts={"contact": "4 hours"})
    scenario.settle()
    scenario.later(minutes=5)
    scenario.approve(source, "estimate")
    scenario.later(minutes=5)
    vendor.merge(source, target)
    scenario.settle()
    assert "policy_awaiting_estimate" not in scenario.ticket(target).tags
    vendor.edit(target, status="solved")
    scenario.settle()
    assert scenario.ticket(target).status == "solved"
    decision = scenario.reviews(target)[-1].decision
    assert decision
    assert "unfounded_solve" in {found.code for found in decision.findings}


BOSS = "boss@customer.example"
RAISED: dict[str, Any] = {
    "clause": "MA-09",
    "levels": {"all": "urgent", "significant": "high", "small": "low"},
    "chosen_in": {
        "fact": "affected",
        "change_approval": {
            "clause": "MA-09",
            "gate": "severity_change",
            "request_message": "agree",
            "only": "raising",
            "approver": "management",
        },
    },
}


@laid_over(
    severity={"replace": RAISED},
    escalation=None,
    clocks={"replace": []},
    gates=[ESTIMATE | {"approver": "management", "request_message": None, "pauses": []}],
    facts=FACTS,
    intake=NO_REPORT,
    waiting=NO_REPORT,
    templates=APPROVAL_TEXTS | {"agree": "May we raise the severity to {proposed}?"},
)
def test_only_the_management_may_approve_a_raise(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    scenario.agree(management=[BOSS])
    number = vendor.open("Console slow", affected="small")
    scenario.settle()
    scenario.later(minutes=5)
    vendor.edit(number, affected="all")
    scenario.settle()
    assert scenario.see(number).priority == "low"
    assert "May we raise the severity to all?" in scenario.see(number).public
    for caller, priority in ("", "low"), (BOSS, "urgent"):
        scenario.later(minutes=5)
        scenario.approve(number, "severity_change", caller=caller)
        scenario.running.store.wake(vendor.ref(number), vendor.now(), "command")
        scenario.settle()
        assert scenario.see(number).priority == priority
