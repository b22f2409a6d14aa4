"""Drafts from native set-ups: they load, agree with the helpdesk on every deadline, and say what they leave out."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drafts.agreement import agreement, native_deadline, unshown
from bridge.drafts.clocks import FORMS, PRIORITIES, draft_clocks
from bridge.drafts.pack import Draft, draft
from bridge.drafts.text import configuration_text, not_taken_lines, pack_text, scenario_text
from bridge.policy.calendars.calendar import Calendar
from bridge.policy.lint import Level, lint
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.scenarios.run import run
from mappings.native_rules import Metric, NativeRules
from mappings.zendesk.native_rules import native_rules

SETUPS = sorted(Path(__file__).with_name("setups").glob("*.json"))
MONDAY = datetime(2026, 6, 29, 13, 30, tzinfo=UTC)
BEFORE_A_HOLIDAY = datetime(2026, 7, 2, 20, 50, tzinfo=UTC)


def rules(name: str) -> NativeRules:
    return native_rules(json.loads(Path(__file__).with_name("setups").joinpath(f"{name}.json").read_text("utf-8")))


def drafted(name: str) -> Draft:
    return draft(rules(name), "acme", "Acme", date(2026, 6, 1))


@pytest.mark.parametrize("start", [MONDAY, BEFORE_A_HOLIDAY], ids=["Monday", "before a holiday"])
@pytest.mark.parametrize("setup", [path.stem for path in SETUPS])
def test_a_draft_loads_and_agrees_on_every_deadline(setup: str, start: datetime, tmp_path: Path) -> None:
    made = drafted(setup)
    pack, scenarios = tmp_path / "acme.yaml", tmp_path / "agreement.yaml"
    pack.write_text(pack_text(made, "zendesk"), "utf-8")
    policy = load_policy(str(pack))
    assert [each for each in lint(policy) if each.level is not Level.NOTE] == []
    scenarios.write_text(scenario_text(agreement(made, str(pack), start)), "utf-8")
    results = run([scenarios])
    assert len(results) >= 2 * len(made.clocks)
    assert [each.scenario.name for each in results if not each.passed] == []
    assert unshown(made) == []


def test_what_is_left_out_is_said_once_with_its_reason() -> None:
    lines = list(not_taken_lines(drafted("bump_bump_solve").not_taken))
    assert lines == [
        "automation 51 (Bump 1): its tags only keep it from running twice, which a policy does by itself",
        "automation 52 (Bump 2): its tags only keep it from running twice, which a policy does by itself",
        "automation 52 (Bump 2): its placeholder {{ticket.url}} is left out of the text",
        "automation 53 (Solve): its tags only keep it from running twice, which a policy does by itself",
        "automation 55 (Tell the team): its action notification_group is left out",
        "automation 55 (Tell the team): it neither writes to the customer nor solves or closes the ticket",
    ]
    left_out = [each.source.title for each in rules("channels_and_customers").not_taken]
    assert left_out == ["Second line"]
    assert [each.source.title for each in rules("fields_and_forms").not_taken] == ["VIP"]


def automation(ident: int, conditions: dict[str, str], **actions: Any) -> dict[str, Any]:
    """``conditions``: ``field operator`` -> value."""
    asked = [dict(zip(("field", "operator"), name.split(), strict=True), value=v) for name, v in conditions.items()]
    done = [{"field": name, "value": value} for name, value in actions.items()]
    return {"id": ident, "title": f"A{ident}", "conditions": {"all": asked}, "actions": done}


def test_an_automation_for_some_tickets_is_never_made_one_for_all_of_them() -> None:
    """A tag that no automation sets is a condition; one that another automation sets only says what was done."""
    mail = ["requester_id", "Still there?", "We are waiting."]
    found = native_rules(
        {
            "automations": [
                automation(
                    1,
                    {
                        "PENDING greater_than": "48",
                        "current_tags includes": "vip",
                        "current_tags not_includes": "bumped",
                    },
                    notification_user=mail,
                    current_tags="bumped",
                ),
                automation(2, {"PENDING greater_than": "96", "current_tags includes": "bumped"}, status="solved"),
                automation(
                    3, {"SOLVED greater_than": "96", "current_tags not_includes": "keep bumped"}, status="closed"
                ),
                automation(4, {"PENDING less_than": "4"}, notification_user=mail),
            ]
        }
    )
    made = draft(found, "acme", "Acme", date(2026, 6, 1))
    [reaction], [waiting] = made.sections["reactions"], made.sections["waiting"]
    assert reaction["when"] == {"tags": {"any": ["vip"]}, "status": "waiting_customer"}
    assert (waiting["statuses"], waiting["notices"], waiting["close_after"]) == (["waiting_customer"], [], "96h")
    reasons = {str(each.source.id): each.reason for each in made.not_taken}
    assert reasons["3"] == "it is for some tickets only, and a waiting rule is for all of a status"
    assert reasons["4"] == "it does not wait for a number of hours in one status"


def test_the_configuration_names_fields_groups_and_forms() -> None:
    assert configuration_text(rules("fields_and_forms")).splitlines() == [
        "facts:",
        "  product_area:",
        "    field: 360",
        "    values:",
        "      area_billing: area_billing",
        "      area_login: area_login",
        "forms:",
        "  incident_report: 81",
    ]
    assert configuration_text(rules("one_policy")) == ""


def test_every_rule_cites_the_rule_that_it_came_from() -> None:
    made = drafted("plans_by_tag").sections
    assert {clock["clause"] for clock in made["clocks"]} == {"SLA-21", "SLA-22", "SLA-23"}
    assert made["clauses"]["SLA-22"]["heading"] == "SLA policy 22: Gold"
    assert "urgent within 1h of business time" in made["clauses"]["SLA-22"]["text"]


def test_a_policy_behind_one_that_takes_every_ticket_is_left_out() -> None:
    documents = json.loads(SETUPS[-1].read_text("utf-8"))
    for ident, title in ((98, "Everybody"), (99, "Never")):
        policy = {"id": ident, "title": title, "position": ident, "filter": {}, "policy_metrics": []}
        documents["sla_policies"].append(policy)
    lines = list(not_taken_lines(draft(native_rules(documents), "acme", "Acme", date(2026, 1, 1)).not_taken))
    assert lines[-1] == "SLA policy 99 (Never): no ticket reaches it, because an earlier policy has no filter"


targets = st.dictionaries(
    st.tuples(st.sampled_from(sorted(set(Metric) - {Metric.STAGE})), st.sampled_from(PRIORITIES)),
    st.tuples(st.integers(1, 20_000), st.booleans()),
    min_size=1,
)


@given(targets)
def test_a_round_trip_gives_the_same_targets(wanted: dict[tuple[Metric, str], tuple[int, bool]]) -> None:
    """A native set-up is made from targets, imported, loaded as a pack, and read again."""
    metrics = [
        {"metric": metric, "priority": priority, "target": minutes, "business_hours": business}
        for (metric, priority), (minutes, business) in wanted.items()
    ]
    documents: dict[str, Any] = {
        "sla_policies": [{"id": 1, "title": "All", "position": 1, "filter": {"all": []}, "policy_metrics": metrics}],
        "schedules": [
            {"id": 2, "name": "Office", "time_zone": "UTC", "intervals": [{"start_time": 1980, "end_time": 2460}]}
        ],
    }
    made = draft(native_rules(documents), "acme", "Acme", date(2026, 1, 1))
    policy = Policy.model_validate(made.sections)
    found = {
        (Metric(clock.name), level): (target.within, target.calendar == "office")
        for clock in policy.clocks
        for level, target in clock.targets.items()
    }
    assert found == {key: (timedelta(minutes=minutes), business) for key, (minutes, business) in wanted.items()}


@given(st.integers(1, 20_000), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_the_deadline_of_the_helpdesk_is_that_of_the_calendar(minutes: int, start: datetime) -> None:
    """The independent sum of the agreement and the bridge's own calendar, over daylight-saving time."""
    start = start.replace(second=0, microsecond=0)
    made = drafted("plans_by_tag")
    native = made.calendars["new_york_office"]
    spec = Policy.model_validate(made.sections).calendars["new_york_office"]
    assert native_deadline(start, minutes, native) == Calendar.of(spec).add(start, timedelta(minutes=minutes))


def test_every_metric_has_a_form() -> None:
    assert set(FORMS) == set(Metric)
    assert list(draft_clocks(NativeRules(), [])) == []
