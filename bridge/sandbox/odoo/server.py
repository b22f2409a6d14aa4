"""The server process: one Odoo database on a loopback port."""

from __future__ import annotations

import json
from dataclasses import fields
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Flask
from werkzeug.exceptions import BadRequest
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request

from bridge.sandbox import control_api
from bridge.sandbox.clock import SandboxClock, stamp
from bridge.sandbox.control_api import sent
from bridge.sandbox.faults import ADMIN, FaultMiddleware
from bridge.sandbox.http_server import HOST, QuietRequestHandler
from bridge.sandbox.odoo import human_actions, json2, jsonrpc, seeds
from bridge.sandbox.odoo.calls import OdooDatabase
from bridge.sandbox.odoo.env import ODOOBOT
from bridge.sandbox.odoo.errors import Fault
from bridge.sandbox.odoo.human_actions import PersonAction
from bridge.sandbox.odoo.player import OdooPlayer

_ACTION = {field.name for field in fields(PersonAction)}


def serve(series: int, clock: SandboxClock, port: int = 0) -> tuple[BaseWSGIServer, OdooDatabase]:
    """A bound server, not yet running, and its database; port 0 takes a free one. Raises ``OSError``."""
    database = OdooDatabase(series, clock)
    app = create_app(database)
    middleware = FaultMiddleware(app, clock, name_of)
    app.config[control_api.FAULT_MIDDLEWARE] = middleware

    class Handler(QuietRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - the parent's signature
            """The server's own idea of now: clients take it for the time of what they were told."""
            return format_datetime(clock().replace(microsecond=0), usegmt=True)

    return make_server(HOST, port, middleware, threaded=True, request_handler=Handler), database


def create_app(database: OdooDatabase) -> Flask:
    """The application over one database."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    for blueprint in (json2.routes(database), jsonrpc.routes(database), _control_api(database)):
        app.register_blueprint(blueprint)
    app.register_error_handler(Fault, _refused)

    @app.get("/")
    @app.get("/web/login")
    def page() -> str:
        return "<!doctype html>\n<title>Odoo</title>\n"

    return app


def name_of(request: Request) -> str:
    """``/jsonrpc/<model>/<method>`` for a call over JSON-RPC, so that faults and journal tell calls apart."""
    if request.path != "/jsonrpc":
        return request.path
    try:
        params = json.loads(request.get_data())["params"]
        about = params["args"][3:5] if params["service"] == "object" else (params["service"], params["method"])
        return "/".join(("/jsonrpc", *map(str, about)))
    except (ValueError, KeyError, TypeError):
        return request.path


def _refused(fault: Fault) -> tuple[dict[str, Any], int]:
    return fault.serialised(), fault.status if fault.status >= 400 else 500


def _control_api(database: OdooDatabase) -> Blueprint:
    routes = Blueprint("admin", __name__, url_prefix=ADMIN)

    def show() -> dict[str, Any]:
        now = {"now": stamp(database.clock()), "speed": database.clock.speed}
        keys = {login: seeds.key_of(login) for login in (seeds.ADMINISTRATOR, seeds.BOT)}
        return {**now, "series": database.series, "database": database.name, "keys": keys}

    control_api.add_routes(routes, database, OdooPlayer(database), show)

    @routes.get("/posts")
    def posts() -> dict[str, Any]:
        """Webhook calls so far, with what became of them."""
        return {"posts": list(database.webhook_sender.sent)}

    @routes.post("/tickets")
    def ask() -> tuple[dict[str, Any], int]:
        """``{"by": address, "subject": ..., "says": ..., "channel": "email"}`` and what :class:`PersonAction` has."""
        body = sent()
        about = {name: body.pop(name) for name in ("subject", "channel") if name in body}
        return _ticket(database, human_actions.ask(database, _act(body), **about)), 201

    @routes.get("/tickets/<int:ident>")
    def show_ticket(ident: int) -> dict[str, Any]:
        return _ticket(database, ident)

    @routes.post("/tickets/<int:ident>/acts")
    def change(ident: int) -> dict[str, Any]:
        """What :class:`PersonAction` has."""
        human_actions.change(database, ident, _act(sent()))
        return _ticket(database, ident)

    @routes.post("/tickets/<int:ident>/calls")
    def phone_call(ident: int) -> dict[str, Any]:
        """``{"by": login, "text": "..."}``"""
        body = sent()
        human_actions.phone_call(database, ident, body["by"], body.get("text", ""))
        return _ticket(database, ident)

    return routes


def _act(body: dict[str, Any]) -> PersonAction:
    unknown = set(body) - _ACTION
    if unknown:
        raise BadRequest(f"{', '.join(sorted(unknown))}: an act has {', '.join(sorted(_ACTION))}")
    return PersonAction(**body)


def _ticket(database: OdooDatabase, ident: int) -> dict[str, Any]:
    """A ticket with the names of its tags, and its messages, oldest first."""
    with database.transaction(ODOOBOT, changing=False) as env:
        env = env.sudo()
        found = env.on(human_actions.TICKET, [ident]).read()
        if not found:
            raise Fault("odoo.exceptions.MissingError", f"there is no ticket {ident}", 404)
        tags = [row["name"] for row in env["helpdesk.ticket.tag"].rows(found[0]["tag_ids"])]
        about = [["model", "=", human_actions.TICKET], ["res_id", "=", ident]]
        messages = env["mail.message"].search_read(about, order="id")
        return {"ticket": {**found[0], "tags": tags}, "messages": messages}
