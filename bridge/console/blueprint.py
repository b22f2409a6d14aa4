"""The console as one Flask blueprint."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from bridge.config.configured_packs import load_packs
from bridge.console import filters
from bridge.console.activity_page import add_activity
from bridge.console.adoption import add_adoption
from bridge.console.amendments import add_amendments
from bridge.console.api import add_api
from bridge.console.audit_log import add_audit_log
from bridge.console.auth import guard
from bridge.console.exemptions import add_exemptions
from bridge.console.forecast import add_forecast
from bridge.console.health import add_health
from bridge.console.install_report import add_install_report
from bridge.console.installation import Installation
from bridge.console.pages import add_pages
from bridge.console.phone_approvals import add_phone_approvals
from bridge.console.preview import add_preview
from bridge.console.releases import add_releases
from bridge.console.reports import add_reports
from bridge.console.stops import add_stops
from bridge.console.ticket_detail import TicketDetails
from bridge.console.ticket_list import TicketList
from bridge.console.undo import add_undo
from bridge.errors import BridgeError, Conflict, InputError, Unknown
from bridge.redaction import redact


def create_console(bridge: Installation) -> Blueprint:
    """Pages, JSON, health and metrics of an installation, behind its access control.

    Raises ``InputError`` if a configured pack cannot be read.
    """
    console = Blueprint("console", __name__, template_folder="templates", static_folder="static")
    packs = load_packs(bridge.configuration)
    policies = {policy.pack: policy for _, policy in packs}
    tickets, details = TicketList(bridge.store, policies), TicketDetails(bridge.store, policies)
    guard(console, bridge)
    add_health(console, bridge, policies)
    add_api(console, bridge, tickets, details)
    add_pages(console, bridge, policies, tickets, details, {policy.pack: name for name, policy in packs})
    add_phone_approvals(console, bridge, details)
    add_amendments(console, bridge, details)
    add_audit_log(console, bridge)
    add_activity(console, bridge, policies)
    add_stops(console, bridge)
    add_preview(console, bridge)
    add_forecast(console, bridge, policies)
    add_install_report(console, bridge)
    add_releases(console, bridge)
    add_exemptions(console, bridge)
    add_undo(console, bridge, policies)
    add_adoption(console, bridge)
    add_reports(console, bridge, policies)
    for name, template_filter in filters.FILTERS.items():
        console.add_app_template_filter(template_filter, f"console_{name}")
    console.register_error_handler(BridgeError, _unavailable)
    console.register_error_handler(InputError, _invalid)
    console.register_error_handler(Unknown, _unknown)
    console.register_error_handler(Conflict, _conflict)
    console.register_error_handler(HTTPStatus.NOT_FOUND, _no_page)
    console.app_errorhandler(HTTPException)(_refused_by_flask)
    return console


def _unavailable(error: BridgeError) -> Response:
    """The store is down, or holds what this version cannot read; the page reloads on its own."""
    return _error_response(str(error), 503)


def _invalid(error: BridgeError) -> Response:
    return _error_response(str(error), 400)


def _conflict(error: BridgeError) -> Response:
    return _error_response(str(error), 409)


def _unknown(error: BridgeError) -> Response:
    return _error_response(str(error), 404)


def _no_page(error: HTTPException) -> Response:
    return _error_response(error.description or "There is no such page.", 404)


def _refused_by_flask(error: HTTPException) -> HTTPException | Response:
    """What no route takes, or not with this method; programs get JSON."""
    if not request.path.startswith("/api/"):
        return error
    response = make_response({"error": _FLASK_ERRORS.get(error.code or 0, error.description)}, error.code)
    response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


_FLASK_ERRORS = {
    404: "there is no such address; docs/operations.md lists those of the API",
    405: "this address takes another method; docs/operations.md lists those of the API",
}


def _error_response(text: str, status: int) -> Response:
    text = redact(text)
    if request.path.startswith("/api/"):
        return make_response({"error": text}, status)
    return make_response(render_template("console/error.html", text=text, status=status), status)
