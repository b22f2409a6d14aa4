"""``doctor`` for Zendesk: checks that everything the connection names exists, and that the rights are sufficient."""

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
    "requester_changed",
    "email_ccs_changed",
    "subject_changed",
    "description_changed",
    "form_changed",
    "brand_changed",
    "comment_made_private",
    "merged",
    "marked_as_spam",
    "soft_deleted",
    "undeleted",
)
"""Ticket events that can change a decision."""
_WRITABLE = {"text", "textarea", "tagger", "integer", "decimal", "regexp"}

Check = Callable[[ZendeskClient, ZendeskSettings, Connection], Iterator[Diagnosis]]


def run_checks(client: ZendeskClient, settings: ZendeskSettings, connection: Connection) -> Iterable[Diagnosis]:
    """Run all checks. A check that fails with an error of Zendesk is reported as a problem itself."""
    for subject, check in _CHECKS.items():
        try:
            yield from check(client, settings, connection)
        except BridgeError as error:
            yield Diagnosis(subject, ok=False, advice=str(error))


def _credentials(client: ZendeskClient, settings: ZendeskSettings, _: Connection) -> Iterator[Diagnosis]:
    me = client.zenpy.users.me()
    role = str(getattr(me, "role", ""))
    ok = role in ("agent", "admin")
    advice = f"signed in as {me.email} ({role})" if ok else "use the OAuth client of an agent or an admin"
    yield Diagnosis("credentials", ok, advice)
    if role != "admin":
        yield Diagnosis(
            "catch-up sweep",
            ok=False,
            advice="the incremental export requires an admin; without it, events whose webhooks are lost are missed",
        )
    if settings.is_legacy:
        advice = f"API tokens stop working on {API_TOKEN_END}; set ZENDESK_OAUTH_CLIENT_ID and _SECRET instead"
        yield Diagnosis("API token", ok=False, advice=advice)


def _audits(client: ZendeskClient, *_: object) -> Iterator[Diagnosis]:
    first = next(iter(islice(client.pages("tickets.json", "tickets", **{"page[size]": 1}), 1)), None)
    if first is None:
        yield Diagnosis("audit trail", ok=True, advice="not checked: the account has no ticket yet")
        return
    client.get(f"tickets/{first['id']}/audits.json")
    yield Diagnosis("audit trail", ok=True, advice="tickets and their audits can be read")


def _fields(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    found: dict[VendorRef, Any] = {int(field.id): field for field in client.zenpy.ticket_fields()}
    for where, number in sorted(connection.named_fields()):
        field = found.get(number)
        if field is None:
            yield Diagnosis(where, ok=False, advice=f"ticket field {number} does not exist; see Admin Center > Fields")
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
        yield Diagnosis(where, name is not None, name or f"group {number} does not exist; see Admin Center > Groups")


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
            where, ok=False, advice=f"custom status {number} does not exist; see Admin Center > Ticket statuses"
        )
    if not found.active:
        return Diagnosis(
            where, ok=False, advice=f"custom status {number} ({found.agent_label}) is inactive; activate it"
        )
    remark = "" if found.status_category == category else f" (usually {category})"
    return Diagnosis(where, ok=True, advice=f"{found.agent_label}, category {found.status_category}{remark}")


def _webhooks(client: ZendeskClient, settings: ZendeskSettings, _: Connection) -> Iterator[Diagnosis]:
    if not settings.webhook_secrets:
        yield Diagnosis(
            "webhook secret", ok=False, advice="set ZENDESK_WEBHOOK_SECRET; without it every delivery is refused"
        )
    hooks = [hook for hook in client.pages("webhooks", "webhooks") if hook.get("status") == "active"]
    subscribed = {str(name) for hook in hooks for name in hook.get("subscriptions") or ()}
    events = {name.removeprefix(EVENT) for name in subscribed if name.startswith(EVENT)}
    missing = [name for name in WANTED_EVENTS if name not in events]
    if events and missing:
        yield Diagnosis(
            "webhook", ok=False, advice=f"also subscribe it to {', '.join(EVENT + name for name in missing)}"
        )
    elif events or TRIGGERED in subscribed:
        yield Diagnosis(
            "webhook", ok=True, advice="an active webhook sends ticket events; check that its endpoint is this bridge"
        )
    else:
        yield Diagnosis("webhook", ok=False, advice="no active webhook sends ticket events; create one")


_CHECKS: dict[str, Check] = {
    "credentials": _credentials,
    "audit trail": _audits,
    "ticket fields": _fields,
    "groups": _groups,
    "statuses": _statuses,
    "webhook": _webhooks,
}
