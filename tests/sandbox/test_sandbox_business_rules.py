"""SLA policies, schedules with holidays, automations; what the official document has is checked against it."""

import pytest
import requests

HOURS = {"start_time": 1980, "end_time": 2460}
PENDING = {"field": "PENDING", "operator": "greater_than", "value": "96"}
SOLVE = {"field": "status", "value": "solved"}


def test_sla_policies_are_listed_by_position(api):
    metric = {"priority": "urgent", "metric": "first_reply_time", "target": 10, "business_hours": False}
    for position, title in ((2, "Second"), (1, "First")):
        policy = {"title": title, "position": position, "filter": {"all": [], "any": []}, "policy_metrics": [metric]}
        api.request("POST", "slas/policies", {"sla_policy": policy}, ok=201)
    assert [row["title"] for row in api.get("slas/policies")["sla_policies"]] == ["First", "Second"]
    unknown = {"title": "Third", "filter": {"all": []}, "policy_metrics": [{**metric, "metric": "happiness"}]}
    api.request("POST", "slas/policies", {"sla_policy": unknown}, ok=422)


def test_an_automation_needs_a_time(api):
    made = api.request("POST", "automations", {"automation": {"title": "Solve", "all": [PENDING], "actions": [SOLVE]}})
    assert made["automation"]["conditions"] == {"all": [PENDING], "any": []}
    assert [row["title"] for row in api.get("automations")["automations"]] == ["Solve"]
    api.request("POST", "automations", {"automation": {"title": "Never", "all": [], "actions": [SOLVE]}}, ok=422)


def test_a_schedule_has_a_week_and_holidays(undocumented):
    schedule = undocumented("POST", "schedules", {"schedule": {"name": "EU", "time_zone": "Berlin"}})["schedule"]
    path = f"schedules/{schedule['id']}"
    undocumented("PUT", f"{path}/workweek", {"workweek": {"intervals": [HOURS]}})
    holiday = {"name": "New Year", "start_date": "2026-12-31", "end_date": "2027-01-01"}
    made = undocumented("POST", f"{path}/holidays", {"holiday": holiday})["holiday"]
    [shown] = undocumented("GET", "schedules")["schedules"]
    assert (shown["intervals"], set(shown) & {"holidays", "_holidays"}) == ([HOURS], set())
    assert undocumented("GET", f"{path}/holidays") == {"holidays": [made]}


@pytest.fixture
def undocumented(api):
    """A client for what the official document leaves out: business hours."""

    def request(method, path, body=None):
        url = f"{api.sandbox.url}/api/v2/business_hours/{path}"
        answer = requests.request(method, url, json=body, auth=api.sandbox.auth, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    return request
