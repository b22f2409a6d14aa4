"""Releases: the button that lets a ticket exceed the caps once, and the same for programs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation
from bridge.runtime.releases import release_held
from bridge.ticket import TicketRef

MAX_FORM = 10_000


def add_releases(console: Blueprint, bridge: Installation) -> None:
    """``/tickets/<connection>/<id>/release`` and ``/api/tickets/<connection>/<id>/release``."""

    @console.post("/tickets/<connection>/<ident>/release")
    def release(connection: str, ident: str) -> BaseResponse:
        release_held(bridge.store, TicketRef(connection=connection, id=ident), _name(), bridge.clock())
        return redirect(url_for("console.ticket", connection=connection, ident=ident), HTTPStatus.SEE_OTHER)

    @console.post("/api/tickets/<connection>/<ident>/release")
    def api_release(connection: str, ident: str) -> Response:
        """Free what caps withhold on a ticket from them; ``released``: how many actions."""
        ref = TicketRef(connection=connection, id=ident)
        return jsonify(released=release_held(bridge.store, ref, _name(), bridge.clock()))


def _name() -> str:
    """The name that somebody gives."""
    request.max_content_length = MAX_FORM
    given: Any = request.get_json(silent=True) if request.is_json else request.form
    return str(given.get("by") or "").strip() or "console" if isinstance(given, Mapping) else "console"
