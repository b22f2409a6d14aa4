"""Reads an account's own rules, and what they refer to by id: everything as Zendesk's lists have it.

https://developer.zendesk.com/api-reference/ticketing/business-rules/sla_policies/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from bridge.config.zendesk_settings import load_zendesk_settings
from bridge.errors import Forbidden, GiveUp, Gone
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from mappings.connection import Connection

_LISTS: Mapping[str, str] = {
    "sla_policies": "slas/policies.json",
    "triggers": "triggers.json",
    "automations": "automations.json",
    "ticket_fields": "ticket_fields.json",
    "groups": "groups.json",
    "brands": "brands.json",
    "ticket_forms": "ticket_forms.json",
    "custom_statuses": "custom_statuses.json",
}
_SCHEDULES = "business_hours/schedules.json"


def read_documents(name: str, connection: Connection) -> dict[str, list[Any]]:
    """The account's rules; ``unreadable`` has the lists that Zendesk does not show to this user or on this plan.

    Raises ``InputError`` for settings that cannot be used, and :mod:`bridge.errors` when Zendesk cannot be read.
    """
    client = ZendeskClient(load_zendesk_settings(connection.env_prefix), name)
    reads: dict[str, tuple[str, Callable[[], Iterator[Json]]]] = {
        table: (path, partial(client.pages, path, table)) for table, path in _LISTS.items()
    }
    reads["schedules"] = (_SCHEDULES, partial(_schedules, client))
    documents: dict[str, list[Any]] = {"unreadable": []}
    for table, (path, read) in reads.items():
        try:
            documents[table] = list(read())
        except (Forbidden, Gone):
            documents[table] = []
            documents["unreadable"].append(path.removesuffix(".json"))
    documents["organizations"] = list(_organizations(client, documents["sla_policies"]))
    return documents


def _schedules(client: ZendeskClient) -> Iterator[Json]:
    """Schedules with their holidays; neither has pages."""
    for each in client.get(_SCHEDULES).get("schedules") or []:
        holidays = client.get(f"business_hours/schedules/{each['id']}/holidays.json").get("holidays") or []
        yield {**each, "holidays": holidays}


def _organizations(client: ZendeskClient, policies: list[Json]) -> Iterator[Json]:
    """Those that filters name; an account may have a million."""
    named = {ident for policy in policies for ident in _named_organizations(policy)}
    for ident in sorted(named):
        try:
            yield client.get(f"organizations/{ident}.json")["organization"]
        except GiveUp:  # deleted since; the filter that names it is reported
            continue


def _named_organizations(policy: Json) -> Iterator[str]:
    conditions: Mapping[str, Any] = policy.get("filter") or {}
    for each in [*(conditions.get("all") or ()), *(conditions.get("any") or ())]:
        if each.get("field") == "organization_id":
            value = each.get("value")
            yield from (str(ident) for ident in (value if isinstance(value, list) else [value]))
