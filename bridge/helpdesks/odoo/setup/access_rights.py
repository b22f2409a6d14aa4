"""The rights of the integration user, and the one that may be granted: to read the history of tickets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.odoo.setup.context import SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, cell, reference
from bridge.ports.helpdesk import Diagnosis
from mappings.odoo.schema import MODEL, Flavour
from mappings.odoo.snapshot import IntegrationUser

HISTORY = {"mail.tracking.value": "field_id.model", "ir.model.fields": "model"}
"""Models with the history, and their field for the model it is about. Only administrators may read them."""
USERS: dict[Flavour, tuple[str, str]] = {
    "community": ("helpdesk_mgmt", "group_helpdesk_user"),
    "enterprise": ("helpdesk", "group_helpdesk_user"),
}
"""External id of the group that has all rights the bridge needs."""
ADMINISTRATORS = ("base", "group_system")
_GROUP = "group_history"
_APPROXIMATE = "changes of stage and assignee get the time of the review that finds them"


def ensure_access_rights(context: SetupContext, me: IntegrationUser) -> Iterator[InstallLine]:
    """Grant the right to read the history if that is allowed, and report missing or excessive rights."""
    users = "user_ids" if "user_ids" in context.fields_of("res.groups") else "users"
    group = history_group([me.uid], users)
    there = context.external_ids.present([group])
    if "field_id" not in context.fields_of("mail.tracking.value"):
        yield Diagnosis(
            "history",
            ok=True,
            advice=f"cannot be read before Odoo 17; {_APPROXIMATE}",
        )
    elif context.options.history:
        members = {me.uid, *(uid for record in there.values() for uid in record[users])}
        models = context.model_ids(HISTORY)
        yield from context.ensure([history_group(members, users)])
        yield from context.ensure(history_access(models))
        yield from context.ensure(history_rules(models))
    elif not there:
        advice = f"{_APPROXIMATE}; --history lets the bridge read their time and author"
        yield Diagnosis("history", ok=True, advice=advice)
    yield from _groups(context, me)


def _groups(context: SetupContext, me: IntegrationUser) -> Iterator[Diagnosis]:
    subject = f"user {me.login}"
    groups_field = "all_group_ids" if "all_group_ids" in context.fields_of("res.users") else "groups_id"
    module, name = USERS[context.schema.flavour]
    if not _is_member(context, me, groups_field, USERS[context.schema.flavour]):
        advice = f"lacks the group {module}.{name}: give it the right Helpdesk: User under Settings > Users"
        yield Diagnosis(subject, ok=False, advice=advice)
    elif _is_member(context, me, groups_field, ADMINISTRATORS):
        yield Diagnosis(subject, ok=True, advice="is an administrator; the right Helpdesk: User is sufficient")


def _is_member(context: SetupContext, me: IntegrationUser, groups_field: str, group: tuple[str, str]) -> bool:
    domain = [("module", "=", group[0]), ("name", "=", group[1]), ("model", "=", "res.groups")]
    found = context.client.search_read("ir.model.data", domain, ["res_id"], order="id")
    ids = [row["res_id"] for row in found]
    return bool(context.client.search_count("res.users", [("id", "=", me.uid), (groups_field, "in", ids)]))


def history_group(members: Iterable[int], users: str) -> SetupRecord:
    """A group that may only read the history of tickets. ``users``: the field for its members in this version."""
    columns = {"name": "Policybridge: history of tickets", f"{users}/.id": cell(set(members))}
    why = "its members can read who changed what on tickets, and when; the integration user is a member"
    return SetupRecord("res.groups", _GROUP, columns["name"], why, columns, frozenset({f"{users}/.id"}))


def history_access(model_ids: Mapping[str, int]) -> list[SetupRecord]:
    """The access rights of the group: to read."""
    return [
        SetupRecord(
            "ir.model.access",
            f"access_{model.replace('.', '_')}",
            f"Policybridge: {model}",
            f"lets the group read {model}",
            {
                "name": f"Policybridge: {model}",
                "model_id/.id": str(model_ids[model]),
                "group_id/id": reference(_GROUP),
                "perm_read": "1",
                "perm_write": "",
                "perm_create": "",
                "perm_unlink": "",
            },
        )
        for model in HISTORY
    ]


def history_rules(model_ids: Mapping[str, int]) -> list[SetupRecord]:
    """The record rules of the group: only the history of tickets, not that of salaries and prices."""
    return [
        SetupRecord(
            "ir.rule",
            f"rule_{model.replace('.', '_')}",
            f"Policybridge: {model}",
            "limits the group to the history of tickets",
            {
                "name": f"Policybridge: {model}",
                "model_id/.id": str(model_ids[model]),
                "groups/id": reference(_GROUP),
                "domain_force": str([(about, "=", MODEL)]),
            },
        )
        for model, about in HISTORY.items()
    ]
