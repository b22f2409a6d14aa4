"""The rules of state: what becomes of a ticket when somebody sends changes to it.

Pure as far as tickets go: :func:`applied` returns the new ticket or raises the refusal Zendesk would answer with.
Attributes it does not know, and read-only ones, are ignored without a word: 200 does not mean applied.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.fields import tags_and_fields
from bridge.sandbox.zendesk.state import State

PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")
CATEGORIES = ("new", "open", "pending", "hold", "solved", "closed")
REOPENED_BY_CUSTOMER = ("pending", "hold", "solved")

_PLAIN = ("subject", "external_id", "problem_id", "due_at", "ticket_form_id", "brand_id", "recipient")


def check_editable(ticket: Record, wanted: Record) -> None:
    """Refuse changes to a closed ticket, and a safe update that was made from an older copy."""
    if ticket["status"] == "closed":
        raise error_responses.record_invalid("status", "Status: closed prevents ticket update")
    expected = wanted.get("updated_stamp")
    if "safe_update" in wanted and expected and _second(expected) != _second(ticket["updated_at"]):
        raise error_responses.update_conflict()


def _second(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        message = f"{text!r} is not an ISO 8601 date-time"
        raise error_responses.bad_request("InvalidValue", message) from None


def applied(state: State, old: Record, wanted: Record, *, customer_spoke: bool = False) -> Record:
    """The ticket after a change; ``customer_spoke``: the change carries a comment of an end user."""
    new = {**old, **{name: wanted[name] for name in _PLAIN if name in wanted}}
    new["raw_subject"] = new["subject"]
    new |= _choice(old, wanted, "priority", PRIORITIES)
    new |= _choice(old, wanted, "type", TYPES)
    new |= _requester(state, new, wanted)
    new |= _assignment(state, new, wanted)
    new |= _audience(state, new, wanted)
    new |= tags_and_fields(state, old, wanted)
    new |= _status(state, old, new, wanted, customer_spoke)
    return new


def _choice(old: Record, wanted: Record, name: str, allowed: tuple[str, ...]) -> Record:
    """A value of a fixed list; a priority, once set, cannot be emptied."""
    if name not in wanted:
        return {}
    value = wanted[name] or None
    label = name.capitalize()
    if value is None and name == "priority" and old["priority"]:
        raise error_responses.record_invalid(name, f"{label}: cannot be blank")
    if value is not None and value not in allowed:
        raise error_responses.record_invalid(name, f"{label}: {value} is not included in the list")
    return {name: value}


def _requester(state: State, ticket: Record, wanted: Record) -> Record:
    requester = wanted.get("requester_id", ticket["requester_id"])
    if requester not in state.users:
        raise error_responses.record_invalid("requester", f"Requester: {requester} is not a user")
    own = state.users[requester]["organization_id"]
    organization = wanted.get("organization_id", own if "requester_id" in wanted else ticket["organization_id"])
    if organization not in (None, own):
        text = f"Organization: {organization} is not an organization of the requester"
        raise error_responses.record_invalid("organization", text)
    return {"requester_id": requester, "organization_id": organization}


def _assignment(state: State, ticket: Record, wanted: Record) -> Record:
    """Assignee and group: an assignee brings their group, another group drops an assignee who is not in it."""
    assignee, group = _assignee(state, ticket, wanted), wanted.get("group_id", ticket["group_id"])
    if group is not None and group not in state.groups:
        raise error_responses.record_invalid("group", f"Group: {group} is not a group")
    if assignee is None:
        return {"assignee_id": None, "group_id": group}
    if not state.is_staff(assignee):
        raise error_responses.record_invalid("assignee", f"Assignee: {assignee} is not an agent")
    member_of = groups_of(state.users[assignee])
    newly = assignee != ticket["assignee_id"]
    if group in member_of:
        return {"assignee_id": assignee, "group_id": group}
    if newly and "group_id" in wanted and group is not None:
        raise error_responses.record_invalid("assignee", "Assignee: is not a member of the selected group")
    if newly:
        return {"assignee_id": assignee, "group_id": member_of[0] if member_of else None}
    return {"assignee_id": None if "group_id" in wanted else assignee, "group_id": group}


def _assignee(state: State, ticket: Record, wanted: Record) -> int | None:
    if wanted.get("assignee_email"):
        user = state.user_by_email(wanted["assignee_email"])
        if user is None:
            raise error_responses.record_invalid("assignee", f"Assignee: {wanted['assignee_email']} is not an agent")
        return int(user["id"])
    value = wanted.get("assignee_id", ticket["assignee_id"])
    return None if value is None else int(value)


def groups_of(user: Record) -> list[int]:
    """The groups an agent belongs to, the default one first."""
    groups = [user.get("default_group_id"), *user.get("_groups", ())]
    return list(dict.fromkeys(group for group in groups if group is not None))


def _audience(state: State, ticket: Record, wanted: Record) -> Record:
    """Followers (agents only) and copies; ``follower_ids`` replaces, ``followers`` puts and deletes."""
    listed: Record = {**ticket, **{name: wanted[name] for name in ("follower_ids", "email_cc_ids") if name in wanted}}
    followers = _edited(state, listed["follower_ids"], wanted.get("followers"))
    followers = [ident for ident in followers if state.is_staff(ident)]
    copies = _edited(state, listed["email_cc_ids"], wanted.get("email_ccs"))
    return {"follower_ids": followers, "collaborator_ids": followers, "email_cc_ids": copies}


def _edited(state: State, users: list[int], edits: list[Record] | None) -> list[int]:
    for edit in edits or ():
        who = edit.get("user_id") or edit.get("user_email") or ""
        user = state.users.get(int(who)) if str(who).isdigit() else state.user_by_email(str(who))
        if user is None:
            continue
        users = [ident for ident in users if ident != user["id"]]
        if edit.get("action", "put") == "put":
            users.append(user["id"])
    return users


def _status(state: State, old: Record, new: Record, wanted: Record, customer_spoke: bool) -> Record:
    custom, category = _wanted_status(state, old, wanted)
    if category is None and customer_spoke and old["status"] in REOPENED_BY_CUSTOMER:
        category = "open"
    if new["assignee_id"] is not None and (category or old["status"]) == "new":
        category, custom = "open", None
    if category is None:
        return {}
    if category == "new" and old["status"] != "new":
        raise error_responses.record_invalid("status", "Status: cannot be set back to new")
    if category in ("solved", "closed") and new["assignee_id"] is None:
        raise error_responses.record_invalid("base", "Assignee: is required when solving a ticket")
    if custom is None:
        custom = old["custom_status_id"] if category == old["status"] else state.default_status(category)["id"]
    return {"status": category, "custom_status_id": custom}


def _wanted_status(state: State, old: Record, wanted: Record) -> tuple[int | None, str | None]:
    """The custom status and category that were asked for; a custom status wins over ``status``."""
    ident, category = wanted.get("custom_status_id"), wanted.get("status")
    if category is not None and category not in CATEGORIES:
        raise error_responses.record_invalid("status", f"Status: {category} is not included in the list")
    if ident is None or (ident == old["custom_status_id"] and category is not None):
        return None, category
    row = state.custom_statuses.get(int(ident))
    if row is None or not row["active"]:
        raise error_responses.record_invalid("custom_status_id", f"Custom status: {ident} is not an active status")
    return int(ident), row["status_category"]


def blank_ticket(state: State, ident: int, now: str) -> Record:
    """A ticket before its first change, with every attribute of the REST answer."""
    return {
        "url": state.url(f"tickets/{ident}"),
        "id": ident,
        "created_at": now,
        "updated_at": now,
        "generated_timestamp": int(state.clock().timestamp()),
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
        **dict.fromkeys(("external_id", "type", "subject", "raw_subject", "description", "priority", "recipient")),
        **dict.fromkeys(("requester_id", "submitter_id", "assignee_id", "organization_id", "group_id")),
        **dict.fromkeys(("problem_id", "due_at", "satisfaction_rating", "forum_topic_id", "ticket_form_id")),
        **{name: [] for name in ("collaborator_ids", "follower_ids", "email_cc_ids", "tags")},
        **{name: [] for name in ("sharing_agreement_ids", "followup_ids")},
        "status": "new",
        "custom_status_id": state.default_status("new")["id"],
        "brand_id": state.brand_id,
        "is_public": False,
        "has_incidents": False,
        "custom_fields": _unset_fields(state),
        "from_messaging_channel": False,
        "allow_channelback": False,
        "allow_attachments": True,
    }


def _unset_fields(state: State) -> dict[int, Any]:
    empty: dict[str, Any] = {"checkbox": False, "multiselect": []}
    return {ident: empty.get(field["type"]) for ident, field in state.ticket_fields.items()}
