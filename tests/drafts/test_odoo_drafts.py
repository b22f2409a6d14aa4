"""Drafts from rules that a real Odoo 19 had: they load, agree with its own deadlines, and say what they leave out."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.drafts.agreement import agreement, native_deadline, unshown
from bridge.drafts.pack import Draft, draft
from bridge.drafts.text import configuration_text, not_taken_lines, pack_text, scenario_text
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.lint import Level, lint
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.scenarios.run import run
from mappings.odoo.native_rules import native_rules

RECORDED = json.loads(Path(__file__).with_name("setups").joinpath("odoo", "two_calendars.json").read_text("utf-8"))
IN_PROGRESS, AWAITING, DONE = 2, 3, 4


def documents(**lists: list[Any]) -> dict[str, Any]:
    """What was recorded, with some of its lists replaced."""
    return deepcopy(RECORDED) | lists


def drafted(recorded: dict[str, Any]) -> Draft:
    return draft(native_rules(recorded), "acme", "Acme", date(2026, 11, 1))


def sla(**columns: Any) -> dict[str, Any]:
    return RECORDED["slas"][0] | columns


def left_out(**lists: list[Any]) -> list[str]:
    return list(not_taken_lines(drafted(documents(**lists)).not_taken))


def test_a_draft_loads_and_agrees_on_every_deadline(tmp_path: Path) -> None:
    made = drafted(RECORDED)
    pack, scenarios = tmp_path / "acme.yaml", tmp_path / "agreement.yaml"
    pack.write_text(pack_text(made, "odoo"), "utf-8")
    assert [each for each in lint(load_policy(str(pack))) if each.level is not Level.NOTE] == []
    scenarios.write_text(scenario_text(agreement(made, str(pack), datetime(2026, 12, 1, 15, tzinfo=UTC))), "utf-8")
    results = run([scenarios])
    assert len(results) == 43
    assert [each.scenario.name for each in results if not each.passed] == []
    assert unshown(made) == []


def test_the_deadlines_are_those_that_odoo_reckoned() -> None:
    """Tickets that were created at 10:04:40 in a real Odoo 19, and the deadlines that it showed."""
    start = datetime(2026, 11, 30, 10, 4, 40, tzinfo=UTC)
    clocks = {(clock.policy.source.id, clock.policy.calendar): clock for clock in drafted(RECORDED).clocks}
    shown = {
        ("1", "berlin_office"): "2026-11-30 13:04:40",
        ("2", "berlin_office"): "2026-12-02 11:04:40",
        ("3", "berlin_office"): "2026-11-30 15:04:40",
        ("1", "new_york_desk"): "2026-11-30 15:00:00",
        ("2", "new_york_desk"): "2026-12-02 14:00:00",
        ("4", "new_york_desk"): "2026-11-30 16:00:00",
    }
    reckoned = {}
    for key, clock in clocks.items():
        minutes = max(clock.targets.values())
        calendar = next(iter(clock.calendars.values()))
        reckoned[key] = f"{native_deadline(start, minutes, calendar):%Y-%m-%d %H:%M:%S}"
    assert reckoned == shown


def test_what_is_left_out_is_said_with_its_reason() -> None:
    assert left_out() == [
        "SLA policy 5 (By the assignee): it uses user_id != False, which policies cannot express",
        "SLA policy 6 (No stage): it names no stage, so every ticket meets it at once",
        "automation rule 3 (Python): its action code is left out",
        "automation rule 3 (Python): it neither writes to the customer nor solves the ticket",
        "automation rule 4 (Urgent for VIP): it does not wait for a time; `policybridge conflicts` says whether it "
        "gets in the way",
    ]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"domain": "[('create_uid', '=', uid)]"}, "the filter [('create_uid', '=', uid)], which is computed"),
        ({"domain": "['|', ('priority', '=', '3')]"}, "a filter that ends too early"),
        ({"domain": "[('priority', '=', '7')]"}, "priority '7', which policies cannot express"),
        ({"domain": "[('category_id', '=', 77)]"}, "77 of categories, which does not exist"),
        ({"domain": "[('name', 'ilike', 'vip')]"}, "name ilike 'vip', which policies cannot express"),
        ({"stage_id": 99}, "the stage 99, which does not exist"),
        ({"team_ids": [3]}, "no team that uses SLA policies has it"),
    ],
)
def test_a_policy_that_cannot_be_said_is_left_out_whole(columns: dict[str, Any], reason: str) -> None:
    found = left_out(slas=[sla(**columns)], automations=[])
    assert len(found) == 1
    assert reason in found[0]
    assert not drafted(documents(slas=[sla(**columns)])).clocks


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"two_weeks_calendar": True}, "it has two weeks that alternate"),
        ({"flexible_hours": True}, "it has flexible hours"),
        ({"tz": "Mars/Olympus"}, "it has the time zone 'Mars/Olympus', which is unknown"),
        ({"attendances": []}, "it has no working hours"),
    ],
)
def test_working_hours_that_cannot_be_said_take_their_teams_policies_along(
    columns: dict[str, Any], reason: str
) -> None:
    berlin, new_york = RECORDED["calendars"]
    found = left_out(calendars=[berlin | columns, new_york], slas=[sla()], automations=[])
    assert found[0].startswith(f"calendar 2 (Berlin office): {reason}")
    assert found[1].startswith("SLA policy 1 (Start within 2 hours): the team Support has no working hours that")
    assert len(drafted(documents(calendars=[berlin | columns, new_york], slas=[sla()])).clocks) == 1


@pytest.mark.parametrize(
    ("domain", "condition"),
    [
        ("[('priority', '!=', '3')]", {"priority": {"not": "urgent"}}),
        (
            "['|', ('priority', '=', '3'), ('tag_ids', 'in', [1])]",
            {"any": [{"priority": "urgent"}, {"tags": {"any": ["vip"]}}]},
        ),
        ("['!', ('category_id', '=', 1)]", {"none": [{"form": "incident"}]}),
        ("[('stage_id', 'in', [3])]", {"status": "waiting_customer"}),
        ("[('tag_ids', 'not in', [1])]", {"tags": {"none": ["vip"]}}),
    ],
)
def test_a_filter_becomes_a_condition(domain: str, condition: dict[str, Any]) -> None:
    [clock] = drafted(documents(slas=[sla(team_ids=[1], domain=domain)])).clocks
    assert clock.condition == {"group": "support", **condition}


def test_a_stage_that_shares_its_status_needs_a_word_of_its_own() -> None:
    review = {"id": 9, "name": "Review", "sequence": 2, "closed": False, "unattended": False, "team_ids": []}
    queue = review | {"id": 10, "name": "Queue", "sequence": 1}
    stages = [*RECORDED["stages"], review, queue]
    [line, *_] = left_out(stages=stages, slas=[sla(stage_id=9)], automations=[])
    assert "it uses Queue, which has the same status (open) as a stage that counts" in line
    named = [{"status": "waiting_internal", "stage": 9}]
    [clock, _] = drafted(documents(stages=stages, slas=[sla(stage_id=9)], statuses=named)).clocks
    assert clock.policy.met_in == ("in_progress", "waiting_internal", "waiting_customer", "solved")


def test_the_configuration_names_teams_categories_and_stages() -> None:
    assert configuration_text(native_rules(RECORDED)).splitlines() == [
        *("groups:", "  support: 1", "  us_desk: 2", "forms:", "  incident: 1"),
        *("statuses:", "  in_progress:", "    - 2", "  waiting_customer:", "    - 3"),
    ]


def test_two_records_with_one_title_have_two_names() -> None:
    teams = [RECORDED["teams"][0], RECORDED["teams"][1] | {"name": "Support"}]
    assert native_rules(documents(teams=teams)).names["groups"] == {"support": 1, "support_2": 2}


def test_the_reminder_is_said_in_words_of_the_pack() -> None:
    made = drafted(RECORDED).sections
    [waiting] = made["waiting"]
    assert (waiting["notices"], waiting["close_after"]) == ([{"after": "48h", "message": "reminder_1"}], "120h")
    assert made["templates"]["reminder_1"] == "Dear {requester},\nwe still wait for your answer on {subject}."


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 200), st.booleans()), min_size=1, max_size=5))
def test_a_round_trip_gives_the_same_targets(wanted: list[tuple[int, int, bool]]) -> None:
    """A native set-up is made from targets, imported, loaded as a pack, and read again."""
    slas = [
        sla(id=number, days=days, hours=hours, team_ids=[1], stage_id=DONE if solved else IN_PROGRESS)
        for number, (days, hours, solved) in enumerate(wanted, 1)
    ]
    policy = Policy.model_validate(drafted(documents(slas=slas)).sections)
    found = [
        (clock.targets["urgent"].within, clock.met_by == ("solved",), clock.targets["urgent"].calendar)
        for clock in policy.clocks
    ]
    expected = [(timedelta(hours=7 * days + hours), solved, "berlin_office") for days, hours, solved in wanted]
    assert found == expected


@settings(max_examples=30)
@given(st.integers(1, 20_000), st.datetimes(datetime(2026, 11, 20), datetime(2027, 1, 20), timezones=st.just(UTC)))
def test_the_deadline_of_odoo_is_that_of_the_calendar(minutes: int, start: datetime) -> None:
    """The independent sum of the agreement and the bridge's own calendar, with leaves of days and of hours."""
    start = start.replace(second=0, microsecond=0)
    made = drafted(RECORDED)
    policy = Policy.model_validate(made.sections)
    for name, native in made.calendars.items():
        expected = Calendar.of(policy.calendars[name]).add(start, timedelta(minutes=minutes))
        assert native_deadline(start, minutes, native) == expected
