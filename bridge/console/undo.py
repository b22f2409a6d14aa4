"""Undo on one ticket: a page that shows what would be taken back, its button, and the same for programs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation, known_ref
from bridge.console.person import given, name_given
from bridge.policy.model import Policy
from bridge.runtime.known_names import check_clause
from bridge.runtime.undo import TicketUndo, Undo, UndoRequest
from bridge.ticket import TicketRef


def add_undo(console: Blueprint, bridge: Installation, policies: Mapping[str, Policy]) -> None:
    """``/tickets/<connection>/<id>/undo`` and the same under ``/api``, for all of a ticket or for one ``clause``."""

    def asked_for(connection: str, ident: str) -> tuple[TicketRef, UndoRequest]:
        ref, clause = known_ref(bridge, connection, ident), given("clause")
        if clause:
            check_clause(bridge.store, clause, (each for policy in policies.values() for each in policy.clauses))
        return ref, UndoRequest(ref=ref, clause=clause or None)

    def planned(connection: str, ident: str) -> tuple[UndoRequest, TicketUndo]:
        ref, asked = asked_for(connection, ident)
        return asked, _work(bridge).plan(ref, asked)

    def apply(connection: str, ident: str) -> TicketUndo:
        ref, asked = asked_for(connection, ident)
        work, who = _work(bridge), name_given()
        done = work.apply(ref, asked, who)
        work.record([done], who, asked)
        return done

    @console.get("/tickets/<connection>/<ident>/undo", endpoint="undo")
    def undo_page(connection: str, ident: str) -> Response:
        asked, found = planned(connection, ident)
        return make_response(render_template("console/undo.html", asked=asked, undo=found.undoing))

    @console.post("/tickets/<connection>/<ident>/undo")
    def undo_here(connection: str, ident: str) -> BaseResponse:
        apply(connection, ident)
        return redirect(url_for("console.ticket", connection=connection, ident=ident), HTTPStatus.SEE_OTHER)

    @console.get("/api/tickets/<connection>/<ident>/undo")
    def api_undo_plan(connection: str, ident: str) -> Response:
        """What would be taken back; nothing is changed."""
        return jsonify(planned(connection, ident)[1].as_json())

    @console.post("/api/tickets/<connection>/<ident>/undo")
    def api_undo(connection: str, ident: str) -> Response:
        """Take it back; ``refused`` says what the helpdesk did not accept."""
        return jsonify(apply(connection, ident).as_json())


def _work(bridge: Installation) -> Undo:
    return Undo(bridge.store, bridge.helpdesks, bridge.clock, bridge.settings.lease)
