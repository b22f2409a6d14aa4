"""Unanswered calls, a customer's words kept as a note, and tickets from before the promise counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.outcome import Outcome
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import scenario_files
from bridge.scenarios.simulate import playback, simulate

CRITICAL = """\
name: critical
policy: maas360
{more}
ticket: {{at: 2026-03-02T08:00:00Z, channel: phone, type: incident, facts: {{affected: all}}}}
events:
{events}
until: {until}
"""


def written(tmp_path: Path, events: str, *, until: str = "+1h", more: str = "") -> ResolvedScenario:
    path = tmp_path / "scenario.yaml"
    path.write_text(CRITICAL.format(events=events, until=until, more=more))
    (scenario,) = load_scenarios([path])
    return scenario


def played(tmp_path: Path, events: str, *, until: str = "+1h", more: str = "") -> Outcome:
    return simulate(written(tmp_path, events, until=until, more=more))


def done(outcome: Outcome) -> set[tuple[str, object]]:
    return {(row.action, row.value) for row in outcome.timeline}


@pytest.mark.parametrize(("by", "call", "state"), [("agent", "true", "met"), ("agent", "unanswered", "breached")])
def test_a_call_that_nobody_took_meets_no_clock(tmp_path: Path, by: str, call: str, state: str) -> None:
    outcome = played(tmp_path, f"  - {{at: +10m, by: {by}, phone_contact: {call}}}")
    assert next(clock.state for clock in outcome.clocks if clock.name == "first_response") == state


@pytest.mark.parametrize(("call", "second"), [("true", "2026-03-06"), ("unanswered", "2026-03-04")])
def test_a_call_that_nobody_took_is_no_contact_attempt(tmp_path: Path, call: str, second: str) -> None:
    events = "  - {at: +10m, by: agent, set: {status: waiting_customer}}\n"
    events += f"  - {{at: +2d, by: agent, phone_contact: {call}}}"
    outcome = played(tmp_path, events, until="+4d10m")
    attempts = [row.at for row in outcome.timeline if row.value == "contact_attempt"]
    assert f"{attempts[0]:%Y-%m-%d}" == second


@pytest.mark.parametrize(("call", "owed"), [("true", False), ("unanswered", True)])
def test_level_1_of_erp_maestro_is_not_reported_by_a_call_that_nobody_took(
    tmp_path: Path, call: str, *, owed: bool
) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "policy: erp_maestro\nticket: {at: 2026-03-02T08:00:00Z, channel: email, type: incident}\nevents:\n"
        f"  - {{at: +0m, by: customer, phone_contact: {call}}}\n"
        '  - {at: +1m, by: customer, set: {severity: "1"}}\nuntil: +1h\n'
    )
    (scenario,) = load_scenarios([path])
    assert (("public_message", "phone_required") in done(simulate(scenario))) is owed


@pytest.mark.parametrize(
    ("note", "answered"),
    [
        ("by: customer, note: It happened again", True),
        ("by: customer, note: I am away, auto_reply: true, back_at: 2026-03-20", False),
        ("by: agent, note: He does not answer", False),
    ],
)
def test_a_customers_note_answers_unless_a_machine_wrote_it(tmp_path: Path, note: str, *, answered: bool) -> None:
    events = "  - {at: +10m, by: agent, set: {status: customer_update_required}}\n"
    events += f"  - {{at: +1d, {note}}}"
    outcome = played(tmp_path, events, until="+3d")
    assert (("set_status", "in_progress") in done(outcome)) is answered
    assert (("public_message", "update_requested") in done(outcome)) is not answered


def test_a_customers_note_is_not_public_and_meets_nothing_that_needs_a_message(tmp_path: Path) -> None:
    outcome = played(tmp_path, "  - {at: +10m, by: customer, note: Are you there?}")
    assert next(clock.state for clock in outcome.clocks if clock.name == "first_response") == "breached"


REPLY = "  - {at: +10m, by: agent, reply: We look at it}\n  - {at: +20m, by: agent, set: {status: in_progress}}"


@pytest.mark.parametrize("more", ["in_force_since: 2026-03-02T08:00:00Z", "in_force_since: 2026-01-01T00:00:00+01:00"])
@pytest.mark.parametrize("backlog", ["adopt", "ignore", "judge"])
def test_a_ticket_created_under_the_promise_is_as_without_these_keys(tmp_path: Path, more: str, backlog: str) -> None:
    assert played(tmp_path, REPLY, more=f"{more}\nbacklog: {backlog}") == played(tmp_path, REPLY)


LATER = "in_force_since: 2026-03-02T09:00:00Z"


def test_a_backlog_that_is_evaluated_is_as_without_these_keys(tmp_path: Path) -> None:
    assert played(tmp_path, REPLY, more=f"{LATER}\nbacklog: judge") == played(tmp_path, REPLY)


def test_a_backlog_that_is_ignored_is_left_alone_for_good(tmp_path: Path) -> None:
    outcome = played(tmp_path, REPLY, until="+30d", more=f"{LATER}\nbacklog: ignore")
    assert (outcome.timeline, outcome.clocks, outcome.findings) == ((), (), ())
    assert (outcome.final.status, outcome.final.tags) == ("in_progress", ())
    assert outcome.policy == "maas360"


@pytest.mark.parametrize("backlog", ["", "\nbacklog: adopt"])
def test_an_adopted_ticket_is_reviewed_for_the_first_time_when_the_policy_comes_into_force(
    tmp_path: Path, backlog: str
) -> None:
    outcome = played(tmp_path, REPLY, until="+6h", more=f"{LATER}{backlog}")
    since = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert outcome.timeline[0].at == since
    assert ("add_tag", "policy_severity_critical") in done(outcome)
    assert [clock.name for clock in outcome.clocks if clock.started_at < since] == []
    assert "first_response" not in {clock.name for clock in outcome.clocks}  # it was met before
    assert {row.at for row in outcome.timeline if row.value == "policy_escalated_1"} == {since + timedelta(hours=4)}


SOLVED = "  - {at: +10m, by: agent, set: {status: solved}}"


def test_a_ticket_that_was_solved_is_left_alone_until_it_is_opened(tmp_path: Path) -> None:
    outcome = played(tmp_path, SOLVED, until="+60d", more=LATER)
    assert (outcome.timeline, outcome.clocks) == ((), ())
    opened = SOLVED + "\n  - {at: +5d, by: customer, set: {status: open}}"
    outcome = played(tmp_path, opened, until="+6d", more=LATER)
    assert {row.at for row in outcome.timeline if row.value == "policy_severity_critical"} == {
        datetime(2026, 3, 7, 8, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "in_force_since: 2026-03-02",
            "scenario.yaml:3:17 in_force_since: found '2026-03-02'; allowed: a date-time with",
        ),
        ("backlog: forget", "scenario.yaml:3:10 backlog: found 'forget'; allowed: adopt, ignore, judge"),
    ],
)
def test_what_stands_there_is_checked(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, REPLY, more=more)
    assert message in str(caught.value)


def test_policy_files_in_a_folder_of_scenarios_are_no_scenarios(tmp_path: Path) -> None:
    written(tmp_path, REPLY)
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "desk.yaml").write_text("# Ours.\npack: desk\n")
    assert scenario_files([tmp_path]) == [tmp_path / "scenario.yaml"]
    assert scenario_files([tmp_path / "packs" / "desk.yaml"]) == [tmp_path / "packs" / "desk.yaml"]


def test_a_ticket_that_is_merged_brings_what_was_said_on_it(tmp_path: Path) -> None:
    said = "[{at: +5m, by: agent, reply: Which?}, {at: +9m, by: customer, note: All}]"
    merge = f'{{id: "8", at: 2026-03-02T07:00:00Z, events: {said}}}'
    scenario = written(tmp_path, f"  - {{at: +10m, by: agent, merge: {merge}}}")
    run = playback(scenario, scenario.policy)
    run.run(scenario.until)
    ticket = run.helpdesk.fetch(scenario.ticket.ref)
    [merged] = ticket.merges
    assert (merged.source, f"{merged.created_at:%H:%M}") == ("8", "07:00")
    assert [f"{entry.at:%H:%M} {entry.actor.role}" for entry in merged.said] == ["07:05 agent", "07:09 customer"]
    first = next(clock for clock in simulate(scenario).clocks if clock.name == "first_response")
    assert first.state == "breached", "an answer on the other ticket is none on this one"
