"""The console's JSON: the same facts as the pages, for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from bridge.console.installation import Installation
from bridge.console.ticket_detail import Sight
from bridge.console.ticket_list import Board, Glance, Happening, Line
from bridge.ports.approvals import RecordedApproval
from bridge.ticket import TicketRef

PAGE = 200


def add_api(console: Blueprint, bridge: Installation, board: Board, sight: Sight) -> None:
    """``/api/tickets``, ``/api/tickets/<connection>/<id>`` and ``/api/reviews?after=``."""

    @console.get("/api/tickets")
    def api_tickets() -> Response:
        """Open tickets, the most severe first, and those resolved last."""
        lines = [*board.open(), *board.resolved()]
        return jsonify(now=_stamp(bridge.clock()), tickets=[_line(line) for line in lines])

    @console.get("/api/tickets/<connection>/<ident>")
    def api_ticket(connection: str, ident: str) -> Response:
        """The newest snapshot, the decision made for it explained, all the bridge ever said, and the answers given."""
        ref = TicketRef(connection=connection, id=ident)
        seen = sight.of(ref)
        if seen is None:
            abort(HTTPStatus.NOT_FOUND)
        return jsonify(
            review=seen.review.id,
            at=_stamp(seen.review.at),
            ticket=seen.ticket.model_dump(mode="json"),
            explanation=seen.explanation.model_dump(mode="json"),
            said=[said.model_dump(mode="json") for said in bridge.store.ledger(ref)],
            answers=[_answer(each) for each in bridge.store.approvals(ref)],
        )

    @console.get("/api/reviews")
    def api_reviews() -> Response:
        """Reviews in which something happened: the newest first, or with ``after`` (ISO 8601) those since, in order.

        A review is listed when it has ended and sorts by when it began: who follows asks with some overlap.
        """
        after = _instant(request.args["after"]) if "after" in request.args else None
        found = board.happenings(after=after, limit=PAGE)
        return jsonify(now=_stamp(bridge.clock()), reviews=[_happening(one) for one in found])


def _instant(text: str) -> datetime:
    try:
        return TypeAdapter(AwareDatetime).validate_python(text)
    except ValidationError:
        refusal = jsonify(error=f"after: found {text!r}; write an instant with its zone, like 2026-03-02T08:00:00Z")
        refusal.status_code = HTTPStatus.BAD_REQUEST
        abort(refusal)


def _line(line: Line) -> dict[str, Any]:
    standing, glance = line.standing, line.glance
    queue = {
        "is_open": standing.is_open,
        "look_at": _stamp(standing.due),
        "attempts": standing.attempts,
        "parked": standing.parked,
        "reviewed_at": _stamp(standing.reviewed_at),
    }
    shown: dict[str, Any] = _glance(glance) if glance else {}
    return shown | queue | {"ref": str(standing.ref), "connection": standing.ref.connection, "id": standing.ref.id}


def _glance(glance: Glance) -> dict[str, Any]:
    instants = {"next_due_at": _stamp(glance.next_due_at), "overdue_since": _stamp(glance.overdue_since)}
    return asdict(glance) | instants


def _answer(answer: RecordedApproval) -> dict[str, Any]:
    instants = {"at": _stamp(answer.at), "opened": _stamp(answer.opened)}
    return asdict(answer) | {"ref": str(answer.ref)} | instants


def _happening(one: Happening) -> dict[str, Any]:
    return {
        "review": one.review,
        "ref": str(one.ref),
        "subject": one.subject,
        "level": one.level,
        "at": _stamp(one.at),
        "why": one.why,
        "outcome": one.outcome,
        "detail": one.detail,
        "deeds": [asdict(deed) for deed in one.deeds],
        "findings": [finding.model_dump(mode="json") for finding in one.findings],
    }


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
