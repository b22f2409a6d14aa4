"""The JSON API of the console: what the pages show, for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from bridge.console.activity import ReviewSummary
from bridge.console.amendments import amendment_json
from bridge.console.installation import Installation, known_ref
from bridge.console.ticket_detail import TicketDetails
from bridge.console.ticket_list import TicketList, TicketRow, TicketSummary
from bridge.errors import Unknown
from bridge.ports.approvals import RecordedApproval
from bridge.ports.withheld import withheld_json
from bridge.runtime.known_names import check_connection
from bridge.store.counts import Parked
from bridge.ticket import TicketRef

PAGE = 200
ALL = 10_000


def add_api(console: Blueprint, bridge: Installation, tickets: TicketList, details: TicketDetails) -> None:
    """``/api/tickets``, ``/api/tickets/<connection>/<id>``, ``/api/parked`` and ``/api/reviews?after=``."""
    _add_tickets(console, bridge, tickets, details)
    _add_parked(console, bridge)
    _add_reviews(console, bridge, tickets)


def _add_tickets(console: Blueprint, bridge: Installation, tickets: TicketList, details: TicketDetails) -> None:
    @console.get("/api/tickets")
    def api_tickets() -> Response:
        """Open tickets, most severe first or by the column ``sort``, then the most recently resolved ones."""
        rows = [*tickets.open(request.args.get("sort", "")), *tickets.resolved()]
        withheld: dict[TicketRef, list[dict[str, Any]]] = {}
        for each in bridge.store.withheld(limit=ALL):
            withheld.setdefault(each.ref, []).append(withheld_json(each))
        shown = [_row(row) | {"withheld": withheld.get(row.queue_entry.ref, [])} for row in rows]
        return jsonify(now=_stamp(bridge.clock()), tickets=shown)

    @console.get("/api/tickets/<connection>/<ident>")
    def api_ticket(connection: str, ident: str) -> Response:
        """The last snapshot, its decision with the reasons, everything the bridge wrote, and recorded approvals."""
        ref = known_ref(bridge, connection, ident)
        detail = details.latest(ref)
        if detail is None:
            raise Unknown(_undecided(bridge, ref))
        return jsonify(
            review=detail.review.id,
            at=_stamp(detail.review.at),
            ticket=detail.ticket.model_dump(mode="json"),
            explanation=detail.explanation.model_dump(mode="json"),
            withheld=[withheld_json(each) for each in bridge.store.withheld(ref=ref)],
            exemption=str(bridge.store.exemption(ref) or "") or None,
            said=[said.model_dump(mode="json") for said in bridge.store.ledger(ref)],
            amendments=[amendment_json(each) for each in bridge.store.amendments(ref)],
            answers=[_answer(each) for each in bridge.store.approvals(ref)],
        )


def _add_parked(console: Blueprint, bridge: Installation) -> None:
    @console.get("/api/parked")
    def api_parked() -> Response:
        """All parked tickets with their reasons, the latest first; of one ``connection`` if it is given."""
        return jsonify(tickets=[_parked(each) for each in _chosen(bridge)])

    @console.post("/api/parked/release")
    def api_release_parked() -> Response:
        """Make all parked tickets, or those of one ``connection``, due for review; returns them."""
        found = _chosen(bridge)
        bridge.store.release_parked([each.ref for each in found], bridge.clock())
        return jsonify(released=[str(each.ref) for each in found])


def _add_reviews(console: Blueprint, bridge: Installation, tickets: TicketList) -> None:
    @console.get("/api/reviews")
    def api_reviews() -> Response:
        """Reviews with an effect, newest first; with ``after`` (ISO 8601) those since then, oldest first.

        A review is listed once it has ended, and sorted by its start: followers should ask with some overlap.
        """
        after = _instant(request.args["after"]) if "after" in request.args else None
        found = tickets.activity(after=after, limit=PAGE)
        return jsonify(now=_stamp(bridge.clock()), reviews=[_review(each) for each in found])


def _undecided(bridge: Installation, ref: TicketRef) -> str:
    last = next(iter(bridge.store.reviews(ref, limit=1)), None)
    why = f"{last.outcome.label}{f': {last.detail}' if last.detail else ''}" if last else "it is about to be reviewed"
    return f"Ticket {ref} has no decision: {why}"


def _chosen(bridge: Installation) -> list[Parked]:
    wanted, parked = request.values.get("connection"), bridge.store.parked(limit=None)
    if wanted is not None:
        check_connection(wanted, {*bridge.helpdesks, *(each.ref.connection for each in parked)})
    return [each for each in parked if wanted in (None, each.ref.connection)]


def _parked(found: Parked) -> dict[str, str | None]:
    return {"ref": str(found.ref), "since": _stamp(found.since), "reason": found.reason}


def _instant(text: str) -> datetime:
    try:
        return TypeAdapter(AwareDatetime).validate_python(text)
    except ValidationError:
        refusal = jsonify(
            error=f"after: found {text!r}; write an instant with a time zone, such as 2026-03-02T08:00:00Z"
        )
        refusal.status_code = HTTPStatus.BAD_REQUEST
        abort(refusal)


def _row(row: TicketRow) -> dict[str, Any]:
    queue_entry, summary = row.queue_entry, row.summary
    queue = {
        "is_open": queue_entry.is_open,
        "look_at": _stamp(queue_entry.due),
        "attempts": queue_entry.attempts,
        "parked": queue_entry.parked,
        "reviewed_at": _stamp(queue_entry.reviewed_at),
    }
    shown: dict[str, Any] = _summary(summary) if summary else {}
    return (
        shown
        | queue
        | {"ref": str(queue_entry.ref), "connection": queue_entry.ref.connection, "id": queue_entry.ref.id}
    )


def _summary(summary: TicketSummary) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for cell in summary.cells.values():
        cells |= {name: _json(value) for name, value in asdict(cell).items()}
    return cells | {"review": summary.review, "pack": summary.pack}


def _json(value: Any) -> Any:
    return _stamp(value) if isinstance(value, datetime) else value


def _answer(answer: RecordedApproval) -> dict[str, Any]:
    instants = {"at": _stamp(answer.at), "opened": _stamp(answer.opened)}
    return asdict(answer) | {"ref": str(answer.ref)} | instants


def _review(review: ReviewSummary) -> dict[str, Any]:
    return {
        "review": review.review,
        "ref": str(review.ref),
        "subject": review.subject,
        "level": review.level,
        "at": _stamp(review.at),
        "why": review.why,
        "outcome": review.outcome,
        "detail": review.detail,
        "effects": [asdict(effect) for effect in review.effects],
        "withheld": [each.model_dump(mode="json") for each in review.withheld],
        "findings": [finding.model_dump(mode="json") for finding in review.findings],
    }


def _stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
