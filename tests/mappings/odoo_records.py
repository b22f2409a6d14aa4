"""Records as real Odoo 18 and 19 servers returned them; those of Enterprise follow its documentation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.ticket import Changed, Ticket, TicketRef
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import Schema
from mappings.odoo.snapshot import IntegrationUser, TicketSnapshot
from mappings.odoo.ticket import to_ticket

REF = TicketRef(connection="acme", id="7")
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ODOOBOT, ADMIN, BRIDGE, AGENT, LEFT, PORTAL = 1, 2, 5, 6, 7, 9
P_ODOOBOT, P_BRIDGE, P_AGENT, P_LEFT, COMPANY, PAT, COLLEAGUE = 2, 6, 7, 8, 10, 11, 12
COMMENT, NOTE, ACTIVITY, CREATED = 1, 2, 3, 4
NEW, PROGRESS, AWAITING, DONE, CANCELLED = 1, 2, 3, 4, 5
CALL = 2

PARTNERS: dict[int, Any] = {
    ident: {
        "id": ident,
        "name": name,
        "email": email,
        "lang": lang,
        "ref": ref,
        "partner_share": share,
        "commercial_partner_id": company,
    }
    for ident, name, email, lang, ref, share, company in [
        (P_ODOOBOT, "OdooBot", "odoobot@vendor.example", "en_US", False, False, P_ODOOBOT),
        (P_BRIDGE, "Policybridge", "bridge@vendor.example", "en_US", False, False, P_BRIDGE),
        (P_AGENT, "Agent", "Agent@vendor.example", "en_US", False, False, P_AGENT),
        (P_LEFT, "Former agent", "former@vendor.example", "en_US", False, True, P_LEFT),
        (COMPANY, "Acme", False, "ja_JP", "C-77", True, COMPANY),
        (PAT, "Pat", '"Pat" <pat@acme.example>', "ja_JP", False, True, COMPANY),
    ]
}
USERS: dict[int, Any] = {
    ident: {"id": ident, "login": login, "email": login, "name": login, "partner_id": partner, "share": share}
    for ident, login, partner, share in [
        (ODOOBOT, "__system__", P_ODOOBOT, False),
        (BRIDGE, "bridge@vendor.example", P_BRIDGE, False),
        (AGENT, "agent@vendor.example", P_AGENT, False),
        (LEFT, "former@vendor.example", P_LEFT, False),
        (PORTAL, "pat@acme.example", PAT, True),
    ]
}

SHARED_FIELDS: dict[str, Any] = {
    "id": {"type": "integer", "string": "ID"},
    "name": {"type": "char", "string": "Title"},
    "description": {"type": "html", "string": "Description"},
    "tag_ids": {"type": "many2many", "string": "Tags", "relation": "helpdesk.ticket.tag"},
    "user_id": {"type": "many2one", "string": "Assigned user", "relation": "res.users"},
    "partner_id": {"type": "many2one", "string": "Contact", "relation": "res.partner"},
    "partner_email": {"type": "char", "string": "Email"},
    "partner_name": {"type": "char", "string": "Partner Name"},
    "company_id": {"type": "many2one", "string": "Company", "relation": "res.company"},
    "active": {"type": "boolean", "string": "Active"},
    **{name: {"type": "datetime", "string": name} for name in ("create_date", "write_date")},
    **{name: {"type": "many2one", "string": name, "relation": "res.users"} for name in ("create_uid", "write_uid")},
    "x_impact": {"type": "selection", "string": "Impact", "selection": [["hi", "High impact"], ["lo", "Low impact"]]},
    "x_devices": {"type": "integer", "string": "Devices"},
    "x_reported": {"type": "boolean", "string": "Reported before"},
    "x_confirmed": {"type": "boolean", "string": "Confirmed"},
    "x_policy_severity": {"type": "char", "string": "Severity"},
    "x_severity": {"type": "char", "string": "Severity"},
    "x_policy_next_due_at": {"type": "datetime", "string": "Next due at"},
    "x_policy_log": {"type": "text", "string": "Policy log"},
}
COMMUNITY_FIELDS = SHARED_FIELDS | {
    "number": {"type": "char", "string": "Ticket number"},
    "unattended": {"type": "boolean", "string": "Unattended"},
    "priority": {"type": "selection", "string": "Priority", "selection": [["0", "Low"], ["1", "Medium"]]},
    "stage_id": {"type": "many2one", "string": "Stage", "relation": "helpdesk.ticket.stage"},
    "team_id": {"type": "many2one", "string": "Team", "relation": "helpdesk.ticket.team"},
    "category_id": {"type": "many2one", "string": "Category", "relation": "helpdesk.ticket.category"},
    "channel_id": {"type": "many2one", "string": "Channel", "relation": "helpdesk.ticket.channel"},
}
ENTERPRISE_FIELDS = SHARED_FIELDS | {
    "ticket_ref": {"type": "char", "string": "Ticket IDs Sequence"},
    "sla_status_ids": {"type": "one2many", "string": "SLA Status", "relation": "helpdesk.sla.status"},
    "priority": {"type": "selection", "string": "Priority", "selection": [["0", "Low priority"], ["3", "Urgent"]]},
    "stage_id": {"type": "many2one", "string": "Stage", "relation": "helpdesk.stage"},
    "team_id": {"type": "many2one", "string": "Helpdesk Team", "relation": "helpdesk.team"},
    "tag_ids": {"type": "many2many", "string": "Tags", "relation": "helpdesk.tag"},
}


def stage(ident: int, name: str, **flags: Any) -> dict[str, Any]:
    usual = {"sequence": ident, "fold": False, "active": True, "team_ids": [], "mail_template_id": False}
    return {"id": ident, "name": name, **usual, **flags}


STAGES = [
    stage(NEW, "New", unattended=True, closed=False),
    stage(PROGRESS, "In Progress", unattended=False, closed=False),
    stage(AWAITING, "Awaiting", unattended=False, closed=False),
    stage(DONE, "Done", unattended=False, closed=True, fold=True),
    stage(CANCELLED, "Cancelled", unattended=False, closed=True, fold=True),
]
CATALOG = HelpdeskCatalog(
    schema=Schema.of(COMMUNITY_FIELDS),
    stages=STAGES,
    teams=[{"id": 1, "name": "Tier 1"}, {"id": 2, "name": "Tier 2"}, {"id": 3, "name": "日本語"}],
    tags={1: "Request Escalation", 2: "policy_overdue", 3: "VIP", 4: "Impact, high", 5: "policy_overdue"},
    subtypes={
        COMMENT: {"id": COMMENT, "internal": False},
        NOTE: {"id": NOTE, "internal": True},
        ACTIVITY: {"id": ACTIVITY, "internal": True},
        CREATED: {"id": CREATED, "internal": False},
    },
    categories={1: "Incident", 2: "Request"},
    channels={1: "Web", 2: "Email", 3: "Phone", 4: "Other"},
    call_types=frozenset({CALL}),
    companies={1: "Vendor"},
)
WIRED = CATALOG.resolve(
    Connection.model_validate(
        {
            "vendor": "odoo",
            "tiers": {1: "Tier 1", 2: ["tier 2", "日本語"]},
            "groups": {"japanese": "日本語"},
            "statuses": {"in_progress": "In Progress", "waiting_customer": "Awaiting"},
            "facts": {
                "impact": {"field": "x_impact", "values": {"hi": "major"}},
                "devices": {"field": "x_devices", "type": "number"},
                "reported_before": {"field": "x_reported", "type": "checkbox"},
                "urgency": {"tags": {"impact_high": "now"}},
            },
            "type": {"values": {"Incident": "incident"}},
            "marks": {
                "escalation": {"tag": "request_escalation"},
                "confirm_resolution": {"field": "x_confirmed", "value": True},
            },
            "organizations": {"key": "external_id"},
        }
    )
)


def at(minutes: float) -> str:
    return f"{START + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"


def record(minutes: float = 0, by: int = PORTAL, **values: Any) -> dict[str, Any]:
    """A ticket read with ``load=None``, changed last by somebody after some minutes."""
    usual = {"id": 7, "number": "HT00007", "name": "Down", "description": "<p>It is down</p>", "priority": "1"}
    links = {"stage_id": NEW, "team_id": False, "user_id": False, "tag_ids": [], "category_id": False}
    people = {"partner_id": PAT, "partner_email": False, "partner_name": False, "company_id": 1, "channel_id": False}
    own = {"x_impact": False, "x_devices": 0, "x_reported": False, "x_confirmed": False, "x_severity": False}
    ours = {"x_policy_severity": False, "x_policy_next_due_at": False, "x_policy_log": False}
    stamps = {"create_date": at(0), "create_uid": PORTAL, "write_date": at(minutes), "write_uid": by, "active": True}
    return usual | links | people | own | ours | stamps | values


def message(ident: int, minutes: float, author: int | bool, text: str = "", **values: Any) -> dict[str, Any]:
    """A public comment of a partner, unless ``values`` say otherwise."""
    creators = {P_BRIDGE: BRIDGE, P_AGENT: AGENT, P_LEFT: LEFT, PAT: PORTAL}
    usual = {
        "id": ident,
        "create_date": at(minutes),
        "date": at(minutes + 0.02),
        "message_type": "comment",
        "subtype_id": COMMENT,
        "author_id": author,
        "create_uid": creators.get(int(author), ODOOBOT),
        "email_from": False,
        "subject": False,
        "body": f"<p>{text}</p>" if text else "",
        "message_id": f"<{ident}.1795335492-openerp-7-helpdesk.ticket@host>",
        "mail_activity_type_id": False,
    }
    return usual | values


def mail(ident: int, minutes: float, author: int | bool, text: str, **values: Any) -> dict[str, Any]:
    """Mail from outside: its ``date`` is what the sender's machine wrote, its text is kept as ``<pre>``."""
    body = f"<pre>{text}\r\n</pre>\n"
    came = {"message_type": "email", "create_uid": ODOOBOT, "date": "2001-01-01 00:00:00", "body": body}
    return message(ident, minutes, author, **(came | values))


