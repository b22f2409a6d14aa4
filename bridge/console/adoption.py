"""Adoption of a ticket that is older than its policy and ignored: a button, and the same for programs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation, known_ref
from bridge.console.person import given, name_given
from bridge.runtime.backlog import adopt


def add_adoption(console: Blueprint, bridge: Installation) -> None:
    """``/tickets/<connection>/<id>/adopt`` and ``/api/tickets/<connection>/<id>/adopt``."""

    def adopt_here(connection: str, ident: str) -> None:
        ref = known_ref(bridge, connection, ident)
        bridge.backlog.check_adoption(connection)
        adopt(bridge.store, ref, name_given(), given("because"), bridge.clock())

    @console.post("/tickets/<connection>/<ident>/adopt", endpoint="adopt")
    def adopt_page(connection: str, ident: str) -> BaseResponse:
        adopt_here(connection, ident)
        return redirect(url_for("console.ticket", connection=connection, ident=ident), HTTPStatus.SEE_OTHER)

    @console.post("/api/tickets/<connection>/<ident>/adopt")
    def api_adopt(connection: str, ident: str) -> Response:
        """Adopt a ticket from now on; it is reviewed next."""
        adopt_here(connection, ident)
        return jsonify(adopted=True)
