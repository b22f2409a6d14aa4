"""Removal of everything that ``policybridge install zendesk`` has made; what somebody uses is reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.helpdesks.installer import InstallLine, InstallOptions, InstallStep
from bridge.helpdesks.setup.config_entries import remove_entries
from bridge.helpdesks.setup.listing import listed
from bridge.helpdesks.zendesk.setup.dependents import Dependents
from bridge.helpdesks.zendesk.setup.forms import remove_from_forms
from bridge.helpdesks.zendesk.setup.policy_tags import remove_tags
from bridge.helpdesks.zendesk.setup.records import FIELD, KINDS, MADE, RecordKind, ZendeskRecords
from bridge.helpdesks.zendesk.setup.webhook import remove_secret
from bridge.ports.helpdesk import Diagnosis
from mappings.connection import Connection

_NAMED = 3
"""This many dependents are listed; the others are counted."""


@dataclass(frozen=True)
class _Leaving:
    """A record of ours that exists."""

    key: str
    kind: RecordKind
    ident: str
    name: str


def plan_removal(
    records: ZendeskRecords,
    name: str,
    connection: Connection,
    options: InstallOptions,
    packs: Iterable[str],
    *,
    apply: bool,
) -> Iterator[InstallLine]:
    """Remove our records. Without ``apply`` it yields the same lines and changes nothing.

    ``packs``: those whose tags are taken off tickets, if the options say so.
    """
    dependents, going = Dependents(records), []
    for each in _made(records):
        if by := dependents.of(each.kind, each.ident):
            yield Diagnosis(f"{each.kind.model} {each.name}", ok=False, advice=_stays(by))
        else:
            going.append(each)
    if options.tags:
        yield from remove_tags(records.client, packs, apply=apply)
    fields = [int(each.ident) for each in going if each.kind is FIELD]
    yield from remove_from_forms(records, fields, apply=apply)
    for each in going:
        step = _step(each, dependents)
        if apply:
            records.delete(each.key, each.kind, each.ident)
        yield step
    if apply:
        _forget_missing(records)
    yield from remove_secret(records, apply=apply)
    ids = [int(each.ident) for each in going if each.ident.isdigit()]
    yield from remove_entries(records.journal, name, connection, options.configuration, ids, apply=apply)


def _made(records: ZendeskRecords) -> list[_Leaving]:
    """Our records that exist, by their entry in the journal or by their mark, in the order of removal."""
    found = []
    for kind in KINDS:
        for key, row in records.ours(kind).items():
            if kind.deletable or row.get("active"):
                found.append(_Leaving(key, kind, str(row["id"]), str(row.get(kind.title))))
    return found


def _step(each: _Leaving, dependents: Dependents) -> InstallStep:
    """A removal, with what tickets lose by it."""
    why = "created by install"
    if each.kind is FIELD and (count := dependents.tickets(f"custom_field_{each.ident}:*")):
        why += f"; its value on {count} is lost"
    if not each.kind.deletable:
        return InstallStep(
            "change", each.kind.model, each.name, f"{why}; Zendesk cannot delete it, so it is switched off"
        )
    return InstallStep("remove", each.kind.model, each.name, why)


def _stays(by: list[str]) -> str:
    return f"stays because {listed(by, _NAMED)} {'uses' if len(by) == 1 else 'use'} it; change that, and run this again"


def _forget_missing(records: ZendeskRecords) -> None:
    """Forget what people have deleted themselves."""
    kinds = {kind.path: kind for kind in KINDS}
    for key, entry in records.made().items():
        if str(entry["id"]) not in records.rows(kinds[entry["kind"]]):
            records.journal.drop(MADE, key)
