"""Releases: the button that lets a ticket exceed the caps once, and the same for programs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation
from bridge.console.person import name_given
from bridge.runtime.releases import release_held
from bridge.ticket import TicketRef


def add_releases(console: Blueprint, bridge: Installation) -> None:
    """``/tickets/<connection>/<id>/release`` and ``/api/tickets/<connection>/<id>/release``."""

    @console.post("/tickets/<connection>/<ident>/release")
    def release(connection: str, ident: str) -> BaseResponse:
        release_held(bridge.store, TicketRef(connection=connection, id=ident), name_given(), bridge.clock())
        return redirect(url_for("console.ticket", connection=connection, ident=ident), HTTPStatus.SEE_OTHER)

    @console.post("/api/tickets/<connection>/<ident>/release")
    def api_release(connection: str, ident: str) -> Response:
        """Free what caps withhold on a ticket from them; ``released``: how many actions."""
        ref = TicketRef(connection=connection, id=ident)
        return jsonify(released=release_held(bridge.store, ref, name_given(), bridge.clock()))
