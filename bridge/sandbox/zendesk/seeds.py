"""The account as it is at the start: people by their roles, groups, fields, statuses, and the names for their ids.

A seed file is a JSON object with any of ``groups``, ``organizations``, ``users``, ``ticket_fields``,
``custom_statuses`` (records as the API writes them; ids may be left out) and ``tickets``
(``{"by": address, "channel": "phone", "ticket": {...}}``). A table that the file leaves out is taken from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.sandbox.personas import CUSTOMERS, FACTS, GROUPS, INTEGRATION, ORGANIZATIONS, STAFF
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.auth import Client

INTEGRATION_EMAIL = INTEGRATION
CLIENT = Client(
    id="policybridge_sandbox",
    secret="sandbox-secret-for-loopback-only",  # noqa: S106 - worth nothing outside this process
    owner_email=INTEGRATION_EMAIL,
    api_token="sandbox-api-token-for-loopback-only",  # noqa: S106
)
ADMIN_EMAIL = "admin@vendor.example"
ADMIN_CLIENT = Client(
    id="policybridge_setup",
    secret="sandbox-setup-secret-for-loopback-only",  # noqa: S106 - worth nothing outside this process
    owner_email=ADMIN_EMAIL,
    api_token=CLIENT.api_token,
)
"""The client of an administrator, for setting up the account."""

_ROLES = (
    "account_manager",
    "customer_service_manager",
    "customer_service_director",
    "customer_service_management",
    "support_manager",
    "coo",
)
_WRITTEN = {
    "severity": (3201, "Severity"),
    "proposed_severity": (3202, "Proposed severity"),
    "next_due": (3203, "Next due: what"),
    "next_due_at": (3204, "Next due: when"),
    "escalation_stage": (3205, "Escalation stage"),
    "clause": (3206, "Governing clause"),
    "closure_at": (3207, "Closes at"),
}
NOTIFY: Record = {
    "id": 35079792,
    "title": "Notify requester and CCs of comment update",
    "raw_title": "Notify requester and CCs of comment update",
    "category_id": "10026",
    "default": True,
    "conditions": {
        "all": [
            {"field": "update_type", "operator": "is", "value": "Change"},
            {"field": "comment_is_public", "operator": "is", "value": "not_relevant"},
        ],
        "any": [],
    },
    "actions": [
        {"field": "notification_user", "value": ["requester_and_ccs", "Re: {{ticket.title}}", "{{ticket.comments}}"]}
    ],
}
"""The standard trigger that mails public comments to the requester."""
FORMS = {"default": (8101, "Default ticket form"), "incident": (8102, "Incident")}
_STATUSES = {
    "new": (2101, "new", "New", True),
    "open": (2102, "open", "Assigned", True),
    "in_progress": (2103, "open", "In Progress", False),
    "waiting_customer": (2104, "pending", "Awaiting information", True),
    "customer_update_required": (2105, "pending", "Customer Update Required", False),
    "waiting_internal": (2106, "hold", "Waiting internally", True),
    "waiting_development": (2107, "hold", "With development", False),
    "solved": (2108, "solved", "Resolved", True),
}


def connection() -> dict[str, int]:
    """Names for the ids of the seed, as a connection file needs them.

    ``facts.<fact>``, ``fields.<written field>``, ``statuses.<canonical status>``, ``groups.<tier_n or japanese>``,
    ``organizations.<name>`` and ``users.<role or name>``.
    """
    tables: dict[str, dict[str, Any]] = {
        "facts": FACTS,
        "fields": _WRITTEN,
        "statuses": _STATUSES,
        "groups": GROUPS,
        "organizations": ORGANIZATIONS,
        "users": {**STAFF, **CUSTOMERS},
    }
    return {f"{table}.{name}": row[0] for table, rows in tables.items() for name, row in rows.items()}


def option_tags(fact: str) -> dict[str, str]:
    """Option tag -> canonical word of a dropdown fact; empty for a free one. Tags are unique in an account."""
    return {f"{fact}_{value}": value for value in FACTS[fact][2]}


def accounts() -> list[Record]:
    """What a contract would say of the seeded organizations: help-desk contacts, roles, time zone."""
    roles = {role: STAFF[role if role in STAFF else "customer_service_manager"][2] for role in _ROLES}
    zones = {"nihon_sample": "Asia/Tokyo", "sample_bank": "Europe/London"}
    return [
        {
            "organization_id": ident,
            "name": name,
            "contacts": [row[2] for key, row in CUSTOMERS.items() if row[3] == key_of and "helpdesk" in key],
            "roles": roles,
            "time_zone": zones.get(key_of, "America/New_York"),
        }
        for key_of, (ident, name, _) in ORGANIZATIONS.items()
    ]


def standard() -> Record:
    """The seed of the demo and of most tests."""
    return {
        "groups": [{"id": ident, "name": name, "default": key == "tier_1"} for key, (ident, name) in GROUPS.items()],
        "organizations": [
            {"id": ident, "name": name, "domain_names": [domain]} for ident, name, domain in ORGANIZATIONS.values()
        ],
        "users": [*_staff(), *_customers()],
        "ticket_fields": list(_fields()),
        "custom_statuses": [
            {"id": ident, "status_category": category, "agent_label": label, "default": default}
            for ident, category, label, default in _STATUSES.values()
        ],
        "ticket_forms": [
            {
                "id": ident,
                "name": name,
                "default": key == "default",
                "ticket_field_ids": [row[0] for row in FACTS.values()],
            }
            for key, (ident, name) in FORMS.items()
        ],
        "views": [],
        "triggers": [NOTIFY],
        "automations": [],
        "macros": [],
        "tickets": [],
    }


def _staff() -> Iterator[Record]:
    for ident, name, email, role, groups in STAFF.values():
        own = [GROUPS[group][0] for group in groups]
        yield {"id": ident, "name": name, "email": email, "role": role, "default_group_id": own[0], "groups": own}
    yield {"id": 6190, "name": "Administrator", "email": ADMIN_EMAIL, "role": "admin", "groups": []}


def _customers() -> Iterator[Record]:
    for number, (ident, name, email, organization, locale) in enumerate(CUSTOMERS.values()):
        about = {"organization_id": ORGANIZATIONS[organization][0], "locale": locale, "phone": f"+1555010{number:04d}"}
        yield {"id": ident, "name": name, "email": email, **about}


def _fields() -> Iterator[Record]:
    for fact, (ident, title, values) in FACTS.items():
        if values:
            options = [{"name": value.capitalize(), "value": tag} for tag, value in option_tags(fact).items()]
            yield {"id": ident, "type": "tagger", "title": title, "custom_field_options": options}
        else:
            yield {"id": ident, "type": "text", "title": title}
    for ident, title in _WRITTEN.values():
        yield {"id": ident, "type": "text", "title": title}
