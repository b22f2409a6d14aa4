"""The pages: overview, one ticket, one policy. Server-rendered; htmx asks every second for changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request

from bridge.account import Account
from bridge.config.accounts_file import refusal
from bridge.console.activity import ReviewSummary
from bridge.console.amendments import amendment_terms
from bridge.console.clock_chart import chart, describe
from bridge.console.health import health_of, own_version
from bridge.console.installation import DEMONSTRATION, OPEN_CONSOLE, Installation, known_ref
from bridge.console.phone_approvals import context_of, open_requests, recorded_approvals
from bridge.console.ticket_columns import COLUMNS, status_label
from bridge.console.ticket_detail import TicketDetail, TicketDetails
from bridge.console.ticket_list import SHOWN_OPEN, TicketList
from bridge.decision import WithheldCause
from bridge.policy.model import Policy
from bridge.ports.outcomes import ReviewOutcome
from bridge.runtime.scope import scope_of
from bridge.ticket import TicketRef

REVIEWS_OF_TICKET = 50


def add_pages(
    console: Blueprint,
    bridge: Installation,
    policies: Mapping[str, Policy],
    tickets: TicketList,
    details: TicketDetails,
    written: Mapping[str, str],
) -> None:
    """``/``, ``/tickets/<connection>/<id>`` and ``/policy/<pack>``."""

    @console.context_processor
    def common() -> dict[str, Any]:
        return {
            "policies": policies,
            "now": bridge.clock(),
            "speed": bridge.clock.speed,
            "demonstration": current_app.config.get(DEMONSTRATION),
            "locked": not current_app.config.get(OPEN_CONSOLE),
            "version": own_version(),
        }

    @console.get("/")
    def overview() -> Response:
        return refreshed("overview", lambda: _overview(bridge, policies, tickets, request.args.get("sort", "severity")))

    @console.get("/tickets/<connection>/<ident>")
    def ticket(connection: str, ident: str) -> Response:
        ref = known_ref(bridge, connection, ident)
        return refreshed("ticket", lambda: _ticket(bridge, tickets, details, ref))

    @console.get("/policy/<pack>")
    def policy(pack: str) -> Response:
        if pack not in policies:
            abort(HTTPStatus.NOT_FOUND, f"No pack {pack!r} is configured; configured: {', '.join(policies)}.")
        replaced = sorted(bridge.configuration.overrides.get(written[pack], {}))
        return make_response(render_template("console/policy.html", policy=policies[pack], replaced=replaced))


def refreshed(page: str, content: Callable[[], dict[str, Any]]) -> Response:
    """A page; for htmx only its changing part, or nothing if that is still what the browser has (``seen``)."""
    part = render_template(f"console/_{page}.html", **content())
    seen = sha256(part.encode()).hexdigest()[:16]
    if not request.headers.get("HX-Request"):
        return make_response(render_template(f"console/{page}.html", part=part, seen=seen))
    if request.args.get("seen") == seen:
        return Response(status=HTTPStatus.NO_CONTENT)
    return make_response(render_template("console/_refresh.html", part=part, seen=seen))


def _overview(bridge: Installation, policies: Mapping[str, Policy], tickets: TicketList, sort: str) -> dict[str, Any]:
    counts = bridge.store.counts(bridge.clock())
    opened, resolved = bridge.store.count_tickets()
    left_alone = bridge.store.count_left_alone()
    switched_off = bridge.store.withheld(causes=[WithheldCause.OFF, WithheldCause.SCOPE], limit=SHOWN_OPEN)
    return {
        "counts": counts,
        "failing": [each for each in health_of(bridge, policies) if each.problem],
        "stops": bridge.store.stops(),
        "withheld": bridge.store.count_withheld(),
        "accounts_refused": refusal(bridge.store),
        "starts": bridge.backlog.starts(),
        "modes": {name: bridge.modes.current(name).mode for name in bridge.helpdesks},
        "unconfirmed": bridge.modes.unconfirmed(),
        "opened": opened - left_alone,
        "left_alone": left_alone,
        "switched_off": {each.ref for each in switched_off},
        "resolved_total": resolved,
        "columns": COLUMNS,
        "sort": sort,
        "rows": tickets.open(sort),
        "resolved": tickets.resolved(),
        "activity": tickets.activity(),
    }


def _scope(bridge: Installation, detail: TicketDetail | None, ref: TicketRef) -> tuple[str, ...]:
    """What decides how far the bridge may go on a ticket now."""
    if detail is None or ref.connection not in bridge.helpdesks:
        return ()
    account, current = detail.review.account or Account(), bridge.modes.current(ref.connection)
    return scope_of(bridge.store, bridge.configuration.rollout, detail.ticket, account, current).lines()


def _is_ignored(bridge: Installation, ref: TicketRef, reviews: Sequence[ReviewSummary]) -> bool:
    """Whether a ticket is left alone until somebody adopts it."""
    connection = bridge.configuration.connections.get(ref.connection)  # None: it is no longer configured
    if connection is None or connection.backlog != "ignore":
        return False
    is_left_alone = bool(reviews) and reviews[0].outcome is ReviewOutcome.LEFT_ALONE
    return is_left_alone and bridge.store.adopted_at(ref) is None


def _ticket(bridge: Installation, tickets: TicketList, details: TicketDetails, ref: TicketRef) -> dict[str, Any]:
    detail = details.latest(ref)
    reviews = tickets.history(ref, REVIEWS_OF_TICKET)
    context = context_of(detail, bridge.clock()) if detail else None
    return {
        "ref": ref,
        "detail": detail,
        "open_requests": open_requests(detail, context) if detail and context else [],
        "recorded": recorded_approvals(bridge.store.approvals(ref), context) if context else [],
        "amendable": amendment_terms(context),
        "amended": bridge.store.amendments(ref),
        "status": status_label(detail.ticket, detail.policy) if detail else "",
        "chart": chart(detail.ticket, detail.explanation) if detail else None,
        "entries": [(entry, describe(entry)) for entry in reversed(detail.ticket.timeline)] if detail else [],
        "withheld": bridge.store.withheld(ref=ref),
        "exemption": bridge.store.exemption(ref),
        "is_ignored": _is_ignored(bridge, ref, reviews),
        "scope": _scope(bridge, detail, ref),
        "ledger": list(reversed(bridge.store.ledger(ref))),
        "reviews": reviews,
    }
