"""Removal of everything that ``policybridge install odoo`` has created, except records in use, which are reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.setup.context import ALSO_ARCHIVED, FIELDS
from bridge.helpdesks.odoo.setup.dependents import find_dependents
from bridge.helpdesks.odoo.setup.external_ids import ExternalIds, InstalledRecord
from bridge.ports.helpdesk import Diagnosis
from mappings.odoo.schema import MODEL

ORDER = (
    "ir.actions.server",
    "base.automation",
    "ir.ui.view",
    FIELDS,
    "ir.rule",
    "ir.model.access",
    "res.groups",
)
"""The order of removal: dependents first; tags and stages come last."""
_NAMED = 3
"""This many dependents are listed; the others are counted."""


def plan_removal(
    client: OdooClient, external_ids: ExternalIds, made: Iterable[InstalledRecord], *, apply: bool
) -> Iterator[InstallLine]:
    """Remove our records, model by model. Without ``apply`` it yields the same lines and changes nothing."""
    leaving = {(each.model, each.id): each for each in made}
    for model in dict.fromkeys([*ORDER, *(model for model, _ in leaving)]):
        kind = [each for each in leaving.values() if each.model == model]
        names = _names(client, model, kind)
        dependents = find_dependents(client, model, names, leaving) if names else {}
        staying = {ident: _stays(model, names[ident], _used(by)) for ident, by in dependents.items()}
        staying |= _in_use(client, names) if model.endswith("stage") else {}
        going = [each for each in kind if each.id not in staying]
        steps = {each.id: _step(client, each, names) for each in going if each.id in names}
        if apply:
            staying |= _unlinked(external_ids, going, names)
        for ident in staying:
            del leaving[model, ident]
        yield from (step for ident, step in steps.items() if ident not in staying)
        yield from staying.values()


def _names(client: OdooClient, model: str, made: Sequence[InstalledRecord]) -> dict[int, str]:
    """The names of the records that still exist, by id."""
    ids = [each.id for each in made]
    return {record["id"]: str(record["name"]) for record in client.read(model, ids, ["name"])} if ids else {}


def _step(client: OdooClient, each: InstalledRecord, names: Mapping[int, str]) -> InstallStep:
    """A removal, with what tickets lose by it."""
    why = "created by install"
    if each.model == FIELDS and (count := _tickets(client, (names[each.id], "!=", False))):
        why += f"; its value on {count} is lost"
    elif each.model.endswith("tag") and (count := _tickets(client, ("tag_ids", "in", [each.id]))):
        why += f"; removed from {count}"
    return InstallStep("remove", each.model, names[each.id], why)


def _in_use(client: OdooClient, stages: Mapping[int, str]) -> dict[int, Diagnosis]:
    """The stages that have tickets, including archived ones."""
    found = {}
    for ident, name in stages.items():
        if count := _tickets(client, ("stage_id", "=", ident)):
            advice = f"stays because it has {count}; move them to another stage and run this again"
            found[ident] = Diagnosis(f"stage {name} ({ident})", ok=False, advice=advice)
    return found


def _tickets(client: OdooClient, condition: tuple[str, str, object]) -> str:
    """The number of tickets that meet a condition, including archived ones; empty for none."""
    count = client.search_count(MODEL, [condition], ALSO_ARCHIVED)
    return "" if not count else "1 ticket" if count == 1 else f"{count} tickets"


def _unlinked(
    external_ids: ExternalIds, made: Sequence[InstalledRecord], names: Mapping[int, str]
) -> dict[int, Diagnosis]:
    """Delete records of one model, together or else one by one; returns those that Odoo does not delete, and why."""
    if not made:
        return {}
    try:
        external_ids.unlink(made)
    except GiveUp as error:
        if len(made) > 1:
            return {ident: why for one in made for ident, why in _unlinked(external_ids, [one], names).items()}
        (one,) = made
        why = f"{error}; remove what depends on it"
        return {one.id: _stays(one.model, names.get(one.id, one.external_id), why)}
    return {}


def _used(by: Sequence[str]) -> str:
    listed = "; ".join([*by[:_NAMED], *([f"{len(by) - _NAMED} more"] if by[_NAMED:] else [])])
    return f"used by {listed}; remove it there"


def _stays(model: str, name: str, why: str) -> Diagnosis:
    return Diagnosis(f"{model} {name}", ok=False, advice=f"stays: {why} and run this again")
