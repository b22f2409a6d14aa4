"""The account as it is at the start: people by their roles, groups, fields, statuses, and the names for their ids.

A seed file is a JSON object with any of ``groups``, ``organizations``, ``users``, ``ticket_fields``,
``custom_statuses`` (records as the API writes them; ids may be left out) and ``tickets``
(``{"by": address, "channel": "phone", "ticket": {...}}``). A table that the file leaves out is taken from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bridge.sandbox import people
from bridge.sandbox.auth import Client
from bridge.sandbox.state import TABLES, Record

if TYPE_CHECKING:
    from bridge.sandbox.house import House

INTEGRATION_EMAIL = "bridge@vendor.example"
CLIENT = Client(
    id="policybridge_sandbox",
    secret="sandbox-secret-for-loopback-only",  # noqa: S106 - worth nothing outside this process
    owner_email=INTEGRATION_EMAIL,
    api_token="sandbox-api-token-for-loopback-only",  # noqa: S106
)

_GROUPS = {
    "tier_1": (4101, "Support, tier 1"),
    "tier_2": (4102, "Support, tier 2"),
    "tier_3": (4103, "Support, tier 3"),
    "japanese": (4104, "Support, Japanese"),
}
_ORGANIZATIONS = {
    "acme": (5101, "Acme", "acme.example"),
    "sample_bank": (5102, "Sample Bank", "bank.example"),
    "example_air": (5103, "Example Air", "air.example"),
    "nihon_sample": (5104, "Nihon Sample", "nihon.example"),
}
_STAFF = {
    "integration": (6100, "Policybridge", INTEGRATION_EMAIL, "admin", ("tier_1", "tier_2", "tier_3", "japanese")),
    "agent_1": (6101, "Agent, tier 1", "agent1@vendor.example", "agent", ("tier_1",)),
    "agent_1b": (6102, "Second agent, tier 1", "agent1b@vendor.example", "agent", ("tier_1", "tier_2")),
    "agent_2": (6103, "Agent, tier 2", "agent2@vendor.example", "agent", ("tier_2",)),
    "agent_3": (6104, "Agent, tier 3", "agent3@vendor.example", "agent", ("tier_3",)),
    "agent_ja": (6105, "Agent, Japanese desk", "agent.ja@vendor.example", "agent", ("japanese", "tier_1")),
    "account_manager": (6110, "Account manager", "am@vendor.example", "agent", ("tier_1",)),
    "customer_service_manager": (6111, "Customer service manager", "csm@vendor.example", "agent", ("tier_1",)),
    "customer_service_director": (6112, "Customer service director", "csd@vendor.example", "agent", ("tier_1",)),
    "support_manager": (6113, "Support manager", "sm@vendor.example", "agent", ("tier_1",)),
    "coo": (6114, "Chief operating officer", "coo@vendor.example", "agent", ("tier_1",)),
}
_CUSTOMERS = {
    "helpdesk_acme": (7101, "Help desk, Acme", "helpdesk@acme.example", "acme", "en-US"),
    "employee_acme": (7102, "Employee, Acme", "employee@acme.example", "acme", "en-US"),
    "helpdesk_bank": (7103, "Help desk, Sample Bank", "helpdesk@bank.example", "sample_bank", "en-GB"),
    "helpdesk_air": (7104, "Help desk, Example Air", "helpdesk@air.example", "example_air", "en-US"),
    "helpdesk_nihon": (7105, "Help desk, Nihon Sample", "helpdesk@nihon.example", "nihon_sample", "ja"),
}
_ROLES = (
    "account_manager",
    "customer_service_manager",
    "customer_service_director",
    "customer_service_management",
    "support_manager",
    "coo",
)
_FACTS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "affected": (3101, "Affected share", ("all", "significant", "small", "individual")),
    "impact": (3102, "Impact", ("catastrophic", "major", "significant", "minor")),
    "company": (3103, "Company", ()),
    "contact": (3104, "Contact", ()),
    "preferred_contact": (3105, "Preferred means of contact", ()),
    "device": (3106, "Device, operating system", ()),
    "username": (3107, "User or device name", ()),
    "devices_affected": (3108, "Devices affected", ()),
}
_WRITTEN = {
    "severity": (3201, "Severity"),
    "proposed_severity": (3202, "Proposed severity"),
    "next_due": (3203, "Next due: what"),
    "next_due_at": (3204, "Next due: when"),
    "escalation_stage": (3205, "Escalation stage"),
    "clause": (3206, "Governing clause"),
    "closure_at": (3207, "Closes at"),
}
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
        "facts": _FACTS,
        "fields": _WRITTEN,
        "statuses": _STATUSES,
        "groups": _GROUPS,
        "organizations": _ORGANIZATIONS,
        "users": {**_STAFF, **_CUSTOMERS},
    }
    return {f"{table}.{name}": row[0] for table, rows in tables.items() for name, row in rows.items()}


def words(fact: str) -> dict[str, str]:
    """Option tag -> canonical word of a dropdown fact; empty for a free one. Tags are unique in an account."""
    return {f"{fact}_{value}": value for value in _FACTS[fact][2]}


def accounts() -> list[Record]:
    """What a contract would say of the seeded organizations: help-desk contacts, roles, time zone."""
    roles = {role: _STAFF[role if role in _STAFF else "customer_service_manager"][2] for role in _ROLES}
    zones = {"nihon_sample": "Asia/Tokyo", "sample_bank": "Europe/London"}
    return [
        {
            "organization_id": ident,
            "name": name,
            "contacts": [row[2] for key, row in _CUSTOMERS.items() if row[3] == key_of and "helpdesk" in key],
            "roles": roles,
            "time_zone": zones.get(key_of, "America/New_York"),
        }
        for key_of, (ident, name, _) in _ORGANIZATIONS.items()
    ]


def standard() -> Record:
    """The seed of the demo and of most tests."""
    return {
        "groups": [{"id": ident, "name": name, "default": key == "tier_1"} for key, (ident, name) in _GROUPS.items()],
        "organizations": [
            {"id": ident, "name": name, "domain_names": [domain]} for ident, name, domain in _ORGANIZATIONS.values()
        ],
        "users": [*_staff(), *_customers()],
        "ticket_fields": list(_fields()),
        "custom_statuses": [
            {"id": ident, "status_category": category, "agent_label": label, "default": default}
            for ident, category, label, default in _STATUSES.values()
        ],
        "tickets": [],
    }


def plant(house: House, seed: Record) -> None:
    """Fill an empty account from a seed."""
    seed = {**standard(), **seed}
    for table in TABLES:
        for record in seed[table]:
            private = {f"_{key}": value for key, value in record.items() if table == "users" and key == "groups"}
            house.state.add(
                table, {**{key: value for key, value in record.items() if f"_{key}" not in private}, **private}
            )
    for request in seed["tickets"]:
        people.ask(house, request["by"], request.get("channel", "email"), request["ticket"])


def _staff() -> Iterator[Record]:
    for ident, name, email, role, groups in _STAFF.values():
        own = [_GROUPS[group][0] for group in groups]
        yield {"id": ident, "name": name, "email": email, "role": role, "default_group_id": own[0], "groups": own}


def _customers() -> Iterator[Record]:
    for number, (ident, name, email, organization, locale) in enumerate(_CUSTOMERS.values()):
        about = {"organization_id": _ORGANIZATIONS[organization][0], "locale": locale, "phone": f"+1555010{number:04d}"}
        yield {"id": ident, "name": name, "email": email, **about}


def _fields() -> Iterator[Record]:
    for fact, (ident, title, values) in _FACTS.items():
        if values:
            options = [{"name": value.capitalize(), "value": tag} for tag, value in words(fact).items()]
            yield {"id": ident, "type": "tagger", "title": title, "custom_field_options": options}
        else:
            yield {"id": ident, "type": "text", "title": title}
    for ident, title in _WRITTEN.values():
        yield {"id": ident, "type": "text", "title": title}
