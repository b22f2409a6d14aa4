"""Clocks that are waived or extended, and promises: by whom, why, until when, and what that changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.account import Account
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.report.clocks import clock_metrics
from bridge.report.inputs import ReviewedTicket
from bridge.scenarios.outcome import Outcome
from bridge.ticket import Actor, Changed, Message, Role, Status, Ticket, TicketRef

from .conftest import PACK, Play, done

LEAD = "lead@vendor.example"
SETTINGS: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "role_directory": ["team_lead", "assignee"],
    "roles": {"team_lead": LEAD},
    "amendments": {
        "clause": "AC-5",
        "waive": {"roles": ["team_lead"], "clocks": ["resolution"]},
        "extend": {"roles": ["team_lead", "assignee"], "clocks": ["resolution"], "at_most": "3d", "calendar": "always"},
        "promise": {"roles": ["team_lead"], "notify": ["team_lead"], "calendar": "always"},
    },
    "clocks": [
        {"name": "resolution", "clause": "AC-3", "met_by": ["solved"], "calendar": "always", "targets": {"mild": "8h"}},
        {
            "name": "reply",
            "clause": "AC-3",
            "met_by": ["agent_message"],
            "calendar": "always",
            "targets": {"mild": "6h"},
        },
    ],
}


def played(play: Play, *events: str, until: str = "+4h") -> Outcome:
    lines = "".join(f"  - {{{event}}}\n" for event in events)
    text = f"ticket: {{at: 2026-03-02T09:00:00Z, type: incident, assignee: a@vendor.example}}\nevents:\n{lines}"
    return play(SETTINGS, f"{text}until: {until}\n")


def clock(outcome: Outcome, name: str = "resolution") -> tuple[str, str]:
    row = [row for row in outcome.clocks if row.name == name][-1]
    return row.state, f"{row.due_at:%d %H:%M}" if row.due_at else ""


def refusals(outcome: Outcome) -> list[str]:
    return [row.because for row in outcome.findings if row.code == "amendment_refused"]


def test_a_waived_clock_is_owed_no_longer(play: Play) -> None:
    outcome = played(play, f"at: +2h, by: {LEAD}, waive: resolution, because: project postponed", until="+3d")
    assert clock(outcome) == ("cancelled", "02 17:00")
    assert "policy_breached_resolution" not in outcome.final.tags
    assert done(outcome, "internal_note")[-1] == ("03-02 11:00", "amendment_waive_resolution")
    amended = [row.because for row in outcome.findings if row.code == "amended"]
    assert amended == [f"resolution waived by {LEAD}: project postponed"]


def test_an_extended_clock_is_due_later_and_breached_then(play: Play) -> None:
    extend = f"at: +2h, by: {LEAD}, extend: resolution, until: +30h, because: spare part"
    assert clock(played(play, extend, until="+9h")) == ("running", "03 15:00")
    late = played(play, extend, until="+40h")
    assert clock(late) == ("breached", "03 15:00")
    tags = done(late, "add_tag")
    assert ("03-03 15:00", "policy_breached_resolution") in tags
    # the warning keeps its distance of two hours to the due time
    assert ("03-03 13:00", "policy_warning_resolution") in tags


def test_whoever_holds_a_role_at_that_time_may_and_others_may_not(play: Play) -> None:
    extend = "by: a@vendor.example, extend: resolution, until: +30h, because: x"
    assert clock(played(play, f"at: +2h, {extend}")) == ("running", "03 15:00")
    other = "at: +1h, by: agent, set: {assignee: b@vendor.example}"
    assert refusals(played(play, other, f"at: +2h, {extend}")) == [
        "extension not recorded: found a@vendor.example; allowed: Team Lead, Assignee"
    ]


@pytest.mark.parametrize(
    ("event", "because"),
    [
        ("waive: resolution", "waiver not recorded: found no reason; allowed: a reason, as in"),
        ("waive: reply, because: x", "found the clock 'reply'; allowed: resolution"),
        (
            "promise: +1h, because: x",
            "promise not recorded: found 2026-03-02 11:00 CET, which is in the past; allowed:",
        ),
        ("extend: resolution, because: x", "found no time; allowed: a time after now"),
        ("extend: resolution, until: +75h, because: x", "allowed: at most 3 days ahead, 2026-03-05 12:00 CET"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line_with_a_note(play: Play, event: str, because: str) -> None:
    outcome = played(play, f"at: +2h, by: {LEAD}, {event}")
    (refusal,) = refusals(outcome)
    assert because in refusal
    assert "\n" not in refusal
    assert done(outcome, "internal_note")[-1] == ("03-02 11:00", f"amendment_refused_{event.partition(':')[0]}")
    assert clock(outcome) == ("running", "02 17:00")


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("policy: extend resolution until 2026-03-03 16:00, because the part is late", ("running", "03 15:00")),
        ("Policy: Waive resolution because customer asked.", ("cancelled", "02 17:00")),
        ("Some thoughts.\\npolicy: extend resolution until 2026-03-03T16:00, because x", ("running", "03 15:00")),
        ("policy: extend resolution until tomorrow, because x", "found 'tomorrow'; allowed: a time such as"),
        ("policy: delay everything", "found 'delay everything'; allowed: policy: waive CLOCK, because REASON"),
        ("policy: waive resolution", "found no reason"),
        ("our policy: waive nothing", ("running", "02 17:00")),
    ],
)
def test_an_agent_writes_it_as_an_internal_note(play: Play, note: str, expected: Any) -> None:
    outcome = played(play, f'at: +2h, by: {LEAD}, note: "{note}"')
    if isinstance(expected, tuple):
        assert clock(outcome) == expected
        assert not refusals(outcome)
    else:
        (refusal,) = refusals(outcome)
        assert expected in refusal


def test_neither_a_customer_nor_a_public_message_amends_anything(play: Play) -> None:
    line = "policy: waive resolution, because I say so"
    outcome = played(play, f'at: +1h, by: customer, note: "{line}"', f'at: +2h, by: {LEAD}, reply: "{line}"')
    assert clock(outcome) == ("running", "02 17:00")
    assert not refusals(outcome)


def test_a_breach_stays_whatever_is_agreed_after_it(play: Play) -> None:
    for event in ("waive: resolution", "extend: resolution, until: +30h"):
        outcome = played(play, f"at: +9h, by: {LEAD}, {event}, because: x", until="+10h")
        assert clock(outcome) == ("breached", "02 17:00")


def test_a_promise_is_a_clock_that_a_follow_up_meets_and_another_promise_replaces(play: Play) -> None:
    first = f"at: +1h, by: {LEAD}, promise: +5h, because: vendor answers"
    again = f"at: +2h, by: {LEAD}, promise: +7h, because: vendor is late"
    assert clock(played(play, first), "follow_up") == ("running", "02 14:00")
    assert clock(played(play, first, "at: +3h, by: agent, reply: news"), "follow_up") == ("met", "02 14:00")
    missed = played(play, first, again, until="+8h")
    assert [row.state for row in missed.clocks if row.name == "follow_up"] == ["cancelled", "breached"]
    assert ("03-02 16:00", "policy_breached_follow_up") in done(missed, "add_tag")
    assert done(missed, "notify") == [("03-02 16:00", "team_lead")]


def test_a_promise_alone_meets_no_clock_that_an_agent_meets(play: Play) -> None:
    outcome = played(play, f"at: +1h, by: {LEAD}, promise: +5h, because: x")
    assert clock(outcome, "reply")[0] == "running"


def test_reports_have_their_figures_with_and_without_amendments(tmp_path: Any) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(PACK)
    reports = [{"kind": "clock_metrics", "clause": "AC-3", "name": "times", "clocks": ["resolution"]}]
    policy = load_policy(str(file), {**SETTINGS, "reports": reports})
    reviewed, at_19 = [], datetime(2026, 3, 2, 19, tzinfo=UTC)
    for ident, note in (("1", "waive resolution"), ("2", "extend resolution until 2026-03-04 09:00"), ("3", "")):
        said = Message(
            at=datetime(2026, 3, 2, 11, tzinfo=UTC),
            actor=Actor(role=Role.AGENT, email=LEAD),
            public=False,
            text=f"policy: {note}, because x" if note else "nothing",
        )
        ticket = Ticket(
            ref=TicketRef(connection="acme", id=ident),
            created_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
            type="incident",
            timeline=(said,),
        )
        if ident == "2":  # after eight hours, and before the time to which it was extended
            solved = Changed(at=at_19, actor=said.actor, field="status", old=Status.NEW, new=Status.SOLVED)
            ticket = ticket.model_copy(update={"timeline": (said, solved), "status": Status.SOLVED})
        decision = evaluate(ticket, None, policy, datetime(2026, 3, 2, 20, tzinfo=UTC))
        reviewed.append(ReviewedTicket(ticket, Account(), policy, decision))
    (row,) = clock_metrics(policy.reports[0], reviewed, ZoneInfo("UTC"))  # type: ignore[arg-type]
    assert (row["attainment_percent"], row["amended"]) == (50, 2)
    assert row["attainment_without_amendments_percent"] == 0
