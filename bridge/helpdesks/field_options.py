"""The options of a helpdesk's fields, compared with the values that the connection translates and the policies know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.config.unmet_requirements import UnderstoodSource, understood_sources
from bridge.policy.model import Policy
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import same_form
from mappings.connection import Connection
from mappings.field_sources import FieldTarget, VendorRef

Options = Mapping[VendorRef, Sequence[str]]
"""Field -> the values that people can choose; a field without a list of options is left out."""


def check_options(policies: Sequence[Policy], connection: Connection, options: Options) -> Iterator[Diagnosis]:
    """A problem for each option that means nothing, and each value, translation or mark of an option that is not there.

    A value that the policies read and nobody can choose is a warning.
    """
    for read in understood_sources(policies, connection):
        if read.source.field is not None and read.source.field in options:
            yield from _check_source(read, options[read.source.field])
    for name, mark in connection.marks.named().items():
        if isinstance(mark.field, VendorRef) and isinstance(mark.value, str | int) and mark.field in options:
            yield from _check_mark(f"marks.{name}", str(mark.value), options[mark.field])
    for name, target in connection.fields.items():
        if target.field in options:
            yield from _check_target(f"fields.{name}", target, options[target.field], _written(name, policies))


def _written(name: str, policies: Sequence[Policy]) -> set[str]:
    """The values that the policies write into a display field, if they are known beforehand."""
    match name:
        case "severity" | "proposed_severity":
            return {level for policy in policies for level in policy.severity.levels}
        case "next_due":
            return {clock.name for policy in policies for clock in policy.clocks}
    return set()


def _check_source(read: UnderstoodSource, options: Sequence[str]) -> Iterator[Diagnosis]:
    values = read.source.values
    if gone := [value for value in values if not any(same_form(value, option) for option in options)]:
        advice = f"{', '.join(gone)}: no option of the field {read.source.field}; it has {', '.join(options)}"
        yield Diagnosis(f"{read.where}.values", ok=False, advice=advice)
    translated = {value.lower() for value in values}
    if unknown := [option for option in options if option.lower() not in translated and not read.knows(option)]:
        what = f"no policy knows the options {', '.join(unknown)} of the field {read.source.field}"
        advice = f"{what}; known: {read.allowed}; translate the options under {read.where}.values"
        yield Diagnosis(read.where, ok=False, advice=advice)
    if absent := _absent(read, options):
        what = f"nobody can choose {', '.join(absent)}: the field {read.source.field} has no option for it"
        advice = f"{what}, so rules on it never apply; add one, or translate one under {read.where}.values"
        yield Diagnosis(read.where, ok=True, advice=advice, warns=True)


def _absent(read: UnderstoodSource, options: Sequence[str]) -> list[str]:
    """The values that the policies list and that no option means."""
    translations = {value.lower(): word for value, word in read.source.values.items()}
    meant = [str(translations.get(option.lower(), option)) for option in options]
    return [value for value in read.listed if not any(same_form(value, word) for word in meant)]


def _check_mark(where: str, value: str, options: Sequence[str]) -> Iterator[Diagnosis]:
    if value.lower() not in {option.lower() for option in options}:
        advice = f"the field has no option {value!r}, so the mark is never set; it has {', '.join(options)}"
        yield Diagnosis(where, ok=False, advice=advice)


def _check_target(where: str, target: FieldTarget, options: Sequence[str], values: set[str]) -> Iterator[Diagnosis]:
    written = {*target.values.values(), *(target.values.get(value, value) for value in values)}
    if lacking := sorted(value for value in written if not any(same_form(value, option) for option in options)):
        what = f"the field {target.field} has no option {', '.join(lacking)}; it has {', '.join(options)}"
        yield Diagnosis(where, ok=False, advice=f"{what}; add them, or translate the values under {where}.values")
