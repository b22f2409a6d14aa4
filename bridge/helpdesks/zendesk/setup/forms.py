"""The ticket forms that the admin names get the fields that ``install`` has made; all else on them stays."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from bridge.errors import GiveUp, InputError
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.setup.listing import listed
from bridge.helpdesks.zendesk.setup.context import SetupContext
from bridge.helpdesks.zendesk.setup.records import FIELD, FORM, ZendeskRecords
from bridge.ports.helpdesk import Diagnosis
from mappings.coercion import Json
from mappings.record_digest import digest_of

_NAMED = 5
"""This many fields are listed; the others are counted."""
FORMS = "forms"
"""The part of the journal with the forms that the admin has named: id -> name."""


def ensure_forms(context: SetupContext) -> Iterator[InstallLine]:
    """Add our fields to the named forms, and to those that were named before."""
    rows = context.records.rows(FORM)
    named = _named(context, rows)
    for ident, name in context.records.journal.read(FORMS).items():
        if not rows.get(ident, {}).get("active"):
            what = "is off" if ident in rows else "was deleted"
            advice = f"{what}, so agents do not see our fields on it; name another with --form"
            yield Diagnosis(f"ticket form {name}", ok=True, advice=advice, warns=True)
            if context.apply and ident not in rows:
                context.records.journal.drop(FORMS, ident)
    if rows and not named:
        listed = ", ".join(str(row.get("name")) for row in rows.values() if row.get("active", True))
        advice = f"no form is named, so agents may not see the new fields; name them with --form: {listed}"
        yield Diagnosis("ticket forms", ok=True, advice=advice)
    for ident, row in named.items():
        yield from _ensure_form(context, ident, row)


def _named(context: SetupContext, rows: Mapping[str, Json]) -> dict[str, Json]:
    """The named forms that exist, by id. Raises ``InputError`` for a name that no form has, or several have."""
    found = {ident: rows[ident] for ident in context.records.journal.read(FORMS) if ident in rows}
    for name in context.options.forms:
        same = [i for i, row in rows.items() if name == i or str(row.get("name")).casefold() == name.casefold()]
        if len(same) != 1:
            listed = ", ".join(f"{row.get('name')} ({ident})" for ident, row in rows.items())
            what = "no form has this name" if not same else "several forms have this name; give the id"
            raise InputError(f"--form: found {name!r}; {what}; allowed: {listed or 'none, the account has no forms'}")
        found[same[0]] = rows[same[0]]
    return found


def _ensure_form(context: SetupContext, ident: str, row: Json) -> Iterator[InstallStep]:
    made = {int(field["id"]): str(field.get(FIELD.title)) for field in context.records.ours(FIELD).values()}
    missing = {field: made[field] for field in sorted(made) if field not in _fields_of(row)}
    planned = context.planned_fields
    if not (missing or planned):
        if context.apply and ident not in context.records.journal.read(FORMS):
            context.records.journal.put(FORMS, ident, str(row.get("name")))
        return
    if context.apply:
        context.records.journal.put(FORMS, ident, str(row.get("name")))
        fresh = context.client.get(f"{FORM.path}/{ident}")[FORM.singular]
        there = _fields_of(fresh)
        _write(context.records, ident, [*there, *(field for field in missing if field not in there)])
    names = sorted([*missing.values(), *planned])
    seen = digest_of({"form": _theirs(row, made), "fields": names})
    yield InstallStep("change", FORM.model, str(row.get("name")), f"gets {listed(names, _NAMED)}", seen)


def remove_from_forms(records: ZendeskRecords, leaving: Sequence[int], *, apply: bool) -> Iterator[InstallLine]:
    """Take our fields off every form that has them, one form after the other."""
    for ident, row in records.rows(FORM).items():
        going = [field for field in _fields_of(row) if field in leaving]
        if not going:
            continue
        if apply:
            fresh = records.client.get(f"{FORM.path}/{ident}")[FORM.singular]
            _write(records, ident, [field for field in _fields_of(fresh) if field not in leaving])
        why = "loses our field" if len(going) == 1 else f"loses our {len(going)} fields"
        yield InstallStep("change", FORM.model, str(row.get("name")), why, digest_of(_theirs(row, leaving)))
    if apply:
        records.journal.write(FORMS, {})


def fields_in_conditions(records: ZendeskRecords) -> dict[int, str]:
    """Fields on which the conditions of a form depend -> the form."""
    found: dict[int, str] = {}
    for row in records.rows(FORM).values():
        for condition in [*(row.get("agent_conditions") or ()), *(row.get("end_user_conditions") or ())]:
            used = [
                condition.get("parent_field_id"),
                *(child.get("id") for child in condition.get("child_fields") or ()),
            ]
            found |= {int(field): str(row.get("name")) for field in used if field}
    return found


def _theirs(row: Json, ours: Container[int]) -> Json:
    """A form without what is ours: Zendesk itself may add a new field to the default form."""
    kept = [field for field in _fields_of(row) if field not in ours]
    return {**row, "ticket_field_ids": kept}


def _fields_of(row: Json) -> list[int]:
    return [int(field) for field in row.get("ticket_field_ids") or ()]


def _write(records: ZendeskRecords, ident: str, fields: Sequence[int]) -> None:
    answer = records.client.send("PUT", f"{FORM.path}/{ident}", {FORM.singular: {"ticket_field_ids": list(fields)}})
    if not set(fields) <= set(_fields_of(answer[FORM.singular])):
        raise GiveUp(f"Zendesk did not put all fields on the form {answer[FORM.singular].get('name')}")
