"""The HTTP application: who may come in, how often, and the routes of tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.admin import admin_routes
from bridge.sandbox.zendesk.audits import audit_routes
from bridge.sandbox.zendesk.business_rules import business_rule_routes
from bridge.sandbox.zendesk.catalog import catalog_routes
from bridge.sandbox.zendesk.configuration import configuration_routes, require_admin
from bridge.sandbox.zendesk.error_responses import Refusal
from bridge.sandbox.zendesk.exports import add_exports
from bridge.sandbox.zendesk.fields import normalized_subject
from bridge.sandbox.zendesk.hooks import hook_routes
from bridge.sandbox.zendesk.http import ids_asked_for, sent, sideloads, visible
from bridge.sandbox.zendesk.limits import Window
from bridge.sandbox.zendesk.merging import merge_routes
from bridge.sandbox.zendesk.paging import page
from bridge.sandbox.zendesk.tickets import ChangeOrigin

MINUTE = timedelta(minutes=1)
UPDATE_SPAN = timedelta(minutes=10)
IDEMPOTENCY_SPAN_S = 2 * 3600


def create_app(account: ZendeskAccount) -> Flask:
    """The application over one account."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for routes in (
        ticket_routes,
        catalog_routes,
        configuration_routes,
        business_rule_routes,
        hook_routes,
        audit_routes,
        merge_routes,
        admin_routes,
    ):
        app.register_blueprint(routes(account))
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)

    @app.before_request
    def admit() -> None:
        g.headers = {}
        if request.path.startswith("/api/"):
            g.caller = account.authenticator.caller(request)
            require_admin(g.caller)
            window = account.state.meter.take("account", account.state.limits.account_per_minute, MINUTE)
            g.headers |= _limit_headers(window)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(g.get("headers", {}))
        return response

    @app.post("/oauth/tokens")
    def issue_token() -> Record:
        body = request.get_json(silent=True) or request.form.to_dict()
        return account.authenticator.issue(body)

    return app


def _limit_headers(window: Window) -> dict[str, str]:
    """How much of the limit a minute is left, under every name that Zendesk uses."""
    total = dict.fromkeys(("x-rate-limit", "rate-limit", "ratelimit-limit"), str(window.total))
    left = dict.fromkeys(
        ("x-rate-limit-remaining", "rate-limit-remaining", "ratelimit-remaining"), str(window.remaining)
    )
    return total | left | dict.fromkeys(("rate-limit-reset", "ratelimit-reset"), str(window.resets))


def _refuse(refusal: Refusal) -> tuple[Response, int, dict[str, str]]:
    return jsonify(refusal.body), refusal.status, refusal.headers


def _refuse_http(error: HTTPException) -> tuple[Response, int]:
    name = "InvalidEndpoint" if error.code == 404 else str(error.name).replace(" ", "")
    return jsonify({"error": name, "description": error.description}), error.code or 500


def ticket_routes(account: ZendeskAccount) -> Blueprint:
    """Tickets, their tags and followers, and the incremental exports."""
    routes = Blueprint("tickets", __name__, url_prefix="/api/v2")
    _reading(routes, account)
    _parts(routes, account)
    add_exports(routes, account)
    _writing(routes, account)
    return routes


