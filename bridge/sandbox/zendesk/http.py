"""What all routes share: reading requests, and leaving out what is private."""

from __future__ import annotations

from flask import request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.paging import LARGEST

_PEOPLE = ("requester_id", "submitter_id", "assignee_id")


def sent(name: str) -> Record:
    """The named object of the JSON body; raises the 400 refusal."""
    body = request.get_json(silent=True)
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise error_responses.bad_request("ParameterMissing", f"param is missing or the value is empty: {name}")
    return found


def sent_list(name: str) -> list[Record]:
    """The named list of the JSON body; raises the 400 refusal."""
    body = request.get_json(silent=True)
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) and "id" in each for each in found):
        raise error_responses.bad_request("ParameterMissing", f"param is missing or the value is empty: {name}")
    return found


def ids_asked_for() -> list[int]:
    """``?ids=1,2``; raises the 400 refusal above 100."""
    ids = [int(ident) for ident in request.args.get("ids", "").split(",") if ident.strip().isdigit()]
    if len(ids) > LARGEST:
        raise error_responses.too_many_values(LARGEST)
    return ids


def visible(record: Record) -> Record:
    """A record without the sandbox's private keys."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def sideloads(account: ZendeskAccount, rows: list[Record]) -> Record:
    """``?include=users,organizations,groups``."""
    state, requested = account.state, request.args.get("include", "").split(",")
    people = {row[name] for row in rows for name in _PEOPLE} | {i for row in rows for i in row["follower_ids"]}
    tables = {
        "users": (state.users, people),
        "organizations": (state.organizations, {row["organization_id"] for row in rows}),
        "groups": (state.groups, {row["group_id"] for row in rows}),
    }
    return {
        name: [visible(table[ident]) for ident in sorted(idents - {None})]
        for name, (table, idents) in tables.items()
        if name in requested
    }
