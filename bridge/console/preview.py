"""The preview: what would be done in the next days, with the marks of people; and the button that confirms a mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation
from bridge.console.pages import refreshed
from bridge.console.person import given, name_given
from bridge.decision.kinds import ActionKind
from bridge.decision.records import action_name, action_value
from bridge.errors import InputError
from bridge.ports.forecasts import ForecastAction, ForecastFilter, Mark
from bridge.runtime.activity import parse_kind
from bridge.runtime.known_names import check_connection
from bridge.runtime.preview_summary import summarize
from bridge.ticket import TicketRef

LISTED = 200
"""Actions on the page."""
ALL = 10_000
"""Actions that the API returns at most."""
ACCOUNTS = 20
FILTERS = ("connection", "pack", "clause", "kind", "account")

MarkKey = tuple[TicketRef, str, str, str]


def add_preview(console: Blueprint, bridge: Installation) -> None:
    """``/preview``, ``/preview/mark`` and ``/preview/enforce``; the same under ``/api``."""

    @console.get("/preview", endpoint="preview")
    def preview() -> Response:
        return refreshed("preview", lambda: _content(bridge))

    @console.post("/preview/mark", endpoint="mark_preview")
    def mark() -> BaseResponse:
        _mark(bridge)
        return redirect(_page(), HTTPStatus.SEE_OTHER)

    @console.post("/preview/enforce", endpoint="confirm_mode")
    def enforce() -> BaseResponse:
        _enforce(bridge)
        return redirect(url_for("console.preview"), HTTPStatus.SEE_OTHER)

    @console.get("/api/preview")
    def api_preview() -> Response:
        """The forecasts in numbers and action by action, with the share of right ones for each clause."""
        which = _filter(bridge)
        marks = {mark.key: mark for mark in bridge.store.marks(which.connections)}
        actions = [
            each.as_json() | {"mark": _mark_json(marks.get(_key(each)))}
            for each in bridge.store.forecast_actions(which, ALL)
        ]
        summary = summarize(bridge.store, which, bridge.clock()).as_json()
        shares = {clause: {"right": right, "marked": total} for clause, (right, total) in _shares(marks).items()}
        return jsonify(**summary, marks=shares, unconfirmed=bridge.modes.unconfirmed(), actions=actions)

    @console.post("/api/preview/mark")
    def api_mark() -> Response:
        """Mark an action as ``right`` or not; it is named by ``ticket``, ``clause``, ``action`` and ``value``."""
        return jsonify(_mark_json(_mark(bridge)))

    @console.post("/api/enforce")
    def api_enforce() -> Response:
        """Confirm that a ``connection`` enforces its policies from now on, as its file says."""
        return jsonify(enforced=_enforce(bridge))


def _content(bridge: Installation) -> dict[str, Any]:
    which = _filter(bridge)
    marks = {mark.key: mark for mark in bridge.store.marks(which.connections)}
    listed = list(bridge.store.forecast_actions(which, LISTED + 1))
    known, oldest = bridge.store.forecast_range(which.connections)
    return {
        "summary": summarize(bridge.store, which, bridge.clock()),
        "kinds": list(ActionKind),
        "shares": _shares(marks),
        "listed": [(each, *_key(each)[2:], marks.get(_key(each))) for each in listed[:LISTED]],
        "has_more": len(listed) > LISTED,
        "known": known,
        "oldest": oldest,
        "accounts_shown": ACCOUNTS,
        "modes": {name: bridge.modes.current(name) for name in which.connections},
        "chosen": {name: request.args[name] for name in FILTERS if request.args.get(name)},
    }


def _page() -> str:
    """The page with what the query has chosen."""
    chosen: dict[str, Any] = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return url_for("console.preview", **chosen)


def _filter(bridge: Installation) -> ForecastFilter:
    """What the query asks for. Raises ``InputError`` for a connection or kind that does not exist."""
    connection = request.args.get("connection", "")
    if connection:
        check_connection(connection, bridge.helpdesks)
    pack, clause = (request.args.get(name, "") for name in ("pack", "clause"))
    kind = parse_kind(request.args.get("kind"), "kind") or ""
    connections: Collection[str] = [connection] if connection else list(bridge.configuration.connections)
    return ForecastFilter(connections, pack, clause, kind, request.args.get("account"))


def _key(each: ForecastAction) -> MarkKey:
    return each.ref, each.action.cite.clause, action_name(each.action), str(action_value(each.action))


def _shares(marks: Mapping[MarkKey, Mark]) -> dict[str, tuple[int, int]]:
    """Of each clause, how many marks say right, and how many there are."""
    found: dict[str, list[bool]] = defaultdict(list)
    for mark in marks.values():
        found[mark.clause].append(mark.is_right)
    return {clause: (sum(rights), len(rights)) for clause, rights in sorted(found.items())}


def _mark(bridge: Installation) -> Mark:
    ticket, clause, action, value, right = (given(key) for key in ("ticket", "clause", "action", "value", "right"))
    verdicts = {"yes": True, "true": True, "no": False, "false": False}
    try:
        ref = TicketRef.parse(ticket)
    except ValueError as error:
        raise InputError(f"ticket: {error}") from error
    if right.lower() not in verdicts:
        raise InputError(f"right: found {right!r}; allowed: yes, no")
    if not (clause and action):
        raise InputError("clause, action: found nothing; allowed: those of an action in the preview")
    mark = Mark(ref, clause, action, value, verdicts[right.lower()], given("because"), name_given(), bridge.clock())
    bridge.store.mark(mark)
    return mark


def _mark_json(mark: Mark | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    return {"right": mark.is_right, "because": mark.because, "by": mark.by, "at": f"{mark.at:%Y-%m-%dT%H:%M:%SZ}"}


def _enforce(bridge: Installation) -> str:
    connection, waiting = given("connection"), bridge.modes.unconfirmed()
    if connection not in waiting:
        advice = "set `mode: enforce` in policybridge.yaml first, or run `policybridge enforce --apply`"
        allowed = ", ".join(waiting) or f"none, because no change of a mode waits; {advice}"
        raise InputError(f"connection: found {connection!r}; allowed: {allowed}")
    bridge.modes.confirm(connection, name_given(), bridge.clock())
    return connection
