"""The words of clocks, schedules and digests that the shipped pack does not have, with every vendor."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from bridge.decision import Clock
from bridge.report import ReportTable, tables
from bridge.runtime.report_input import report_input
from tests.support.mailbox import open_mailbox

from .conftest import VendorScenario
from .policy_words import COMPLETION, clocks, laid_over, policy_of, said

HOUR = 3600
AGENTS = "agent1@vendor.example, agent1@example.com"
"""Whoever writes notes for one of the vendors."""


def hours_to(clock: Clock) -> float:
    """From the start of a clock to its due time."""
    assert clock.due_at is not None
    return round((clock.due_at - clock.started_at).total_seconds() / HOUR, 1)


@laid_over(closure={"if_unconfirmed": "allow"}, clocks=[COMPLETION | {"on_reopen": "total"}])
def test_the_old_deadline_stays_after_a_reopening(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(hours=3)
    scenario.vendor.edit(number, status="solved")
    scenario.settle()
    scenario.later(hours=4)
    scenario.vendor.edit(number, status="in_progress")
    scenario.settle()
    [clock] = clocks(scenario, number, "completion")
    assert (clock.state, hours_to(clock)) == ("running", 10)
    scenario.later(hours=3, minutes=1)
    assert "policy_breached_completion" in scenario.see(number).tags


@laid_over(clocks=[COMPLETION | {"on_level_change": "from_now", "warn_at_percent": 50, "if_late": "skip"}])
def test_a_new_level_starts_the_clock_again(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console slow", affected="significant")
    scenario.settle()
    scenario.later(hours=9)
    scenario.vendor.edit(number, affected="all")
    scenario.settle()
    before, after = clocks(scenario, number, "completion")
    assert (before.state, after.state, hours_to(after)) == ("cancelled", "running", 10)
    assert 8.9 < (after.started_at - before.started_at).total_seconds() / HOUR < 9.2
    assert "policy_warning_completion" not in scenario.see(number).tags
    scenario.later(hours=5, minutes=1)
    assert "policy_warning_completion" in scenario.see(number).tags


BUSY = {"tags": {"any": ["busy_day"]}}


@laid_over(
    calendars={"busy": {"clause": "MA-01", "hours": "always"}},
    clocks=[
        {"name": "work", "clause": "MA-10", "met_in": ["in_progress"], "calendar": "always",
         "targets": {"critical": {"within": "2h", "clause": "MA-12", "calendar": "client"}}},
        {"name": "reply", "clause": "MA-10", "starts_on": "customer_message", "met_by": ["agent_message"],
         "calendar": "always", "targets": {"critical": "2h"},
         "conditional_calendars": [{"when": BUSY, "calendar": "busy"}]},
        {"name": "since_level", "clause": "MA-10", "starts_on": "level_set", "met_by": ["solved"],
         "calendar": "always", "targets": {"critical": "5h", "high": "9h"}},
        {"name": "first_words", "clause": "MA-10", "starts_on": "first_customer_message",
         "met_by": ["agent_action"], "calendar": "always", "targets": {"critical": "1h", "high": "1h"}},
        {"name": "touched", "clause": "MA-10", "met_by": ["any_agent_event"], "calendar": "always",
         "targets": {"critical": "1h", "high": "1h"}},
        {"name": "busy", "clause": "MA-10", "met_when": BUSY, "calendar": "always",
         "targets": {"critical": "1h", "high": "1h"}},
        {"name": "customer_answers", "clause": "MA-10", "met_by": ["customer_message"], "calendar": "always",
         "targets": {"critical": "4h"}},
    ],
)  # fmt: skip
def test_what_starts_and_meets_a_clock(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console slow", affected="significant")
    scenario.settle()
    scenario.later(minutes=30)
    scenario.vendor.edit(number, affected="all", tag="busy_day")
    scenario.settle()
    scenario.later(minutes=10)
    scenario.vendor.reply(number, "Now nobody can work")
    scenario.settle()
    asked = scenario.vendor.now()
    [reply] = clocks(scenario, number, "reply")
    assert (reply.state, reply.calendar, hours_to(reply)) == ("running", "busy", 2)
    assert abs(reply.started_at - asked) < timedelta(minutes=5)
    assert [clock.state for clock in clocks(scenario, number, "customer_answers")] == ["met"]
    assert [clock.state for clock in clocks(scenario, number, "busy")] == ["met"]
    since_level = clocks(scenario, number, "since_level")[-1]
    assert since_level.started_at > scenario.ticket(number).created_at + timedelta(minutes=29)
    [work] = clocks(scenario, number, "work")
    assert (work.state, work.cite.clause, work.calendar) == ("running", "MA-12", "client")
    scenario.vendor.edit(number, status="in_progress")
    scenario.settle()
    states = {name: clocks(scenario, number, name)[-1].state for name in ("work", "first_words", "touched", "reply")}
    assert states == {"work": "met", "first_words": "met", "touched": "met", "reply": "running"}
    scenario.vendor.answer(number, "We are at it")
    scenario.settle()
    assert clocks(scenario, number, "reply")[-1].state == "met"


@laid_over(
    clocks=[{"name": "report", "clause": "MA-10", "starts_when": {"status": ["solved", "closed"]}, "met_when": BUSY,
             "calendar": "always", "targets": {"critical": "1h", "high": "1h"}}],
    closure={"if_unconfirmed": "allow"},
)  # fmt: skip
def test_a_clock_starts_with_the_resolution(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    assert clocks(scenario, number, "report") == []
    scenario.later(minutes=30)
    scenario.vendor.edit(number, status="solved")
    scenario.settle()
    [report] = clocks(scenario, number, "report")
    assert (report.state, hours_to(report)) == ("running", 1)
    scenario.later(minutes=10)
    scenario.vendor.edit(number, tag="busy_day")
    scenario.settle()
    assert [clock.state for clock in clocks(scenario, number, "report")] == ["met"]


LATER_STEP = {"after": "1h", "when": {"tags": {"any": ["vip"]}}, "clause": "MA-13", "tags": ["possible_duplicate"],
              "note": "vip", "if_late": "act"}  # fmt: skip


@laid_over(
    clocks=[{"name": "first_response", "steps": [LATER_STEP]}], templates={"vip": "For a guest ({clause}): {reason}."}
)
def test_a_step_waits_for_its_condition_and_cites_its_own_clause(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(hours=2)
    assert "policy_possible_duplicate" not in scenario.see(number).tags
    scenario.vendor.edit(number, tag="vip")
    scenario.settle()
    assert "policy_possible_duplicate" in scenario.see(number).tags
    assert "For a guest (MA-13)" in said(scenario.see(number))


@laid_over(
    roles={"team_lead": AGENTS, "coo": "coo@vendor.example"},
    amendments={
        "clause": "MA-10",
        "waive": {"roles": ["team_lead"], "clocks": ["first_response"]},
        "extend": {"roles": ["team_lead"], "clocks": ["completion"], "at_most": "2d", "calendar": "always"},
        "promise": {"roles": ["team_lead"], "clock": "call_back", "met_by": ["phone_contact"], "notify": ["coo"],
                    "calendar": "always"},
    },
    clocks=[COMPLETION],
)  # fmt: skip
def test_a_waiver_and_a_promise_are_kept_and_shown(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    kept, broken = vendor.open("Console down", affected="all"), vendor.open("Console slow", affected="all")
    scenario.settle()
    scenario.later(minutes=1)  # a clock that is waived in the second in which it began is none
    promised = (vendor.now() + timedelta(hours=3)).strftime("%Y-%m-%d %H:%M")
    too_far = (vendor.now() + timedelta(days=4)).strftime("%Y-%m-%d %H:%M")
    for number in (kept, broken):
        vendor.note(number, "policy: waive first_response, because they asked for a call only")
        vendor.note(number, f"policy: promise {promised}, because the vendor answers by then")
    vendor.note(kept, f"policy: extend completion until {too_far}, because a part is late")
    scenario.settle()
    [waived] = clocks(scenario, kept, "first_response")
    assert (waived.state, waived.amendment and waived.amendment.what) == ("cancelled", "waive")
    notes = said(scenario.see(kept))
    assert re.search("First response waived by [^:]*: they asked for a call only", notes)
    assert f"Follow-up promised for {promised} UTC by" in notes
    assert re.search("Extension not recorded: .*allowed: at most 48 hours ahead", notes)
    scenario.later(hours=2)
    vendor.call(kept)
    scenario.later(hours=2)
    assert [clock.state for clock in clocks(scenario, kept, "call_back")] == ["met"]
    assert [clock.state for clock in clocks(scenario, broken, "call_back")] == ["breached"]
    assert "policy_breached_call_back" not in scenario.see(kept).tags
    seen = scenario.see(broken)
    assert "policy_breached_call_back" in seen.tags
    assert re.search(r"needs the attention of the COO \(MA-10\): the call back \(promised for", said(seen))


@laid_over(
    clocks=[COMPLETION | {"plan_targets": {"premium": {"critical": "4h"}}}],
    reactions=[{"name": "tell", "clause": "MA-10", "when": {"affected": "all"}, "notify": ["coo"]}],
    roles={"coo": "coo@vendor.example"},
    plan_roles={"premium": {"coo": "gold-coo@vendor.example"}},
)
def test_the_plan_of_the_account_has_targets_and_contacts_of_its_own(scenario: VendorScenario) -> None:
    found = {}
    for plan in ("standard", "premium"):
        scenario.agree(plan=plan)
        number = scenario.vendor.open(f"Console down on {plan}", affected="all")
        scenario.settle()
        [clock] = clocks(scenario, number, "completion")
        plans = [review.plan for review in scenario.reviews(number) if review.plan]
        to = {to for each in plans for action in each.actions for to in getattr(action, "to", ())}
        found[plan] = (clock.target_s / HOUR, to)
    assert found == {"standard": (10, {"coo@vendor.example"}), "premium": (4, {"gold-coo@vendor.example"})}


DOWN = {"start_fact": "device", "end_fact": "username"}
PLANNED = {"start_fact": "contact", "end_fact": "company"}
REPORTS: list[dict[str, Any]] = [
    {"kind": "clock_shares", "clause": "MA-24", "name": "tiers", "clock": "completion", "by": "tier",
     "budgets": {"1": 40, "3": 40}},
    *({"kind": "clock_shares", "clause": "MA-24", "name": by, "clock": "completion", "by": by}
      for by in ("group", "team", "assignee")),
    {"kind": "clock_metrics", "clause": "MA-10", "name": "times", "clocks": ["completion"]},
    {"kind": "channels", "clause": "MA-03", "name": "channels"},
    {"kind": "satisfaction", "clause": "MA-05", "name": "survey", "fact": "preferred_contact"},
    {"kind": "availability", "clause": "MA-01", "name": "outages", "goal_percent": 99.5, "when": {"affected": "all"},
     **DOWN, "maintenance_window": {"calendar": "always", "when": {"affected": "individual"}, **PLANNED}},
]  # fmt: skip
MOMENT: dict[str, Any] = {"type": "datetime", "label": "When"}


@laid_over(
    closure={"if_unconfirmed": "allow"},
    intake={"replace": []},
    clocks=[COMPLETION],
    facts=dict.fromkeys(("device", "username", "contact", "company"), MOMENT),
    reports=REPORTS,
)
def test_reports_count_what_the_vendor_told(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Console down", affected="all")
    scenario.settle()
    begun = vendor.now().replace(microsecond=0)
    ended = begun + timedelta(minutes=30)
    facts = {"device": begun.isoformat(), "username": ended.isoformat(), "preferred_contact": "good"}
    vendor.edit(number, facts=facts)
    scenario.later(hours=4, minutes=5)  # tier 3 since four hours: the schedule of the pack
    scenario.later(hours=2)
    vendor.edit(number, status="solved")
    scenario.settle()
    policy = policy_of(scenario)
    found: dict[str, ReportTable] = {
        table.name: table for table in tables([policy], list(report_input(scenario.running.store)), vendor.now())
    }
    shares = {row["tier"]: row for row in found["tiers"].rows}
    assert {tier: round(row["used_s"] / HOUR) for tier, row in shares.items()} == {"1": 4, "3": 2}
    for by in ("group", "team", "assignee"):
        assert round(sum(row["used_s"] for row in found[by].rows) / HOUR) == 6, by
    assert [shares["1"]["within_budget_percent"], shares["3"]["within_budget_percent"]] == [0, 100]
    assert [(row["clock"], row["attainment_percent"]) for row in found["times"].rows] == [("completion", 100)]
    assert [(row["channel"], row["count"]) for row in found["channels"].rows] == [("phone", 1)]
    assert [row["scores"] for row in found["survey"].rows] == [{"good": 1}]
    assert sum(row["downtime_min"] for row in found["outages"].rows) == 30


def digest(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "clause": "MA-10", "notify": ["coo"], "at": "00:00", "time_zone": "UTC",
            "calendar": "always", "due_within": "2d", **more}  # fmt: skip


NOBODY = {"tags": {"any": ["nobody_has_this"]}}


@laid_over(
    clocks=[COMPLETION],
    roles={"coo": "coo@vendor.example", "support_manager": "lead@vendor.example"},
    digests=[
        digest("empty", when=NOBODY, if_empty="skip"),
        digest("sent", when=NOBODY, if_empty="send", notify=["support_manager"]),
        digest("missed", at="00:00", if_late="skip", if_empty="send"),
    ],
)
def test_a_digest_of_nothing_is_sent_only_where_the_policy_says_so(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    now = scenario.vendor.now()
    past_one = (timedelta(hours=25) - timedelta(hours=now.hour, minutes=now.minute)) % timedelta(days=1)
    if now.hour < 1:
        scenario.later(seconds=past_one.total_seconds())
    with open_mailbox() as mailbox:
        scenario.start(mail=mailbox.url)
        scenario.running.store.wake(scenario.vendor.ref(number), scenario.vendor.now(), "command")
        scenario.settle()
        digests = scenario.running.jobs.digests
        assert digests
        digests.send_due(scenario.vendor.now())
        texts = mailbox.texts()
    assert set(texts) == {"lead@vendor.example"}
    assert "Console down" not in texts["lead@vendor.example"]


@laid_over(
    closure={"if_unconfirmed": "allow"},
    intake={"replace": []},
    facts={"device": MOMENT, "username": MOMENT},
    clocks=[
        {"name": "visit", "clause": "MA-10", "start_fact": "device", "met_by": ["solved"], "calendar": "always",
         "targets": {"critical": "2h"}},
        {"name": "call_back", "clause": "MA-10", "due_fact": "username", "met_by": ["agent_message"],
         "calendar": "always"},
    ],
)  # fmt: skip
def test_clocks_begin_and_are_due_at_the_times_that_a_field_holds(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    number = vendor.open("Console down", affected="all")
    scenario.settle()
    begins, due = (vendor.now().replace(microsecond=0) + timedelta(hours=hours) for hours in (3, 1))
    vendor.edit(number, facts={"device": begins.isoformat(), "username": due.isoformat()})
    scenario.settle()
    assert clocks(scenario, number, "visit") == []
    [call_back] = clocks(scenario, number, "call_back")
    assert (call_back.state, call_back.due_at) == ("running", due)
    scenario.later(hours=1, minutes=5)
    assert "policy_breached_call_back" in scenario.see(number).tags
    scenario.later(hours=2)
    [visit] = clocks(scenario, number, "visit")
    assert (visit.state, visit.started_at, hours_to(visit)) == ("running", begins, 2)
    scenario.later(hours=2)
    assert "policy_breached_visit" in scenario.see(number).tags


VIP = {"tags": {"any": ["vip"]}}


@laid_over(
    escalation={
        "if_late": "act",
        "paused_in": ["customer_update_required"],
        "on_request": {
            "replace": {
                "clause": "MA-13",
                "calendar": "always",
                "next_stage_after": "2h",
                "if_late": "act",
                "stages": [
                    {"stage": 1, "notify": ["account_manager"], "note": "look", "message": "we_look",
                     "message_clause": "MA-12"},
                    {"stage": 2, "notify": ["account_manager"], "note": "look"},
                ],
            }
        },
        "stages": {
            "replace": [
                {"clause": "MA-14", "level": "critical", "stage": 3, "after": "1h", "when": VIP, "paused_in": [],
                 "notify": ["account_manager"]},
            ]
        },
    },
    templates={"look": "Request, stage {stage} ({clause}): {reason}.", "we_look": "The team lead has your request."},
)  # fmt: skip
def test_a_request_goes_up_by_itself_and_a_stage_of_the_schedule_waits_for_its_condition(
    scenario: VendorScenario,
) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.vendor.ask_for_escalation(number)
    scenario.settle()
    assert list(scenario.see(number).public) == ["The team lead has your request."]
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    scenario.later(hours=1, minutes=5)
    assert not {"policy_escalated_2", "policy_escalated_3"} & scenario.see(number).tags
    scenario.vendor.edit(number, tag="vip")
    scenario.settle()
    assert "policy_escalated_3" in scenario.see(number).tags
    scenario.later(hours=1)
    seen = scenario.see(number)
    assert {"policy_escalated_1", "policy_escalated_2"} <= seen.tags
    assert [said(seen).count(f"Request, stage {stage} ") for stage in (1, 2)] == [1, 1]
    assert scenario.vendor.roles["account_manager"] in scenario.vendor.called_upon(number)
