"""JSON-RPC, the wire of series 18 that 19 still speaks: ``POST /jsonrpc``, errors inside of an HTTP 200."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.calls import Call, OdooDatabase
from bridge.sandbox.odoo.errors import Fault

VERSIONS = {18: [18, 0, 0, "final", 0, ""], 19: [19, 0, 0, "final", 0, ""]}


def routes(database: OdooDatabase) -> Blueprint:
    """``/jsonrpc`` and what tells the series."""
    blueprint = Blueprint("jsonrpc", __name__)

    @blueprint.post("/jsonrpc")
    def call() -> Response:
        body = request.get_json(force=True)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
        try:
            result = _served(database, body.get("params") or {})
            if result is not None:  # None leaves neither result nor error
                answer["result"] = result
        except Fault as fault:
            code = 200 if database.series < 19 else 0
            answer["error"] = {"code": code, "message": "Odoo Server Error", "data": fault.serialised()}
        return _json(answer)

    @blueprint.get("/web/version")
    @blueprint.get("/json/version")
    def version() -> Response:
        if database.series < 19:
            html = "<!doctype html>\n<title>Odoo</title>\n"
            status = 404 if request.path.startswith("/web") else 200
            return Response(html, status, content_type="text/html; charset=utf-8")
        return _json({"version_info": VERSIONS[database.series], "version": f"{database.series}.0"})

    return blueprint


def _served(database: OdooDatabase, params: dict[str, Any]) -> Any:
    service, method, args = params.get("service"), params.get("method"), list(params.get("args") or [])
    match service, method, args:
        case "common", "version", _:
            version = {
                "server_version": f"{database.series}.0",
                "server_serie": f"{database.series}.0",
                "protocol_version": 1,
            }
            return {**version, "server_version_info": VERSIONS[database.series]}
        case "common", "authenticate" | "login", [name, login, secret, *_]:
            _check_database(database, name)
            return database.authenticated(str(login), str(secret)) or False
        case "db", "list", _:
            return [database.name]
        case "object", "execute_kw", [name, uid, secret, model, method, positional, *named]:
            _check_database(database, name)
            return _executed(
                database, uid, secret, str(model), str(method), positional, dict(named[0]) if named else {}
            )
        case "object", "execute", [name, uid, secret, model, method, *positional]:
            _check_database(database, name)
            return _executed(database, uid, secret, str(model), str(method), positional, {})
    raise errors.access_error(f"Method not found: {service}.{method} with {len(args)} arguments")


def _executed(
    database: OdooDatabase, uid: Any, secret: Any, model: str, method: str, args: Sequence[Any], kwargs: dict[str, Any]
) -> Any:
    if not isinstance(uid, int) or not database.is_secret_of(uid, str(secret)):
        raise errors.access_denied()
    if model not in database.registry.base:
        raise errors.user_error(f"Object {model} doesn't exist")
    context = kwargs.pop("context", None) or {}
    return database.call(uid, Call(model, method, args, kwargs, context=context))


def _check_database(database: OdooDatabase, name: Any) -> None:
    if name != database.name:
        raise Fault("psycopg2.OperationalError", f'FATAL:  database "{name}" does not exist\n', 500)


def _json(body: Any) -> Response:
    return Response(json.dumps(body), 200, content_type="application/json; charset=utf-8")
