"""The pages: what happens, one ticket, one policy. Server-rendered; htmx asks each second whether anything changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request

from bridge.config.accounts_file import refusal
from bridge.console.clock_chart import chart, in_words
from bridge.console.filters import TROUBLE
from bridge.console.health import examine, own_version, speed
from bridge.console.installation import DEMONSTRATION, Installation
from bridge.console.phone_approvals import asked, context_of, given
from bridge.console.ticket_detail import Sight
from bridge.console.ticket_list import Board, status_in_words
from bridge.policy.model import Policy
from bridge.store.queries import totals
from bridge.ticket import TicketRef

REVIEWS_OF_TICKET = 50


def add_pages(
    console: Blueprint, bridge: Installation, policies: Mapping[str, Policy], board: Board, sight: Sight
) -> None:
    """``/``, ``/tickets/<connection>/<id>`` and ``/policy/<pack>``."""

    @console.context_processor
    def everywhere() -> dict[str, Any]:
        return {
            "policies": policies,
            "now": bridge.clock(),
            "speed": speed(),
            "demonstration": current_app.config.get(DEMONSTRATION),
            "locked": bridge.settings.console_token is not None,
            "version": own_version(),
            "trouble": TROUBLE,
        }

    @console.get("/")
    def live() -> Response:
        return _living("live", lambda: _live(bridge, policies, board))

    @console.get("/tickets/<connection>/<ident>")
    def ticket(connection: str, ident: str) -> Response:
        ref = TicketRef(connection=connection, id=ident)
        return _living("ticket", lambda: _ticket(bridge, board, sight, ref))

    @console.get("/policy/<pack>")
    def policy(pack: str) -> Response:
        if pack not in policies:
            abort(HTTPStatus.NOT_FOUND, f"No pack {pack!r} is configured; configured: {', '.join(policies)}.")
        return make_response(render_template("console/policy.html", policy=policies[pack]))


def _living(page: str, content: Callable[[], dict[str, Any]]) -> Response:
    """A page, or for htmx its changing part, or nothing when that is as it was ``seen``."""
    part = render_template(f"console/_{page}.html", **content())
    seen = sha256(part.encode()).hexdigest()[:16]
    if not request.headers.get("HX-Request"):
        return make_response(render_template(f"console/{page}.html", part=part, seen=seen))
    if request.args.get("seen") == seen:
        return Response(status=HTTPStatus.NO_CONTENT)
    return make_response(render_template("console/_living.html", part=part, seen=seen))


def _live(bridge: Installation, policies: Mapping[str, Policy], board: Board) -> dict[str, Any]:
    counts = bridge.store.counts(bridge.clock())
    opened, resolved = totals(bridge.store)
    return {
        "counts": counts,
        "health": examine(bridge, policies),
        "accounts_refused": refusal(bridge.store),
        "modes": {name: helpdesk.mode for name, helpdesk in bridge.helpdesks.items()},
        "opened": opened,
        "resolved_total": resolved,
        "lines": board.open(),
        "resolved": board.resolved(),
        "happenings": board.happenings(),
    }


def _ticket(bridge: Installation, board: Board, sight: Sight, ref: TicketRef) -> dict[str, Any]:
    seen = sight.of(ref)
    reviews = board.history(ref, REVIEWS_OF_TICKET)
    if seen is None and not reviews:
        abort(HTTPStatus.NOT_FOUND, f"Nothing is known of ticket {ref}; `policybridge review {ref}` looks at it now.")
    case = context_of(seen, bridge.clock()) if seen else None
    return {
        "ref": ref,
        "seen": seen,
        "asked": asked(seen, case) if seen and case else [],
        "given": given(bridge.store.approvals(ref), case) if case else [],
        "status": status_in_words(seen.ticket, seen.policy) if seen else "",
        "chart": chart(seen.ticket, seen.explanation) if seen else None,
        "entries": [(entry, in_words(entry)) for entry in reversed(seen.ticket.timeline)] if seen else [],
        "said": list(reversed(bridge.store.ledger(ref))),
        "reviews": reviews,
    }