def _reading(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    def shown(rows: list[Record]) -> Record:
        return {"tickets": [state.shown(row) for row in rows], **sideloads(account, rows)}

    @routes.get("/tickets")
    def list_tickets() -> Record:
        wanted = request.args.get("external_id")
        rows = [row for row in state.tickets.values() if row["status"] != "deleted"]
        rows = [row for row in rows if wanted is None or row["external_id"] == wanted]
        answer = page("tickets", rows, state.base_url)
        return answer | shown(answer["tickets"])

    @routes.get("/tickets/show_many")
    def show_many() -> Record:
        rows = [state.tickets[ident] for ident in ids_asked_for() if ident in state.tickets]
        return shown([row for row in rows if row["status"] != "deleted"])

    @routes.get("/tickets/<int:ident>")
    def show_ticket(ident: int) -> Record:
        row = state.ticket(ident)
        return {"ticket": state.shown(row), **sideloads(account, [row])}


def _parts(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.get("/tickets/<int:ident>/followers")
    def list_followers(ident: int) -> Record:
        return {"users": [visible(state.users[user]) for user in state.ticket(ident)["follower_ids"]]}

    @routes.get("/tickets/<int:ident>/tags")
    def show_tags(ident: int) -> Record:
        return {"tags": state.ticket(ident)["tags"]}


def _writing(routes: Blueprint, account: ZendeskAccount) -> None:
    state, desk = account.state, account.ticket_writer

    @routes.post("/tickets")
    def create_ticket() -> tuple[Record, int]:
        with state.lock:
            return _once(account, lambda: _created(account, sent("ticket"))), 201

    @routes.put("/tickets/<int:ident>")
    def update_ticket(ident: int) -> Record:
        _count_update(account, ident)
        ticket, audit = desk.update(ident, sent("ticket"), ChangeOrigin(g.caller, system=_client()))
        return {"ticket": state.shown(ticket), "audit": audit}

    @routes.delete("/tickets/<int:ident>")
    def delete_ticket(ident: int) -> tuple[str, int]:
        desk.delete(ident, ChangeOrigin(g.caller))
        return "", 204

    @routes.route("/tickets/<int:ident>/tags", methods=["POST", "PUT", "DELETE"])
    def write_tags(ident: int) -> tuple[Record | str, int]:
        _count_update(account, ident)
        body = request.get_json(silent=True) or {}
        given = normalized_subject(body.get("tags"))
        with state.lock:
            present = set(state.ticket(ident)["tags"])
            after = {"POST": given, "PUT": present | given, "DELETE": present - given}[request.method]
            stamped = {key: body[key] for key in ("updated_stamp", "safe_update") if key in body}
            ticket, _ = desk.update(ident, {"tags": sorted(after), **stamped}, ChangeOrigin(g.caller))
        if request.method == "DELETE":
            return "", 204
        return {"tags": ticket["tags"]}, 201 if request.method == "POST" else 200


def _count_update(account: ZendeskAccount, ident: int) -> None:
    """The two limits on updates, and the headers that tell of them."""
    limits, take = account.state.limits, account.state.meter.take
    in_account = take("updates", limits.ticket_updates_per_minute, MINUTE, what="ticket updates per minute")
    g.headers["zendesk-rate-limit-tickets-update"] = str(in_account)
    name, what = f"update {ident} by {g.caller['id']}", "updates of a ticket in ten minutes"
    ticket = take(name, limits.updates_per_ticket, UPDATE_SPAN, what=what)
    g.headers["zendesk-ratelimit-per-ticket-updates"] = str(ticket)


def _created(account: ZendeskAccount, wanted: Record) -> Record:
    channel = (wanted.get("via") or {}).get("channel", "api")
    via = {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}
    ticket, audit = account.ticket_writer.create(wanted, ChangeOrigin(g.caller, via=via, system=_client()))
    return {"ticket": account.state.shown(ticket), "audit": audit}


def _once(account: ZendeskAccount, create: Any) -> Record:
    """Honour ``Idempotency-Key``: the same key gives the same answer for two hours, another body is refused."""
    state, key = account.state, request.headers.get("Idempotency-Key")
    if not key:
        answer: Record = create()
        return answer
    body, now = request.get_json(silent=True), state.clock().timestamp()
    known = state.idempotent.get(key)
    if known is not None and now - known[2] < IDEMPOTENCY_SPAN_S:
        if known[0] != body:
            text = "Request parameters don't match the given idempotency key"
            raise error_responses.bad_request("IdempotentRequestError", text)
        g.headers["x-idempotency-lookup"] = "hit"
        return known[1]
    answer = create()
    state.idempotent[key] = (body, answer, now)
    g.headers["x-idempotency-lookup"] = "miss"
    return answer


def _client() -> Record:
    return {"client": request.headers.get("User-Agent", ""), "ip_address": request.remote_addr or ""}
