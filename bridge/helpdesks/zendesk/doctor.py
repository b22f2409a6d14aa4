"""``doctor`` for Zendesk: checks that everything the connection names exists, and that the rights are sufficient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Any

from bridge.config.zendesk_settings import API_TOKEN_END, ZendeskSettings
from bridge.errors import BridgeError, Gone
from bridge.helpdesks.account_values import MANY_ORGANIZATIONS, unusable_values
from bridge.helpdesks.field_options import check_options
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.helpdesks.zendesk.webhook_deliveries import failing_webhooks
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Diagnosis
from mappings.coercion import json_objects
from mappings.connection import Connection
from mappings.field_sources import VendorRef
from mappings.zendesk.account import to_account
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
_TYPES = {"problem", "incident", "question", "task"}
_WRITABLE = {"text", "textarea", "tagger", "integer", "decimal", "regexp"}

Check = Callable[[ZendeskClient, ZendeskSettings, Connection], Iterator[Diagnosis]]


def run_checks(
    client: ZendeskClient, settings: ZendeskSettings, connection: Connection, policies: Sequence[Policy] = ()
) -> Iterable[Diagnosis]:
    """Run all checks. A check that fails with an error of Zendesk is reported as a problem itself."""
    checks = _CHECKS | {"options of fields": partial(_options, policies)}
    for subject, check in checks.items():
        try:
            yield from check(client, settings, connection)
        except BridgeError as error:
            yield Diagnosis(subject, ok=False, advice=str(error))


def missing_names(client: ZendeskClient, settings: ZendeskSettings, connection: Connection) -> list[str]:
    """Fields, groups, brands, forms and statuses that a connection names and that cannot be used."""
    return [
        f"{each.subject}: {each.advice}"
        for check in (_fields, _groups, _brands_and_forms, _statuses)
        for each in check(client, settings, connection)
        if not each.ok
    ]


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
        advice = f"{_tokens_end(client)}; set ZENDESK_OAUTH_CLIENT_ID and _SECRET instead"
        yield Diagnosis("API token", ok=False, advice=advice)


def _tokens_end(client: ZendeskClient) -> str:
    """When API tokens stop working, and how many days are left by Zendesk's own clock."""
    _, today = client.get_with_time("users/me.json")
    left = (API_TOKEN_END - today.date()).days if today else None
    days = f", {left} {'day' if left == 1 else 'days'} from today" if left and left > 0 else ""
    return f"API tokens stop working on {API_TOKEN_END:%-d %B %Y}{days}"


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


def _options(
    policies: Sequence[Policy], client: ZendeskClient, _: ZendeskSettings, connection: Connection
) -> Iterator[Diagnosis]:
    """Whether every option of the fields means something, and every translation is of an option."""
    named = {field for _, field in connection.named_fields()}
    options: dict[VendorRef, list[str]] = {}
    for field in client.pages("ticket_fields.json", "ticket_fields") if named else ():
        values = [str(option.get("value")) for option in json_objects(field.get("custom_field_options"))]
        if values and field.get("id") in named:
            options[int(field["id"])] = values
    yield from check_options(policies, connection, options)
    if connection.type and connection.type.field is None and (wrong := connection.type.values.keys() - _TYPES):
        listed = f"{', '.join(sorted(wrong))}: no type of a ticket; allowed: {', '.join(sorted(_TYPES))}"
        yield Diagnosis("type.values", ok=False, advice=listed)


def _brands_and_forms(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    for section, path in (("brands", "brands"), ("forms", "ticket_forms")):
        if named := getattr(connection, section):
            found = {int(record["id"]): str(record.get("name")) for record in client.pages(f"{path}.json", path)}
            for name, number in named.items():
                missing = f"{path.replace('_', ' ').removesuffix('s')} {number} does not exist; see Admin Center"
                yield Diagnosis(f"{section}.{name}", number in found, found.get(number, missing))


def _organizations(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    """Whether the fields exist, and what the organizations hold and nobody can use."""
    if fields := connection.organizations.named_fields():
        there = {str(field.get("key")) for field in client.pages("organization_fields.json", "organization_fields")}
        for where, field in fields.items():
            missing = f"organizations have no field {field}; see Admin Center > Organization fields"
            yield Diagnosis(where, field in there, "exists" if field in there else missing)
    if connection.organizations.sources():
        some = islice(client.pages("organizations.json", "organizations"), MANY_ORGANIZATIONS)
        yield from unusable_values(to_account(organization, (), connection) for organization in some)


def _people(client: ZendeskClient, _: ZendeskSettings, connection: Connection) -> Iterator[Diagnosis]:
    for where, who in connection.people.named():
        if not _is_user(client, who):
            advice = f"Zendesk has no user {who}; correct it, unless this person has not written yet"
            yield Diagnosis(where, ok=True, advice=advice, warns=True)
    if roles := connection.people.automated_roles:
        there = {int(role["id"]) for role in client.pages("custom_roles.json", "custom_roles")}
        for role in roles:
            if role not in there:
                advice = f"custom role {role} does not exist; see Admin Center > Team members > Roles"
                yield Diagnosis("people.automated_roles", ok=False, advice=advice)


def _is_user(client: ZendeskClient, who: str) -> bool:
    path, key = ("users/show_many.json", "ids") if who.isdecimal() else ("users/search.json", "query")
    with suppress(Gone):
        return bool(json_objects(client.get(path, **{key: who}).get("users")))
    return False


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
            "webhook secret",
            ok=False,
            advice=f"set {settings.prefix}WEBHOOK_SECRET_FILE to the file that `install` writes, or "
            f"{settings.prefix}WEBHOOK_SECRET; without it every delivery is refused",
        )
    hooks = [hook for hook in client.pages("webhooks", "webhooks") if hook.get("status") == "active"]
    subscribed = {str(name) for hook in hooks for name in hook.get("subscriptions") or ()}
    events = {name.removeprefix(EVENT) for name in subscribed if name.startswith(EVENT)}
    by_trigger = TRIGGERED in subscribed and not events
    missing = [EVENT + name for name in WANTED_EVENTS if name not in events and not by_trigger]
    advice = "an active webhook sends ticket events; check that its endpoint is this bridge"
    if missing:
        install = "`policybridge install zendesk` creates one, or switches its own on again"
        none = f"no active webhook sends ticket events; {install}"
        advice = f"also subscribe it to {', '.join(missing)}" if events else none
    yield Diagnosis("webhook", ok=not missing, advice=advice)
    yield from failing_webhooks(client, hooks)


_CHECKS: dict[str, Check] = {
    "credentials": _credentials,
    "audit trail": _audits,
    "ticket fields": _fields,
    "brands and forms": _brands_and_forms,
    "organizations": _organizations,
    "groups": _groups,
    "people": _people,
    "statuses": _statuses,
    "webhook": _webhooks,
}
