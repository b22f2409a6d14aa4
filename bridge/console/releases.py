"""Releases: the button that lets a ticket exceed the caps once, and the same for programs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation, known_ref
from bridge.console.person import name_given
from bridge.runtime.releases import release_capped


def add_releases(console: Blueprint, bridge: Installation) -> None:
    """``/tickets/<connection>/<id>/release`` and ``/api/tickets/<connection>/<id>/release``."""

    @console.post("/tickets/<connection>/<ident>/release")
    def release(connection: str, ident: str) -> BaseResponse:
        release_capped(bridge.store, known_ref(bridge, connection, ident), name_given(), bridge.clock())
        return redirect(url_for("console.ticket", connection=connection, ident=ident), HTTPStatus.SEE_OTHER)

    @console.post("/api/tickets/<connection>/<ident>/release")
    def api_release(connection: str, ident: str) -> Response:
        """Free what caps withhold on a ticket from them; ``released``: how many actions."""
        ref = known_ref(bridge, connection, ident)
        return jsonify(released=release_capped(bridge.store, ref, name_given(), bridge.clock()))
