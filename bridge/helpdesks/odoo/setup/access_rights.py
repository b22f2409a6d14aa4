"""What the integration user may do, and the one right that has to be given: to read the history of tickets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.odoo.setup.context import SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, cell, reference
from bridge.ports.helpdesk import Diagnosis
from mappings.odoo.actors import IntegrationUser
from mappings.odoo.schema import MODEL, Flavour

HISTORY = {"mail.tracking.value": "field_id.model", "ir.model.fields": "model"}
"""What holds the history, and where it says which kind of record it is about; administrators alone may read it."""
USERS: dict[Flavour, tuple[str, str]] = {
    "community": ("helpdesk_mgmt", "group_helpdesk_user"),
    "enterprise": ("helpdesk", "group_helpdesk_user"),
}
"""The group that is enough for the bridge, by its external id."""
ADMINISTRATORS = ("base", "group_system")
_GROUP = "group_history"


def ensure_access_rights(site: SetupContext, me: IntegrationUser) -> Iterator[InstallLine]:
    """The right to read the history, if that is wished; and a word on what else the user may do or may not."""
    users = "user_ids" if "user_ids" in site.fields_of("res.groups") else "users"
    group = history_group([me.uid], users)
    there = site.registry.present([group])
    if "field_id" not in site.fields_of("mail.tracking.value"):
        yield Diagnosis("history", ok=True, advice="cannot be read before Odoo 17; changes are dated by our looks")
    elif site.options.history:
        members = {me.uid, *(uid for record in there.values() for uid in record[users])}
        models = site.model_ids(HISTORY)
        yield from site.ensure([history_group(members, users)])
        yield from site.ensure(history_access(models))
        yield from site.ensure(history_rules(models))
    elif not there:
        advice = "changes of stage and assignee are dated by the look that finds them; --history lets the bridge read"
        yield Diagnosis("history", ok=True, advice=f"{advice} when they happened, and who made them")
    yield from _groups(site, me)


def _groups(site: SetupContext, me: IntegrationUser) -> Iterator[Diagnosis]:
    subject = f"user {me.login}"
    held = "all_group_ids" if "all_group_ids" in site.fields_of("res.users") else "groups_id"
    module, name = USERS[site.schema.flavour]
    if not _is_member(site, me, held, USERS[site.schema.flavour]):
        advice = f"lacks the group {module}.{name}: give it the Helpdesk right User, under Settings > Users"
        yield Diagnosis(subject, ok=False, advice=advice)
    elif _is_member(site, me, held, ADMINISTRATORS):
        yield Diagnosis(
            subject, ok=True, advice="is an administrator; the Helpdesk right User is enough for the bridge"
        )


def _is_member(site: SetupContext, me: IntegrationUser, held: str, group: tuple[str, str]) -> bool:
    domain = [("module", "=", group[0]), ("name", "=", group[1]), ("model", "=", "res.groups")]
    found = site.client.search_read("ir.model.data", domain, ["res_id"], order="id")
    ids = [row["res_id"] for row in found]
    return bool(site.client.search_count("res.users", [("id", "=", me.uid), (held, "in", ids)]))


def history_group(members: Iterable[int], users: str) -> SetupRecord:
    """A group that reads the history of tickets and nothing else; ``users`` holds its members in this version."""
    columns = {"name": "Policybridge: history of tickets", f"{users}/.id": cell(set(members))}
    why = "its members read who changed what on tickets, and when; the integration user is one"
    return SetupRecord("res.groups", _GROUP, columns["name"], why, columns, frozenset({f"{users}/.id"}))


def history_access(model_ids: Mapping[str, int]) -> list[SetupRecord]:
    """The group may read."""
    return [
        SetupRecord(
            "ir.model.access",
            f"access_{model.replace('.', '_')}",
            f"Policybridge: {model}",
            f"the group may read {model}",
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
    """The group reads only what is about tickets: changes of salaries and prices stand in the same table."""
    return [
        SetupRecord(
            "ir.rule",
            f"rule_{model.replace('.', '_')}",
            f"Policybridge: {model}",
            "and only what is about tickets",
            {
                "name": f"Policybridge: {model}",
                "model_id/.id": str(model_ids[model]),
                "groups/id": reference(_GROUP),
                "domain_force": str([(about, "=", MODEL)]),
            },
        )
        for model, about in HISTORY.items()
    ]
