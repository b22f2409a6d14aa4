"""An explanation tells a decision: nothing is left out, nothing is added, and its sums are the engine's own."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import hypothesis  # noqa: F401  imported first: CPython 3.11 up to .7 overflows its stack otherwise (pytest#10874)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.account import Account
from bridge.decision import Citation, ClockState, Decision, Plan
from bridge.decision.records import ActionName, parse_action
from bridge.evaluate import evaluate
from bridge.explain import CountedClock, Explanation, Statement, as_text, describe_action, explain, outline
from bridge.plan import Ledger, plan
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ticket import Actor, Changed, Channel, Message, Role, Status, Ticket, TicketRef, TimelineEntry

CREATED = datetime(2026, 3, 27, 15, 0, tzinfo=UTC)
"""A Friday afternoon; on the Sunday after it the clocks change in Stockholm."""
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")
OFFICE = {"hours": {"mon-fri": ["08:00-12:00", "13:00-17:00"]}, "time_zone": "Europe/Stockholm"}
PACK = load_policy("maas360")
OFFICE_PACK = load_policy("maas360", {"calendars": {"always": OFFICE}})


def ticket(*timeline: TimelineEntry, subject: str = "Console down", **fields: object) -> Ticket:
    changes = [entry for entry in timeline if isinstance(entry, Changed)]
    status = Status(str(changes[-1].new)) if changes else Status.OPEN
    values = {"channel": Channel.PHONE, "type": "incident", "facts": {"affected": "significant"}} | fields
    ref = TicketRef(connection="acme", id="7")
    return Ticket.model_validate(
        {"ref": ref, "created_at": CREATED, "subject": subject, "status": status, "timeline": timeline, **values}
    )


def moved(hours: float, old: str, new: str) -> Changed:
    return Changed(at=CREATED + timedelta(hours=hours), actor=AGENT, field="status", old=old, new=new)


def explained(subject: Ticket, hours: float, policy: Policy = PACK, *, planned: bool = False) -> Explanation:
    decision = evaluate(subject, None, policy, CREATED + timedelta(hours=hours))
    return explain(decision, policy, None, plan(decision, subject, Ledger()) if planned else None)


def clock(explanation: Explanation, name: str) -> CountedClock:
    return next(clock for clock in explanation.clocks if clock.name == name)


def rows(found: CountedClock) -> list[tuple[str, str, str, int, int]]:
    return [
        (row.kind, f"{row.begins:%d %H:%M}", f"{row.ends:%d %H:%M}", row.seconds // 60, row.sum_s // 60)
        for row in found.intervals
    ]


def test_a_deadline_is_the_sum_of_open_hours_over_the_weekend_and_the_change_of_the_clocks() -> None:
    updates = clock(explained(ticket(), 0.5, OFFICE_PACK), "status_update")
    assert rows(updates) == [
        ("counted", "27 15:00", "27 15:30", 30, 30),
        ("ahead", "27 15:30", "27 16:00", 30, 60),
        ("ahead", "30 06:00", "30 09:00", 180, 240),  # 08:00 in Stockholm, which is on summer time since Sunday
    ]
    assert updates.due_at == updates.intervals[-1].ends
    assert (updates.counted_s, updates.target_s) == (30 * 60, 4 * 3600)


def test_a_pause_is_shown_and_adds_nothing() -> None:
    waiting = moved(1, "open", "customer_update_required")
    back = moved(2, "customer_update_required", "open")
    assert rows(clock(explained(ticket(waiting, back), 2.5), "status_update")) == [
        ("counted", "27 15:00", "27 16:00", 60, 60),
        ("paused", "27 16:00", "27 17:00", 0, 60),
        ("counted", "27 17:00", "27 17:30", 30, 90),
        ("ahead", "27 17:30", "27 20:00", 150, 240),
    ]


def test_a_pause_that_lasts_ends_now() -> None:
    updates = clock(explained(ticket(moved(1, "open", "customer_update_required")), 3), "status_update")
    assert updates.due_at is None
    assert rows(updates)[-1] == ("paused", "27 16:00", "27 18:00", 0, 60)


def test_time_after_a_missed_deadline_is_late() -> None:
    response = clock(explained(ticket(), 3), "first_response")
    assert response.state is ClockState.BREACHED
    assert rows(response) == [("counted", "27 15:00", "27 16:00", 60, 60), ("late", "27 16:00", "27 18:00", 120, 180)]


def test_a_met_clock_ends_where_it_was_met() -> None:
    answer = Message(at=CREATED + timedelta(minutes=10), actor=AGENT, public=True, text="We are on it")
    assert rows(clock(explained(ticket(answer), 3), "first_response")) == [("counted", "27 15:00", "27 15:10", 10, 10)]


def test_the_account_decides_on_whose_hours_a_clock_is_explained() -> None:
    pack = load_policy("maas360", {"calendars": {"always": {**OFFICE, "from_account": True}}})
    account = Account(calendar={"hours": "always"})
    decision = evaluate(ticket(), account, pack, CREATED + timedelta(hours=3))
    assert rows(clock(explain(decision, pack, account), "status_update"))[0] == (
        "counted",
        "27 15:00",
        "27 18:00",
        180,
        180,
    )


MOVES = st.lists(
    st.tuples(st.floats(0.1, 30), st.sampled_from(["open", "in_progress", "customer_update_required", "solved"])),
    max_size=5,
)


@given(moves=MOVES, hours=st.floats(0, 120), office=st.booleans(), planned=st.booleans())
def test_sums_are_the_engine_s_own_and_nothing_else_of_the_decision_changes(
    moves: list[tuple[float, str]], hours: float, office: bool, planned: bool
) -> None:
    policy = OFFICE_PACK if office else PACK
    at, timeline, old = 0.0, list[TimelineEntry](), "open"
    for after, new in moves:
        at += after
        timeline.append(moved(at, old, new))
        old = new
    subject = ticket(*timeline)
    decision = evaluate(subject, None, policy, CREATED + timedelta(hours=hours))
    explanation = explain(decision, policy, None, plan(decision, subject, Ledger()) if planned else None)

    unchanged = set(Decision.model_fields) - {"clocks"}
    assert decision.model_dump(include=unchanged) == explanation.model_dump(include=unchanged)
    assert Explanation.model_validate_json(explanation.model_dump_json()) == explanation
    for original, counted in zip(decision.clocks, explanation.clocks, strict=True):
        assert counted.model_dump(exclude={"counted_s", "intervals"}) == original.model_dump()
        # the engine cuts microseconds off each stretch, the explanation off the sum
        assert abs(counted.counted_s - policy.elapsed(original, Account(), decision.at)) <= len(original.spans)
        for before, after_it in pairwise(counted.intervals):
            assert before.ends <= after_it.begins
            assert after_it.sum_s == before.sum_s + after_it.seconds
        if original.state is ClockState.RUNNING:
            assert counted.intervals[-1].ends == original.due_at
            assert abs(counted.intervals[-1].sum_s - original.target_s) <= 1


def test_every_statement_cites_its_clause_and_every_clause_is_quoted() -> None:
    explanation = explained(ticket(), 13, planned=True)
    assert explanation.plan
    stated = [line for section in outline(explanation) for line in section.statements if section.title != "Clauses"]
    assert all(line.clause in PACK.clauses for line in stated)
    assert set(explanation.clauses) == {line.clause for line in stated}
    text = "\n".join(as_text(explanation))
    for rule in explanation.rules:
        assert f"[{rule.cite.clause}] {rule.rule}" in text
    for clause, entry in explanation.clauses.items():
        assert f"[{clause}] {entry.heading}: {PACK.clauses[clause].text}" in text


def test_rules_that_did_not_apply_say_what_failed() -> None:
    sections = {section.title: section.statements for section in outline(explained(ticket(), 1))}
    refused = {line.text for line in sections["Rules that did not apply"]}
    assert "Japanese support: condition not met: language is ja (it is not known)" in refused
    assert "escalation on request: nobody has asked for escalation" in refused


def test_what_is_left_to_do_is_marked_where_it_is_wanted() -> None:
    fresh = explained(ticket(), 1, planned=True)
    sections = {section.title: section.statements for section in outline(fresh)}
    assert any(line.text.endswith("(to be written)") for line in sections["What the ticket should have"])
    assert any(line.text.endswith("(to be sent)") for line in sections["Messages"])
    assert ("MA-09", "set priority to high") in {(line.clause, line.text) for line in sections["Left to do"]}

    done = explain(Decision.model_validate(_decision_of(fresh)), PACK, None, Plan())
    assert "(to be " not in "\n".join(as_text(done))
    assert [line.text for line in _section(done, "Left to do")] == [
        "nothing: the ticket is as the policy requires, apart from values that people have changed"
    ]


def _decision_of(explanation: Explanation) -> dict[str, object]:
    kept = {name: getattr(explanation, name) for name in Decision.model_fields}
    clocks = [clock.model_dump(exclude={"counted_s", "intervals"}) for clock in explanation.clocks]
    return {**kept, "clocks": clocks}


def _section(explanation: Explanation, title: str) -> list[Statement]:
    return next(list(section.statements) for section in outline(explanation) if section.title == title)


def test_without_a_plan_nothing_is_claimed_about_writing() -> None:
    text = "\n".join(as_text(explained(ticket(), 1)))
    assert "Left to do" not in text
    assert "to be written" not in text


def test_lengths_are_printed_as_people_say_them() -> None:
    text = "\n".join(as_text(explained(ticket(), 13, OFFICE_PACK)))
    assert "status_update is running, 1 h elapsed, target 4 h" in text
    assert "+ 3 h" in text
    assert not [word for word in text.split() if word.endswith(("0s", "0m"))]


def test_the_head_says_under_which_policy_and_until_when() -> None:
    title, validity = as_text(explained(ticket(), 1))[:2]
    assert title == f"acme:7: severity high under maas360 {PACK.version}"
    assert validity.startswith("As of 2026-03-27 16:00:00. Next change: 2026-03-27 ")
    assert validity.endswith(", or at the next event. All times are UTC.")


CITE = Citation(pack="acme", version="1", clause="AC-1")


@pytest.mark.parametrize(
    ("name", "value", "explained"),
    [
        ("add_tag", "policy_x", "add tag policy_x"),
        ("remove_tag", "policy_x", "remove tag policy_x"),
        ("set_field", "region=apac", "set region to apac"),
        ("set_field", "region=", "clear region"),
        ("set_field", "group=jp", "set group to jp"),
        ("set_status", "solved", "set status to solved"),
        ("public_message", "reminder", "send reminder to the customer"),
        ("internal_note", "severity", "add internal note severity"),
        ("notify", "account_manager", "notify Account Manager"),
    ],
)
def test_an_action_is_described_briefly(name: ActionName, value: str, explained: str) -> None:
    assert describe_action(parse_action(name, value, key="k", cite=CITE)) == explained
