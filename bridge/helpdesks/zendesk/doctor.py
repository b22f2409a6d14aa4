"""``doctor`` for Zendesk: does what the connection names exist, and may we do what we have to?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from bridge.config.settings import API_TOKEN_END, ZendeskSettings
from bridge.errors import BridgeError
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection
from mappings.field_sources import VendorRef
from mappings.zendesk.vocabulary import vocabulary

TRIGGERED = "conditional_ticket_events"
EVENT = "zen:event-type:ticket."
WANTED_EVENTS = (
    "created",
    "comment_added",
    "status_changed",
    "custom_status_changed",
    "priority_changed",
    "type_changed",
    "tags_changed",
    "custom_field_changed",
    "agent_assignment_changed",
    "group_assignment_changed",
    "organization_changed",
)
"""Ticket events after which a policy may decide otherwise."""
_WRITABLE = {"text", "textarea", "tagger", "integer", "decimal", "regexp"}

Check = Callable[[ZendeskClient, ZendeskSettings, Connection], Iterator[Diagnosis]]


def run_checks(client: ZendeskClient, settings: ZendeskSettings, connection: Connection) -> Iterable[Diagnosis]:
    """All checks; one that cannot be made because Zendesk answers with an error is an ailment itself."""
    for subject, check in _CHECKS.items():
        try:
            yield from check(client, settings, connection)
        except BridgeError as error:
            yield Diagnosis(subject, ok=False, advice=str(error))


def _credentials(client: ZendeskClient, settings: ZendeskSettings, _: Connection) -> Iterator[Diagnosis]:
    me = client.zenpy.users.me()
    role = str(getattr(me, "role", ""))
    well = role in ("agent", "admin")
    yield Diagnosis(
        "credentials", well, f"signed in as {me.email} ({role})" if well else "use an agent's or admin's OAuth client"
    )
    if role != "admin":
        yield Diagnosis(
            "catch-up sweep",
            ok=False,
            advice="the incremental export needs an admin; without it lost webhooks stay lost",
        )
    if settings.is_legacy:
        advice = f"API tokens stop working on {API_TOKEN_END}; set ZENDESK_OAUTH_CLIENT_ID and _SECRET instead"
        yield Diagnosis("API token", ok=False, advice=advice)


def _reading(client: ZendeskClient, *_: object) -> Iterator[Diagnosis]:
    first = next(iter(islice(client.pages("tickets.json", "tickets", **{"page[size]": 1}), 1)), None)
    if first is None:
        yield Diagnosis("audit trail", ok=True, advice="no ticket there yet to try it on")
        return
    client.get(f"tickets/{first['id']}/audits.json")
    yield Diagnosis("audit trail", ok=True, advice="tickets and their audits can be read")


def _fields(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    found: dict[VendorRef, Any] = {int(field.id): field for field in client.zenpy.ticket_fields()}
    for where, number in sorted(connection.named_fields()):
        field = found.get(number)
        if field is None:
            yield Diagnosis(where, ok=False, advice=f"there is no ticket field {number}; see Admin Center > Fields")
        elif not field.active:
            yield Diagnosis(where, ok=False, advice=f"ticket field {number} ({field.title}) is inactive; activate it")
        elif where.startswith("fields.") and field.type not in _WRITABLE:
            yield Diagnosis(
                where, ok=False, advice=f"ticket field {number} is a {field.type}; use a text or dropdown field"
            )
        else:
            yield Diagnosis(where, ok=True, advice=f"{field.title} ({field.type})")


def _groups(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    found: dict[VendorRef, str] = {int(group.id): group.name for group in client.zenpy.groups()}
    named = {f"tiers.{tier}": number for tier, groups in connection.tiers.items() for number in groups}
    named |= {f"groups.{name}": number for name, number in connection.groups.items()}
    for where, number in named.items():
        name = found.get(number)
        yield Diagnosis(where, name is not None, name or f"there is no group {number}; see Admin Center > Groups")


def _statuses(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    if not connection.statuses:
        return
    found: dict[VendorRef, Any] = {int(status.id): status for status in client.zenpy.custom_statuses()}
    for canonical, ids in connection.statuses.items():
        for number in ids:
            yield _status(f"statuses.{canonical}", number, found.get(number), vocabulary().written_status[canonical])


def _status(where: str, number: VendorRef, found: Any, category: str) -> Diagnosis:
    if found is None:
        return Diagnosis(
            where, ok=False, advice=f"there is no custom status {number}; see Admin Center > Ticket statuses"
        )
    if not found.active:
        return Diagnosis(
            where, ok=False, advice=f"custom status {number} ({found.agent_label}) is inactive; activate it"
        )
    remark = "" if found.status_category == category else f"; usual would be {category}"
    return Diagnosis(where, ok=True, advice=f"{found.agent_label}, category {found.status_category}{remark}")


def _webhooks(client: ZendeskClient, settings: ZendeskSettings, _: Connection) -> Iterator[Diagnosis]:
    if not settings.webhook_secrets:
        yield Diagnosis(
            "webhook secret", ok=False, advice="set ZENDESK_WEBHOOK_SECRET; until then every delivery is refused"
        )
    hooks = [hook for hook in client.pages("webhooks", "webhooks") if hook.get("status") == "active"]
    subscribed = {str(name) for hook in hooks for name in hook.get("subscriptions") or ()}
    events = {name.removeprefix(EVENT) for name in subscribed if name.startswith(EVENT)}
    missing = [name for name in WANTED_EVENTS if name not in events]
    if events and missing:
        yield Diagnosis(
            "webhook", ok=False, advice=f"subscribe it to {', '.join(EVENT + name for name in missing)} as well"
        )
    elif events or TRIGGERED in subscribed:
        yield Diagnosis("webhook", ok=True, advice="an active webhook tells of tickets; does its endpoint lead here?")
    else:
        yield Diagnosis("webhook", ok=False, advice="no active webhook tells of tickets; create one for ticket events")


_CHECKS: dict[str, Check] = {
    "credentials": _credentials,
    "audit trail": _reading,
    "ticket fields": _fields,
    "groups": _groups,
    "statuses": _statuses,
    "webhook": _webhooks,
}
