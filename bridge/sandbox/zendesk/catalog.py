"""Routes of everything a ticket refers to: users, organizations, groups, ticket fields, custom statuses."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.fields import options
from bridge.sandbox.zendesk.http import ids_asked_for, sent, visible
from bridge.sandbox.zendesk.paging import page

FIELD_TYPES = (
    *("text", "textarea", "regexp", "partialcreditcard", "integer", "decimal"),
    *("checkbox", "date", "tagger", "multiselect", "lookup"),
)
_SINGULAR = {
    "users": "user",
    "organizations": "organization",
    "groups": "group",
    "ticket_fields": "ticket_field",
    "custom_statuses": "custom_status",
}


def catalog_routes(account: ZendeskAccount) -> Blueprint:
    """Reading all five tables; writing fields and statuses."""
    routes = Blueprint("catalog", __name__, url_prefix="/api/v2")
    for table in _SINGULAR:
        _reading(routes, account, table)
    for table in ("users", "organizations"):
        _show_many(routes, account, table)
    _people(routes, account)
    _fields(routes, account)
    _statuses(routes, account)
    return routes


def _reading(routes: Blueprint, account: ZendeskAccount, table: str) -> None:
    state, singular = account.state, _SINGULAR[table]

    @routes.get(f"/{table}", endpoint=f"list_{table}")
    def listing() -> Record:
        rows = [visible(row) for row in getattr(state, table).values()]
        if table == "users" and request.args.get("role"):
            rows = [row for row in rows if row["role"] == request.args["role"]]
        if table == "custom_statuses":
            return {table: _chosen_statuses(rows)}
        return page(table, rows, state.base_url)

    @routes.get(f"/{table}/<int:ident>", endpoint=f"show_{table}")
    def show(ident: int) -> Record:
        return {singular: visible(state.find(table, ident))}


def _chosen_statuses(rows: list[Record]) -> list[Record]:
    categories = request.args.get("status_categories")
    for name in ("active", "default"):
        if name in request.args:
            rows = [row for row in rows if row[name] == (request.args[name] == "true")]
    return [row for row in rows if not categories or row["status_category"] in categories.split(",")]


def _show_many(routes: Blueprint, account: ZendeskAccount, table: str) -> None:
    @routes.get(f"/{table}/show_many", endpoint=f"many_{table}")
    def many() -> Record:
        rows: dict[int, Record] = getattr(account.state, table)
        found = [visible(rows[ident]) for ident in ids_asked_for() if ident in rows]
        return {table: found, "count": len(found), "next_page": None, "previous_page": None}


def _people(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.get("/users/me")
    def me() -> Record:
        return {"user": {**visible(g.caller), "authenticity_token": ""}}

    @routes.get("/users/search")
    def search_users() -> Record:
        query = request.args.get("query", "") or f"external_id:{request.args.get('external_id', '')}"
        return page("users", _people_found(list(state.users.values()), query), state.base_url)

    @routes.get("/search")
    def search() -> Record:
        """Users only: ``type:user`` with an address, a name, or ``email:``."""
        query = request.args.get("query", "")
        if "type:user" not in query.split():
            raise error_responses.bad_request(
                "invalid", "The sandbox searches users only here: begin the query with type:user"
            )
        found = _people_found(list(state.users.values()), query.replace("type:user", "").strip())
        return page("results", [{**row, "result_type": "user"} for row in found], state.base_url) | {"facets": None}

    @routes.get("/groups/assignable")
    def assignable() -> Record:
        return page("groups", [visible(row) for row in state.groups.values()], state.base_url)


def _people_found(users: list[Record], query: str) -> list[Record]:
    name, _, value = query.partition(":")
    if name not in ("email", "name", "external_id") or not value:
        name, value = "", query
    value = value.strip('" ').casefold()
    keys = (name,) if name else ("email", "name")
    return [visible(user) for user in users if value and any(value in _folded(user[key]) for key in keys)]


def _folded(value: Any) -> str:
    return str(value or "").casefold()


def _fields(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.post("/ticket_fields")
    def create_field() -> tuple[Record, int]:
        given = sent("ticket_field")
        if given.get("type") not in FIELD_TYPES:
            text = f"Type: {given.get('type')} is not one of {', '.join(FIELD_TYPES)}"
            raise error_responses.record_invalid("type", text)
        if not given.get("title"):
            raise error_responses.record_invalid("title", "Title: cannot be blank")
        _check_tags(account, 0, given)
        return {"ticket_field": state.add("ticket_fields", {**given, "id": None})}, 201

    @routes.put("/ticket_fields/<int:ident>")
    def update_field(ident: int) -> Record:
        changes = {key: value for key, value in sent("ticket_field").items() if key != "type"}
        _check_tags(account, ident, changes)
        with state.lock:
            before = options(state.find("ticket_fields", ident))
            field = state.change("ticket_fields", ident, changes)
            _forget_options(account, ident, before - options(field))
        return {"ticket_field": field}

    @routes.delete("/ticket_fields/<int:ident>")
    def delete_field(ident: int) -> tuple[str, int]:
        with state.lock:
            state.find("ticket_fields", ident)
            _forget_field(account, ident)
        return "", 204

    @routes.get("/ticket_fields/<int:ident>/options")
    def list_options(ident: int) -> Record:
        rows = state.find("ticket_fields", ident).get("custom_field_options", [])
        return page("custom_field_options", rows, state.base_url)


def _forget_field(account: ZendeskAccount, ident: int) -> None:
    """A deleted field vanishes from all forms and tickets."""
    state = account.state
    del state.ticket_fields[ident]
    for form in list(state.ticket_forms.values()):
        left = [field for field in form["ticket_field_ids"] if field != ident]
        state.ticket_forms[form["id"]] = {**form, "ticket_field_ids": left}
    for ticket in list(state.tickets.values()):
        values = {key: value for key, value in ticket["custom_fields"].items() if key != ident}
        state.tickets[ticket["id"]] = {**ticket, "custom_fields": values}


def _check_tags(account: ZendeskAccount, ident: int, given: Record) -> None:
    """The tag of an option belongs to one field of an account."""
    others = (row for key, row in account.state.ticket_fields.items() if key != ident)
    taken = {tag for row in others for tag in options(row)}
    if twice := sorted(taken & options(given)):
        text = f"Custom field options: the tag {twice[0]} is already used in another field"
        raise error_responses.record_invalid("custom_field_options", text)


def _forget_options(account: ZendeskAccount, ident: int, gone: set[str]) -> None:
    """A list of options replaces the old one: the values of missing ones vanish from all tickets."""
    state = account.state
    for ticket in list(state.tickets.values()):
        value = ticket["custom_fields"].get(ident)
        left: Any = [item for item in value if item not in gone] if isinstance(value, list) else None
        if gone & set(value if isinstance(value, list) else [value]):
            tags = [tag for tag in ticket["tags"] if tag not in gone]
            values = {**ticket["custom_fields"], ident: left}
            state.tickets[ticket["id"]] = {**ticket, "tags": tags, "custom_fields": values}


def _statuses(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state
    categories = ("new", "open", "pending", "hold", "solved")

    @routes.post("/custom_statuses")
    def create_status() -> tuple[Record, int]:
        given = sent("custom_status")
        if given.get("status_category") not in categories:
            text = f"Status category: must be one of {', '.join(categories)}"
            raise error_responses.record_invalid("status_category", text)
        if not given.get("agent_label"):
            raise error_responses.record_invalid("agent_label", "Agent label: cannot be blank")
        return {"custom_status": state.add("custom_statuses", {**given, "id": None, "default": False})}, 201

    @routes.put("/custom_statuses/<int:ident>")
    def update_status(ident: int) -> Record:
        fixed = ("status_category", "default")
        changes = {key: value for key, value in sent("custom_status").items() if key not in fixed}
        return {"custom_status": state.change("custom_statuses", ident, changes)}
