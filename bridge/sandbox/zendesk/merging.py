"""Merging tickets: the sources are closed with a comment, and the target gets their last words.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#merge-tickets-into-target-ticket
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.tickets import ChangeOrigin

MERGED_TAG = "closed_by_merge"


def merge_routes(account: ZendeskAccount) -> Blueprint:
    """The route that merges tickets."""
    routes = Blueprint("merging", __name__, url_prefix="/api/v2")

    @routes.post("/tickets/<int:ident>/merge")
    def merge(ident: int) -> Record:
        body = request.get_json(silent=True) or {}
        merge_into(account, ident, [int(source) for source in body.get("ids") or ()], g.caller, body)
        return {"job_status": {"id": f"merge-{ident}", "status": "completed", "url": account.state.url("job_statuses")}}

    return routes


def merge_into(account: ZendeskAccount, target: int, sources: list[int], by: Record, comments: Record) -> None:
    """Merge ``sources`` into ``target``; ``comments``: the texts and visibilities that the API takes."""
    state, writer = account.state, account.ticket_writer
    with state.lock:
        into, rows = state.ticket(target), [state.ticket(source) for source in sources]
        if not rows or target in sources or any(row["status"] == "closed" for row in (into, *rows)):
            raise error_responses.record_invalid("base", "Ticket: cannot be merged")
        words = "\n".join(_words(account, row) for row in rows)
        for row in rows:
            text = f'This request was closed and merged into request #{target} "{into["subject"]}".'
            closed: Record = {"status": "closed", "tags": [*row["tags"], MERGED_TAG]}
            closed |= {"assignee_id": row["assignee_id"] or by["id"], "comment": _comment(comments, "source", text)}
            via = _via({}, {"ticket_id": target, "subject": into["subject"]})
            writer.update(row["id"], closed, ChangeOrigin(by, via=via))
        said = {"comment": _comment(comments, "target", words)}
        writer.update(target, said, ChangeOrigin(by, via=_via({"ticket_ids": sources}, {})))


def _comment(comments: Record, side: str, usual: str) -> Record:
    """What the merge says on one side: private, unless the caller asks for a public comment."""
    text = comments.get(f"{side}_comment") or usual
    return {"body": text, "public": bool(comments.get(f"{side}_comment_is_public"))}


def _words(account: ZendeskAccount, row: Record) -> str:
    """What the target says of a source, with its last comment."""
    events = (event for audit in account.state.audits[row["id"]] for event in audit["events"])
    last = [event["body"] for event in events if event["type"] == "Comment"][-1:]
    ident = row["id"]
    closed = f'Request #{ident} "{row["subject"]}" was closed and merged into this request.'
    return f"{closed} Last comment in request #{ident}:\n\n{''.join(last)}"


def _via(came_from: Record, into: Record) -> dict[str, Any]:
    return {"channel": "web", "source": {"from": came_from, "to": into, "rel": "merge"}}
