"""Routes of an account's own promises: SLA policies, schedules with holidays, automations, brands.

https://developer.zendesk.com/api-reference/ticketing/business-rules/sla_policies/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.http import sent, sent_list
from bridge.sandbox.zendesk.paging import page
from bridge.sandbox.zendesk.state import State

_METRICS = {
    *("first_reply_time", "next_reply_time", "periodic_update_time", "pausable_update_time"),
    *("requester_wait_time", "agent_work_time", "total_resolution_time"),
}
_WEEK_MINUTES = 7 * 24 * 60
_HOURS_SINCE = {"NEW", "OPEN", "PENDING", "HOLD", "SOLVED", "CLOSED", "assigned_at", "updated_at", "due_date"}


def business_rule_routes(account: ZendeskAccount) -> Blueprint:
    """Routes of SLA policies, schedules, automations and brands."""
    routes = Blueprint("business_rules", __name__, url_prefix="/api/v2")
    _sla_policies(routes, account.state)
    _schedules(routes, account.state)
    _automations(routes, account.state)

    @routes.get("/brands")
    def brands() -> Record:
        state = account.state
        brand = {"id": state.brand_id, "name": "Acme", "subdomain": "acme", "active": True, "default": True}
        return page("brands", [brand], state.base_url)

    return routes


def _sla_policies(routes: Blueprint, state: State) -> None:
    @routes.get("/slas/policies")
    def list_policies() -> Record:
        ordered = sorted(state.sla_policies.values(), key=lambda row: int(row["position"]))
        return page("sla_policies", ordered, state.base_url)

    @routes.post("/slas/policies")
    def create_policy() -> tuple[Record, int]:
        given = sent("sla_policy")
        if not given.get("title"):
            raise error_responses.record_invalid("title", "Title: cannot be blank")
        for metric in given.get("policy_metrics", ()):
            if metric.get("metric") not in _METRICS or int(metric.get("target") or 0) <= 0:
                raise error_responses.record_invalid("policy_metrics", f"Metric: {metric.get('metric')} is invalid")
        row = {"description": "", "policy_metrics": [], "filter": {"all": [], "any": []}, **given}
        return {"sla_policy": state.add("sla_policies", row)}, 201


def _schedules(routes: Blueprint, state: State) -> None:
    @routes.get("/business_hours/schedules")
    def list_schedules() -> Record:
        shown = [{key: row[key] for key in row if key != "_holidays"} for row in state.schedules.values()]
        return {"schedules": shown}

    @routes.post("/business_hours/schedules")
    def create_schedule() -> tuple[Record, int]:
        given = sent("schedule")
        if not given.get("name") or not given.get("time_zone"):
            raise error_responses.record_invalid("name", "Name and time zone: cannot be blank")
        row = {"intervals": [], **given, "id": None, "_holidays": []}
        made = state.add("schedules", row)
        return {"schedule": {key: made[key] for key in made if key != "_holidays"}}, 201

    @routes.put("/business_hours/schedules/<int:ident>/workweek")
    def update_workweek(ident: int) -> Record:
        intervals = sent("workweek")["intervals"]
        if any(not 0 <= each["start_time"] < each["end_time"] <= _WEEK_MINUTES for each in intervals):
            raise error_responses.record_invalid("intervals", "Intervals: are invalid")
        return {"workweek": {"intervals": state.change("schedules", ident, {"intervals": intervals})["intervals"]}}

    @routes.get("/business_hours/schedules/<int:ident>/holidays")
    def list_holidays(ident: int) -> Record:
        return {"holidays": state.find("schedules", ident)["_holidays"]}

    @routes.post("/business_hours/schedules/<int:ident>/holidays")
    def create_holiday(ident: int) -> tuple[Record, int]:
        given = sent("holiday")
        if date.fromisoformat(given["start_date"]) > date.fromisoformat(given["end_date"]):
            raise error_responses.record_invalid("end_date", "End date: must be after start date")
        row = {**given, "id": state.new_id()}
        state.change("schedules", ident, {"_holidays": [*state.find("schedules", ident)["_holidays"], row]})
        return {"holiday": row}, 201


def _switched(given: Record) -> Record:
    """What an update of several rules at once can change."""
    return {key: given[key] for key in ("active", "position") if key in given}


def _automations(routes: Blueprint, state: State) -> None:
    @routes.get("/automations/<int:ident>")
    def show_automation(ident: int) -> Record:
        return {"automation": state.find("automations", ident)}

    @routes.put("/automations/update_many")
    def update_automations() -> Record:
        changed = [state.change("automations", int(each["id"]), _switched(each)) for each in sent_list("automations")]
        return {"automations": changed, "count": len(changed), "next_page": None, "previous_page": None}

    @routes.put("/automations/<int:ident>")
    def update_automation(ident: int) -> Record:
        state.find("automations", ident)
        return {"automation": state.change("automations", ident, sent("automation"))}

    @routes.post("/automations")
    def create_automation() -> tuple[Record, int]:
        given = sent("automation")
        conditions = {kind: given.get(kind, given.get("conditions", {}).get(kind, [])) for kind in ("all", "any")}
        if not _HOURS_SINCE.intersection(str(each.get("field")) for each in conditions["all"]):
            raise error_responses.record_invalid("base", "Conditions: must have a time based condition")
        row = {key: given[key] for key in given if key not in ("all", "any")}
        return {"automation": state.add("automations", {**row, "conditions": conditions, "id": None})}, 201
