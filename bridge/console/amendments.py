"""Amendments on the page of the ticket: what may be waived, extended or promised, the form, and the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, get_args
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation, known_ref
from bridge.console.person import given
from bridge.console.phone_approvals import context_of
from bridge.console.ticket_detail import TicketDetails
from bridge.errors import Conflict, InputError, Unknown
from bridge.policy.evaluation.amendments import local_time
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.amendments import AmendmentRule
from bridge.ports.amendments import RecordedAmendment
from bridge.runtime.amendments import AmendmentForm, recorded_amendment
from bridge.ticket import AmendmentKind


def amendment_terms(context: Context | None) -> AmendmentRule | None:
    """What may be amended on a ticket that is open; None for nothing."""
    return next(iter(context.rules(AmendmentRule)), None) if context and context.is_open else None


def add_amendments(console: Blueprint, bridge: Installation, details: TicketDetails) -> None:
    """``POST /tickets/<connection>/<id>/amendments``, and the same under ``/api``."""

    def record(connection: str, ident: str) -> RecordedAmendment:
        ref = known_ref(bridge, connection, ident)
        detail = details.latest(ref)
        context = context_of(detail, bridge.clock()) if detail else None
        if context is None:
            raise Unknown(f"Ticket {ref} has no decision yet, so nothing was promised on it")
        recorded = recorded_amendment(_form(context), context)
        if not bridge.store.record_amendment(recorded):
            raise Conflict(f"{ref}: this is already recorded; the ticket is due for review")
        return recorded

    @console.post("/tickets/<connection>/<ident>/amendments")
    def amend(connection: str, ident: str) -> BaseResponse:
        record(connection, ident)
        page = url_for("console.ticket", connection=connection, ident=ident, _anchor="amendments")
        return redirect(page, HTTPStatus.SEE_OTHER)

    @console.post("/api/tickets/<connection>/<ident>/amendments")
    def api_amend(connection: str, ident: str) -> Response:
        """Waive or extend a clock, or promise a follow-up; returns what was recorded."""
        return jsonify(amendment_json(record(connection, ident)))


def amendment_json(recorded: RecordedAmendment) -> dict[str, Any]:
    """A recorded amendment for programs."""
    return {
        "ticket": str(recorded.ref),
        "what": recorded.what,
        "clock": recorded.clock or None,
        "until": recorded.until.isoformat() if recorded.until else None,
        "by": recorded.by,
        "because": recorded.reason,
        "recorded_by": recorded.recorded_by,
        "at": recorded.at.isoformat(),
    }


def _form(context: Context) -> AmendmentForm:
    """The amendment as the form or the request describes it. Raises ``InputError``."""
    what, _, clock = given("what").partition(":")
    kinds: tuple[AmendmentKind, ...] = get_args(AmendmentKind)
    kind = next((each for each in kinds if each == what), None)
    if kind is None:
        raise InputError(f"what: found {what!r}; allowed: {', '.join(kinds)}")
    until, zone = given("until"), ZoneInfo(context.policy.time_zone)
    at = local_time(until, zone) if until and kind != "waive" else None
    if until and kind != "waive" and at is None:
        raise InputError(f"until: found {until!r}; allowed: a time such as 2026-03-05 17:00")
    return AmendmentForm(kind, given("by"), given("because"), "console", given("clock") or clock, at)