def tracking(ident: int, of: int, label: str, old: Any, new: Any, column: str = "integer") -> dict[str, Any]:
    empty: dict[str, Any] = {}
    for side in ("old", "new"):
        empty |= {f"{side}_value_{name}": False for name in ("text", "datetime")}
        empty |= {f"{side}_value_integer": 0, f"{side}_value_float": 0.0, f"{side}_value_char": ""}
    reported = {f"old_value_{column}": old, f"new_value_{column}": new}
    row = {"id": ident, "mail_message_id": [of, False], "field_id": [3500 + ident, f"{label} (Helpdesk Ticket)"]}
    return row | empty | reported


def change(ident: int, minutes: float, author: int) -> dict[str, Any]:
    """The notification that carries tracked changes."""
    return message(ident, minutes, author, message_type="notification", subtype_id=NOTE)


def snapshot(ticket: dict[str, Any], *messages: dict[str, Any], trackings: Any = (), **more: Any) -> TicketSnapshot:
    usual = {"partners": PARTNERS, "users": USERS, "me": IntegrationUser(BRIDGE, P_BRIDGE), "catalog": CATALOG}
    return TicketSnapshot(ticket, messages, trackings, **(usual | more))


def seen(
    ticket: dict[str, Any],
    *messages: dict[str, Any],
    before: Ticket | None = None,
    connection: Connection = WIRED,
    **more: Any,
) -> Ticket:
    return to_ticket(REF, snapshot(ticket, *messages, **more), connection, before)


def changes(ticket: Ticket, field: str) -> list[tuple[float, Any, Any, str]]:
    """Minutes since creation, old, new and the role of who did it."""
    found = [entry for entry in ticket.timeline if isinstance(entry, Changed) and entry.field == field]
    return [((e.at - START) / timedelta(minutes=1), e.old, e.new, e.actor.role.value) for e in found]
