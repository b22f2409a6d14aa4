"""The console as one Flask blueprint."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from bridge.config.configured_packs import configured
from bridge.console import filters
from bridge.console.api import add_api
from bridge.console.audit_log import add_changes
from bridge.console.auth import guard
from bridge.console.health import add_health
from bridge.console.installation import Installation
from bridge.console.pages import add_pages
from bridge.console.phone_approvals import add_phone
from bridge.console.reports import add_reports
from bridge.console.ticket_detail import Sight
from bridge.console.ticket_list import Board
from bridge.errors import BridgeError, Conflict, InputError


def create_console(bridge: Installation) -> Blueprint:
    """Pages, JSON, health and metrics of an installation, behind its access control.

    Raises ``InputError`` when a configured pack cannot be read.
    """
    console = Blueprint("console", __name__, template_folder="templates", static_folder="static")
    policies = {policy.pack: policy for _, policy in configured(bridge.configuration)}
    board, sight = Board(bridge.store, policies), Sight(bridge.store, policies)
    guard(console, bridge.settings.console_token)
    add_health(console, bridge, policies)
    add_api(console, bridge, board, sight)
    add_pages(console, bridge, policies, board, sight)
    add_phone(console, bridge, sight)
    add_changes(console, bridge)
    add_reports(console, bridge, policies)
    for name, said in filters.FILTERS.items():
        console.add_app_template_filter(said, f"console_{name}")
    console.register_error_handler(BridgeError, _out_of_order)
    console.register_error_handler(InputError, _not_usable)
    console.register_error_handler(Conflict, _too_late)
    console.register_error_handler(404, _not_found)
    return console


def _out_of_order(error: BridgeError) -> Response:
    """The store is down, or holds what this version cannot read: say so, and that the page comes back by itself."""
    return _failing(str(error), 503)


def _not_usable(error: BridgeError) -> Response:
    return _failing(str(error), 400)


def _too_late(error: BridgeError) -> Response:
    return _failing(str(error), 409)


def _not_found(error: Exception) -> Response:
    return _failing(getattr(error, "description", "") or "There is no such page.", 404)


def _failing(text: str, status: int) -> Response:
    if request.path.startswith("/api/"):
        return make_response({"error": text}, status)
    return make_response(render_template("console/failing.html", text=text, status=status), status)
