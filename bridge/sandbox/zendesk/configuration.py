"""Routes of what administrators configure: ticket forms, groups, views, settings; rules are listed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.http import sent, visible
from bridge.sandbox.zendesk.paging import page
from bridge.sandbox.zendesk.ticket_search import found_tickets

_ADMINS_ONLY = (
    *("ticket_fields", "ticket_forms", "custom_statuses", "groups", "webhooks", "triggers"),
    *("automations", "slas", "business_hours"),
)
"""Resources that only administrators may change; views may be changed by agents for themselves."""
_COLUMNS = {"status", "subject", "requester", "group", "assignee", "created", "updated", "nice_id", "priority", "type"}
_MOST_COLUMNS = 10


def require_admin(caller: Record) -> None:
    """Raises the 403 refusal for a change of the configuration by anybody but an administrator."""
    resource = request.path.removeprefix("/api/v2/").split("/")[0]
    if request.method not in ("GET", "HEAD") and resource in _ADMINS_ONLY and caller["role"] != "admin":
        title = {"title": "Forbidden", "message": "You do not have access to this page."}
        raise error_responses.Refusal(403, {"error": title})


def configuration_routes(account: ZendeskAccount) -> Blueprint:
    """Routes of what an administrator configures."""
    routes = Blueprint("configuration", __name__, url_prefix="/api/v2")
    for table, singular in (("ticket_forms", "ticket_form"), ("views", "view")):
        _reading(routes, account, table, singular)
    _forms(routes, account)
    _groups(routes, account)
    _views(routes, account)
    _rules(routes, account)
    _search(routes, account)

    @routes.get("/account/settings")
    def show_settings() -> Record:
        tickets = {"follower_and_email_cc_collaborations": True, "comments_public_by_default": True}
        return {"settings": {"active_features": {"ticket_forms": True, "on_hold_status": True}, "tickets": tickets}}

    return routes


def _reading(routes: Blueprint, account: ZendeskAccount, table: str, singular: str) -> None:
    state = account.state

    @routes.get(f"/{table}", endpoint=f"list_{table}")
    def listing() -> Record:
        return page(table, [visible(row) for row in getattr(state, table).values()], state.base_url)

    @routes.get(f"/{table}/<int:ident>", endpoint=f"show_{table}")
    def show(ident: int) -> Record:
        return {singular: visible(state.find(table, ident))}

    @routes.delete(f"/{table}/<int:ident>", endpoint=f"delete_{table}")
    def delete(ident: int) -> tuple[str, int]:
        state.find(table, ident)
        del getattr(state, table)[ident]
        return "", 204


def _forms(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    def checked(form: Record) -> Record:
        for ident in form.get("ticket_field_ids", ()):
            if ident not in state.ticket_fields:
                raise error_responses.record_invalid("ticket_field_ids", f"Ticket field ids: {ident} does not exist")
        return form

    @routes.post("/ticket_forms")
    def create_form() -> tuple[Record, int]:
        given = sent("ticket_form")
        if not given.get("name"):
            raise error_responses.record_invalid("name", "Name: cannot be blank")
        return {"ticket_form": state.add("ticket_forms", {**checked(given), "id": None})}, 201

    @routes.put("/ticket_forms/<int:ident>")
    def update_form(ident: int) -> Record:
        return {"ticket_form": state.change("ticket_forms", ident, checked(sent("ticket_form")))}


def _groups(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.post("/groups")
    def create_group() -> tuple[Record, int]:
        given = sent("group")
        name = str(given.get("name") or "").strip()
        if not name or name.casefold() in (str(row["name"]).casefold() for row in state.groups.values()):
            what = "has already been taken" if name else "cannot be blank"
            raise error_responses.record_invalid("name", f"Name: {what}")
        return {"group": state.add("groups", {**given, "id": None})}, 201

    @routes.put("/groups/<int:ident>")
    def update_group(ident: int) -> Record:
        return {"group": state.change("groups", ident, sent("group"))}

    @routes.delete("/groups/<int:ident>")
    def delete_group(ident: int) -> tuple[str, int]:
        state.find("groups", ident)
        del state.groups[ident]
        return "", 204


def _views(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    def stored(given: Record, old: Record) -> Record:
        """A view as it is kept: conditions and output are sent flat and come back nested."""
        new: Record = {
            key: given[key] for key in ("title", "description", "active", "restriction", "position") if key in given
        }
        before = old.get("conditions", {"all": [], "any": []})
        new["conditions"] = {kind: given.get(kind, before[kind]) for kind in ("all", "any")}
        new["execution"] = _execution(account, given["output"]) if "output" in given else old.get("execution", {})
        if not (new.get("title") or old.get("title")):
            raise error_responses.record_invalid("title", "Title: cannot be blank")
        if not new["conditions"]["all"]:
            raise error_responses.record_invalid("base", "Conditions: must have at least one")
        return new

    @routes.post("/views")
    def create_view() -> tuple[Record, int]:
        return {"view": state.add("views", {**stored(sent("view"), {}), "id": None})}, 200

    @routes.put("/views/<int:ident>")
    def update_view(ident: int) -> Record:
        return {"view": state.change("views", ident, stored(sent("view"), state.find("views", ident)))}


def _execution(account: ZendeskAccount, output: Record) -> Record:
    columns = [str(column) for column in output.get("columns", ())]
    fields = {str(ident): row for ident, row in account.state.ticket_fields.items()}
    unknown = [name for name in (*columns, str(output.get("sort_by", "status"))) if name not in {*_COLUMNS, *fields}]
    if unknown or len(columns) > _MOST_COLUMNS:
        raise error_responses.record_invalid("output", f"Output: {', '.join(unknown) or 'too many columns'} is invalid")
    listed: list[Any] = [
        {"id": int(name), "title": fields[name]["title"], "type": fields[name]["type"], "url": fields[name]["url"]}
        if name in fields
        else {"id": name, "title": name.capitalize()}
        for name in columns
    ]
    order: Record = {key: output[key] for key in ("sort_by", "sort_order", "group_by", "group_order") if key in output}
    return {"columns": listed, **order}


def _rules(routes: Blueprint, account: ZendeskAccount) -> None:
    for table in ("automations", "macros"):

        @routes.get(f"/{table}", endpoint=f"list_{table}")
        def listing(table: str = table) -> Record:
            return page(table, list(getattr(account.state, table).values()), account.state.base_url)


def _search(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.get("/search/count")
    def count() -> Record:
        return {"count": len(found_tickets(state, request.args.get("query", "")))}
