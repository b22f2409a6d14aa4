"""The incremental cursor export: tickets by the time of their last change."""

from __future__ import annotations

import base64
from datetime import timedelta

from flask import request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.http import sideloads

LAG = timedelta(minutes=1)
"""The last minute is never returned."""
LARGEST = 1000


def export_page(account: ZendeskAccount) -> Record:
    """One page of ``/incremental/tickets/cursor``: by time of change, never the last minute."""
    state = account.state
    size = min(int(request.args.get("per_page", LARGEST)), LARGEST)
    horizon = (state.clock() - LAG).timestamp()
    cursor = request.args.get("cursor")
    after = _read_cursor(cursor) if cursor else (_start_time(horizon), -1)
    deleted_too = request.args.get("exclude_deleted") != "true"
    rows = sorted(state.tickets.values(), key=lambda row: (row["generated_timestamp"], row["id"]))
    rows = [
        row for row in rows if after < (row["generated_timestamp"], row["id"]) and row["generated_timestamp"] <= horizon
    ]
    rows = [row for row in rows if deleted_too or row["status"] != "deleted"]
    found = rows[:size]
    last = _write_cursor(found[-1]) if found else cursor
    path = f"{state.base_url}/api/v2/incremental/tickets/cursor.json"
    return {
        "tickets": [state.shown(row) for row in found],
        "after_url": f"{path}?cursor={last}" if last else None,
        "after_cursor": last,
        "before_url": None,
        "before_cursor": None,
        "end_of_stream": len(rows) <= size,
        **sideloads(account, found),
    }


def _start_time(horizon: float) -> int:
    given = request.args.get("start_time", "")
    if not given.isdigit():
        raise error_responses.bad_request("InvalidValue", f"start_time must be a Unix time in seconds, not {given!r}")
    if int(given) > horizon:
        raise error_responses.bad_request(
            "InvalidValue", "Too recent start_time. Use a start_time older than 60 seconds"
        )
    return int(given)


def _write_cursor(row: Record) -> str:
    return base64.urlsafe_b64encode(f"{row['generated_timestamp']}.0||{row['id']}|".encode()).decode()


def _read_cursor(cursor: str) -> tuple[int, int]:
    try:
        moment, ident = base64.urlsafe_b64decode(cursor).decode().split("||")
        return int(float(moment)), int(ident.rstrip("|"))
    except ValueError:
        raise error_responses.bad_request("InvalidValue", f"{cursor!r} is not a cursor of this export") from None
