"""The fields of tickets that the policies need: display fields, and fields for facts and marks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.decision import Field
from bridge.decision.display import title
from bridge.helpdesks.setup.display_fields import SHOWN
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.model import Policy
from bridge.policy.requirements import HelpdeskRequirements
from bridge.ticket import Channel
from mappings.connection import Connection
from mappings.field_sources import EventMark, ValueSource
from mappings.odoo.fields import FieldType, shown_type
from mappings.odoo.schema import Schema
from mappings.odoo.vocabulary import LOG_FIELD, PREFIX

CUSTOM = "x_"
"""Prefix of fields that can be created over the API."""
_MARKS = {
    "escalation": "Set this when the customer asks for escalation",
    "confirm_resolution": "Set this when the customer confirms that the issue is resolved",
    "phone_contact": "Set this after a call with the customer",
    "approve": "Record here whether the approval is given",
    "refuse": "Record here whether the approval is given",
}
"""Help texts of marks, by name or, for approvals, what comes before the gate."""
_OF_FACTS: dict[str, FieldType] = {"bool": "boolean", "datetime": "datetime", "number": "number"}
_OF_SOURCES: dict[str, FieldType] = {"checkbox": "boolean", "number": "number"}


@dataclass(frozen=True)
class TicketField:
    """A field of tickets: a display field, or one in which people record facts and events."""

    name: str
    type: FieldType
    label: str
    help: str
    """Its tooltip."""
    where: str = ""
    """The key in ``policybridge.yaml`` that names it."""
    values: tuple[str, ...] = ()
    """The options of a selection."""
    shown: bool = False
    """It is a display field: the bridge writes it, and people read it."""

    @property
    def why(self) -> str:
        return f"{self.where}: {self.help}" if self.where and self.help else self.where or self.help

    @property
    def created_as(self) -> str:
        """Odoo's type of a new field. A number is a text: Odoo's own numbers are never empty, and 0 looks like one."""
        return "char" if self.type == "number" else self.type

    @property
    def is_log(self) -> bool:
        """Whether it is the bridge's own log, which is on no form."""
        return self.name == LOG_FIELD

    @property
    def options(self) -> dict[str, str]:
        """Options of a selection: value -> label."""
        return {value: title(value) for value in self.values}

    def lacking(self, present: Iterable[str]) -> dict[str, str]:
        """The options that do not exist yet."""
        database = set(present)
        return {word: label for word, label in self.options.items() if word not in database}


def ticket_fields(
    requirements: HelpdeskRequirements, policies: Sequence[Policy], connection: Connection
) -> list[TicketField]:
    """Every field that the bridge writes or that the connection names, if it can be created over the API."""
    fields = [*_shown(requirements, connection), *_recorded(policies, connection)]
    fields.append(TicketField(LOG_FIELD, "text", "Policy log", "The bridge's own record of its last writes"))
    return list({field.name: field for field in fields if field.name.startswith(CUSTOM)}.values())


def unsuitable_fields(schema: Schema, connection: Connection) -> dict[str, str]:
    """Display fields whose existing field has an unsuitable type, by canonical name, with the problem."""
    found = {name: schema.misfit(Field(name), connection) for name in (*SHOWN, *connection.fields)}
    return {name: fault for name, fault in found.items() if fault}


def _shown(requirements: HelpdeskRequirements, connection: Connection) -> Iterator[TicketField]:
    names = requirements.fields - connection.facts.keys()
    for name in sorted(names, key=lambda name: ([*SHOWN, name].index(name), name)):
        target = connection.fields.get(name)
        technical = str(target.field) if target else f"{PREFIX}{name}"
        values = tuple(target.values.values()) if target else ()
        kind = shown_type(name, chosen=bool(values))
        label, tells = SHOWN.get(name, (title(name), "Set by the policy"))
        where = f"fields.{name}" if target else ""
        yield TicketField(technical, kind, label, tells, where, values, shown=True)


def _recorded(policies: Sequence[Policy], connection: Connection) -> Iterator[TicketField]:
    """The fields of facts, channel and type, then those of marks."""
    for name, source in connection.facts.items():
        specs = [policy.facts[name] for policy in policies if name in policy.facts]
        asks = next((spec.label for spec in specs if spec.label), "")
        yield _of_source(f"facts.{name}", name, source, specs, asks)
    types = tuple(dict.fromkeys(kind for policy in policies for kind in policy.ticket_types))
    for name, values in (("channel", tuple(Channel)), ("type", types)):
        if source := getattr(connection, name):
            yield _of_source(name, name, source, [FactSpec(type="choice", values=values)], "")
    yield from _of_marks(connection)


def _of_source(where: str, name: str, source: ValueSource, specs: Sequence[FactSpec], asks: str) -> TicketField:
    translated = set(source.values.values())
    passed_on = (value for spec in specs for value in spec.values or () if value not in translated)
    values = tuple(dict.fromkeys([*source.values, *passed_on]))
    kind = _kind(source, specs, values)
    options = values if kind == "selection" else ()
    return TicketField(str(source.field or ""), kind, title(name), asks, where, options)


def _kind(source: ValueSource, specs: Sequence[FactSpec], values: Sequence[str]) -> FieldType:
    """The type in the connection, or a selection if the values are listed, or the type in the packs if they agree."""
    if source.type != "text":
        return _OF_SOURCES[source.type]
    if set(values) == {"true", "false"}:
        return "boolean"
    kinds = {_OF_FACTS.get(spec.type, "char") for spec in specs}
    if source.values or (kinds == {"char"} and values and all(spec.values for spec in specs)):
        return "selection"
    return kinds.pop() if len(kinds) == 1 else "char"


def _of_marks(connection: Connection) -> Iterator[TicketField]:
    """The fields of marks; one field may hold several marks with different values."""
    marks = {name: mark for name, mark in connection.marks.named().items() if mark.field is not None}
    for field in dict.fromkeys(str(mark.field) for mark in marks.values()):
        of_field = {name: mark for name, mark in marks.items() if mark.field == field}
        values = tuple(dict.fromkeys(str(mark.value) for mark in of_field.values()))
        kind: FieldType = "boolean" if all(_is_tick(mark) for mark in of_field.values()) else "selection"
        label = title(next(iter(of_field)).rpartition(":")[2])
        where = f"marks.{', '.join(of_field)}"
        tells = ". ".join(dict.fromkeys(_MARKS[name.partition(":")[0]] for name in of_field))
        yield TicketField(field, kind, label, tells, where, values if kind == "selection" else ())


def _is_tick(mark: EventMark) -> bool:
    return mark.value is None or isinstance(mark.value, bool)
