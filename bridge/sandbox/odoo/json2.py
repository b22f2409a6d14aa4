"""JSON-2, the wire of series 19: ``POST /json/2/<model>/<method>``, errors by HTTP status."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.calls import Call, OdooDatabase
from bridge.sandbox.odoo.errors import Fault

NO_DATABASE = (
    "<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested "
    "URL was not found in the server-wide controllers.</p>\n"
)
WRONG_TYPE = (
    "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n<h1>Unsupported Media Type</h1>\n"
    "<p>Request inferred type is compatible with [&#39;http&#39;] but the route is type=&#39;json2&#39;.</p>\n"
)
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(database: OdooDatabase) -> Blueprint:
    """The one route; a database of series 18 does not know it."""
    blueprint = Blueprint("json2", __name__)

    @blueprint.route("/json/2/<model>/<method>", methods=_METHODS)
    def call(model: str, method: str) -> Response:
        if database.series < 19:
            return Response("", 303, {"Location": "/web/login"}, content_type="text/html; charset=utf-8")
        if request.method != "POST":
            return _refusal(errors.not_found("Did you mean POST /json/2/<model>/<method>?"))
        if request.mimetype != "application/json":
            return Response(WRONG_TYPE, 415, content_type="text/html; charset=utf-8")
        if request.headers.get("X-Odoo-Database", database.name) != database.name:
            return Response(NO_DATABASE, 404, content_type="text/html; charset=utf-8")
        try:
            return _json(database.call(_caller(database), _call(model, method), by_name=True), 200)
        except Fault as fault:
            return _refusal(fault)

    return blueprint


def _caller(database: OdooDatabase) -> int:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        text = "User not authenticated, use an API Key with a Bearer Authorization header."
        raise errors.unauthorized(text)
    found = database.user_by_key(key.strip())
    if found is None:
        raise errors.unauthorized("Invalid apikey")
    return found


def _call(model: str, method: str) -> Call:
    """The call in the body. An array instead of an object counts as no arguments at all."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise errors.bad_request("could not parse the body, not json") from None
    given = dict(body) if isinstance(body, dict) else {}
    ids, context = given.pop("ids", None), given.pop("context", None)
    return Call(model, method, kwargs=given, ids=ids, context=context or {})


def _refusal(fault: Fault) -> Response:
    answer = _json(fault.serialised(), fault.status)
    if fault.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer "
    return answer


def _json(body: Any, status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
