"""The ticket fields that the policies need: what they show, and what they read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bridge.decision.display import title
from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.setup.display_fields import SHOWN
from bridge.helpdesks.zendesk.setup.context import PlacedRecord, SetupContext
from bridge.helpdesks.zendesk.setup.records import FIELD, WantedRecord
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import tag_form
from mappings.coercion import json_objects

_TYPES = {"choice": "tagger", "bool": "checkbox", "number": "decimal"}
"""Zendesk's type of a fact; it has no field for an instant, so that is a text."""
_READ_AS = {"bool": "checkbox", "number": "number"}
_HIDDEN = {"editable_in_portal": False, "visible_in_portal": False, "active": True}


def ensure_fields(context: SetupContext) -> Iterator[InstallLine]:
    """Create the missing fields, and add options that ours lack."""
    facts = list(_facts(context))
    yield from context.ensure([*_shown(context), *facts])
    for placed in facts:
        label = title(str(placed.place[1]))
        if placed.record.name != label and context.is_for_us(placed):
            other = _namesake(context, label, placed.record.key)
            what = f"the account has another field of this name; to read that one, write {placed.place[1]}:"
            advice = f"{what} {{field: {other}}} under facts"
            yield Diagnosis(f"facts.{placed.place[1]}", ok=True, advice=advice)


def _shown(context: SetupContext) -> Iterator[PlacedRecord]:
    names = context.needed.fields - context.connection.facts.keys()
    for name in sorted(names, key=lambda name: ([*SHOWN, name].index(name), name)):
        label, tells = SHOWN.get(name, (title(name), "Set by the policy"))
        key = f"field.{name}"
        record = WantedRecord(
            FIELD,
            key,
            f"Policy: {label[:1].lower()}{label[1:]}",
            f"fields.{name}: {tells}",
            {"type": "text", "agent_description": tells, **_HIDDEN},
            tells,
            kept=frozenset({"active"}),
        )
        yield PlacedRecord(("fields", name), record)


def _facts(context: SetupContext) -> Iterator[PlacedRecord]:
    specs: dict[str, list[FactSpec]] = {}
    for policy in context.policies:
        for name, spec in policy.facts.items():
            specs.setdefault(name, []).append(spec)
    for name, kinds in specs.items():
        yield _fact(context, name, kinds)


def _fact(context: SetupContext, name: str, specs: Sequence[FactSpec]) -> PlacedRecord:
    key, asks = f"fact.{name}", next((spec.label for spec in specs if spec.label), "")
    kind = {_TYPES.get(spec.type, "text") for spec in specs}
    type_ = kind.pop() if len(kind) == 1 else "text"
    values: dict[str, Any] = {"type": type_, "agent_description": asks, **_HIDDEN}
    tags = _tags(context, key, name, specs) if type_ == "tagger" else {}
    if tags:
        values["custom_field_options"] = [{"name": title(value), "value": tag} for tag, value in tags.items()]
    label = title(name)
    record = WantedRecord(
        FIELD,
        key,
        f"{label} (policy)" if _namesake(context, label, key) else label,
        f"facts.{name}: {asks}" if asks else f"facts.{name}",
        values,
        asks,
        kept=frozenset({"active"}),
        complete=frozenset({"custom_field_options"} if tags else ()),
    )
    return PlacedRecord(("facts", name), record, lambda ident: _entry(ident, type_, specs, tags))


def _entry(ident: int, type_: str, specs: Sequence[FactSpec], tags: dict[str, str]) -> dict[str, Any]:
    """What the connection says of a fact: the field, how to read it, and what its options mean."""
    read_as = _READ_AS.get(specs[0].type) if type_ != "text" else None
    return {"field": ident, **({"type": read_as} if read_as else {}), **({"values": tags} if tags else {})}


def _tags(context: SetupContext, key: str, name: str, specs: Sequence[FactSpec]) -> dict[str, str]:
    """Tag of an option -> value of the fact. A tag can belong to one field only, so those in use are avoided."""
    values = dict.fromkeys(value for spec in specs for value in spec.values or ())
    ours = context.records.made_id(key) or str(context.records.marked(FIELD).get(key, {}).get("id", ""))
    others = [row for ident, row in context.records.rows(FIELD).items() if ident != ours]
    in_use = {str(option.get("value")) for row in others for option in json_objects(row.get("custom_field_options"))}
    in_use |= {str(row["tag"]) for row in others if row.get("tag")}
    start = f"{name}_" if not any(tag_form(f"{name}_{value}") in in_use for value in values) else f"ticket_{name}_"
    return {tag_form(f"{start}{value}"): value for value in values}


def _namesake(context: SetupContext, label: str, key: str) -> str:
    """The id of somebody else's field of this name; empty if there is none."""
    ours = context.records.made_id(key) or str(context.records.marked(FIELD).get(key, {}).get("id", ""))
    rows = context.records.rows(FIELD).items()
    return next((i for i, row in rows if i != ours and str(row.get("title")).casefold() == label.casefold()), "")
