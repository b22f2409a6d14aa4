"""The export of a search: all tickets that match a query, by a cursor that Zendesk forgets after an hour."""

from __future__ import annotations

import base64
from datetime import timedelta
from urllib.parse import urlencode

from flask import request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.ticket_search import found_tickets

LARGEST = 1000
CURSOR_LIFE = timedelta(hours=1)


def search_export(account: ZendeskAccount) -> Record:
    """One page of ``/search/export`` for tickets."""
    if request.args.get("filter[type]") != "ticket":
        raise error_responses.bad_request("InvalidValue", "filter[type] must be ticket; the sandbox exports no others")
    state = account.state
    query = request.args.get("query", "")
    if "type:" in query:
        raise error_responses.bad_request("InvalidValue", "type: is not allowed in the query of an export; use filter")
    size = min(_size(), LARGEST)
    after = _position(request.args.get("page[after]"), state.clock().timestamp())
    rows = sorted((row for row in found_tickets(state, query) if row["id"] > after), key=lambda row: row["id"])
    found, has_more = rows[:size], len(rows) > size
    cursor = _cursor(found[-1]["id"], state.clock().timestamp()) if found else None
    return {
        "results": [{**state.shown(row), "result_type": "ticket"} for row in found],
        "facets": None,
        "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": None},
        "links": {"next": _link(state.base_url, cursor) if has_more else None, "prev": None},
    }


def _size() -> int:
    given = request.args.get("page[size]", "100")
    if not given.isdigit() or int(given) < 1:
        raise error_responses.bad_request("InvalidValue", f"page[size] must be a positive number, not {given!r}")
    return int(given)


def _link(base_url: str, cursor: str | None) -> str:
    return f"{base_url}{request.path}.json?{urlencode({**request.args.to_dict(), 'page[after]': cursor})}"


def _cursor(last: int, at: float) -> str:
    return base64.urlsafe_b64encode(f"{last}|{at:.0f}".encode()).decode()


def _position(cursor: str | None, now: float) -> int:
    if cursor is None:
        return -1
    try:
        last, _, made_at = base64.urlsafe_b64decode(cursor).decode().partition("|")
        position, age = int(last), now - float(made_at)
    except ValueError:
        raise error_responses.bad_request("InvalidPaginationParameter", f"{cursor!r} is not a cursor") from None
    if age > CURSOR_LIFE.total_seconds():
        raise error_responses.bad_request("InvalidPaginationParameter", "the cursor has expired")
    return position
