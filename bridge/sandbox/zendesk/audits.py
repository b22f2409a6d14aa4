"""Routes of what happened on tickets."""

from __future__ import annotations

from flask import Blueprint, request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.http import visible
from bridge.sandbox.zendesk.paging import page


def audit_routes(account: ZendeskAccount) -> Blueprint:
    """The history of tickets: audits, and the comments among them."""
    routes = Blueprint("audits", __name__, url_prefix="/api/v2")
    state = account.state

    def audits(ident: int) -> list[Record]:
        state.ticket(ident)
        found = list(state.audits.get(ident, ()))
        newest_first = request.args.get("sort_order") == "desc" or request.args.get("sort", "").startswith("-")
        return found[::-1] if newest_first else found

    @routes.get("/tickets/<int:ident>/audits")
    def list_audits(ident: int) -> Record:
        answer = page("audits", audits(ident), state.base_url)
        if "users" in request.args.get("include", ""):
            authors = {audit["author_id"] for audit in answer["audits"]}
            answer["users"] = [visible(state.users[author]) for author in sorted(authors)]
        return answer

    @routes.get("/tickets/<int:ident>/audits/<int:audit_id>")
    def show_audit(ident: int, audit_id: int) -> Record:
        found = next((audit for audit in audits(ident) if audit["id"] == audit_id), None)
        if found is None:
            raise error_responses.not_found()
        return {"audit": found}

    @routes.get("/tickets/<int:ident>/comments")
    def list_comments(ident: int) -> Record:
        return page("comments", [_comment(*pair) for pair in _spoken(audits(ident))], state.base_url)

    return routes


def _spoken(audits: list[Record]) -> list[tuple[Record, Record]]:
    kinds = ("Comment", "VoiceComment")
    return [(audit, event) for audit in audits for event in audit["events"] if event["type"] in kinds]


def _comment(audit: Record, event: Record) -> Record:
    about = {"audit_id": audit["id"], "created_at": audit["created_at"], "via": audit["via"]}
    return {**event, **about, "metadata": audit["metadata"]}
