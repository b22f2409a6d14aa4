"""Taking one ticket out of everything, and letting it back in: two buttons, and the same for programs."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation, known_ref
from bridge.console.person import given, name_given
from bridge.runtime.scope import let_back_in, take_out


def add_exemptions(console: Blueprint, bridge: Installation) -> None:
    """``take-out`` and ``let-back-in``, under ``/tickets/<connection>/<id>/`` and the same under ``/api``."""

    def out(connection: str, ident: str) -> bool:
        ref = known_ref(bridge, connection, ident)
        return take_out(bridge.store, ref, name_given(), given("because"), bridge.clock())

    def back(connection: str, ident: str) -> bool:
        return let_back_in(bridge.store, known_ref(bridge, connection, ident), name_given(), bridge.clock())

    def page(connection: str, ident: str) -> BaseResponse:
        return redirect(url_for("console.ticket", connection=connection, ident=ident), HTTPStatus.SEE_OTHER)

    @console.post("/tickets/<connection>/<ident>/take-out", endpoint="take_out")
    def take_out_here(connection: str, ident: str) -> BaseResponse:
        out(connection, ident)
        return page(connection, ident)

    @console.post("/tickets/<connection>/<ident>/let-back-in", endpoint="let_back_in")
    def let_back_in_here(connection: str, ident: str) -> BaseResponse:
        back(connection, ident)
        return page(connection, ident)

    @console.post("/api/tickets/<connection>/<ident>/take-out")
    def api_take_out(connection: str, ident: str) -> Response:
        """Leave a ticket alone from now on; false where it was out already."""
        return jsonify(taken_out=out(connection, ident))

    @console.post("/api/tickets/<connection>/<ident>/let-back-in")
    def api_let_back_in(connection: str, ident: str) -> Response:
        """Treat a ticket like any other again; false where it was not out."""
        return jsonify(let_back_in=back(connection, ident))
