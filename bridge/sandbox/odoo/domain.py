"""Search domains: lists in Polish notation with ``&``, ``|``, ``!`` and ``(path, operator, value)``, as predicates."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import ReadableRecords
from bridge.sandbox.odoo.field import Field, kept, moment
from bridge.sandbox.odoo.tables import Row

Holds = Callable[[Row], bool]

_PATTERNS = ("like", "ilike", "=like", "=ilike")
_OPPOSITE = {"!=": "=", "not in": "in", "not like": "like", "not ilike": "ilike"}
_OPERATORS = {"=", "in", "<", ">", "<=", ">=", "=?", "child_of", "parent_of", *_PATTERNS, *_OPPOSITE}
_FORESTS = ("child_of", "parent_of")


def parsed(text: str | None) -> list[Any]:
    """A domain that is kept as text, such as the filter of an automation. Raises a validation error."""
    try:
        found = ast.literal_eval(text) if text and text.strip() else []
    except (ValueError, SyntaxError) as error:
        raise errors.validation(f"{text!r} is not a domain: {error}") from None
    if not isinstance(found, list | tuple):
        raise errors.validation(f"{text!r} is not a domain: a list of conditions is")
    return list(found)


def names(domain: Iterable[Any]) -> set[str]:
    """The first fields of the paths that a domain speaks of."""
    return {str(item[0]).partition(".")[0] for item in domain if isinstance(item, list | tuple) and item}


def predicate(model: ReadableRecords, domain: Any) -> Holds:
    """What a domain says of a row. Raises a value or type error, as Odoo does, before the first row is looked at."""
    if not isinstance(domain, list | tuple):
        raise errors.type_error(f"Domain() invalid argument type for domain: {domain!r}")
    items = iter(domain)
    parts = [_term(model, item, items) for item in items]
    return lambda row: all(holds(row) for holds in parts)


def _term(model: ReadableRecords, item: Any, rest: Iterator[Any]) -> Holds:
    if item in ("&", "|", "!"):
        try:
            first = _term(model, next(rest), rest)
            if item == "!":
                return lambda row: not first(row)
            second = _term(model, next(rest), rest)
        except StopIteration:
            raise errors.value_error(f"Domain() malformed domain: {item!r} lacks a condition") from None
        if item == "&":
            return lambda row: first(row) and second(row)
        return lambda row: first(row) or second(row)
    if not isinstance(item, list | tuple) or len(item) != 3:
        raise errors.value_error(f"Domain() invalid item in domain: {item!r}")
    if item[0] in (0, 1):
        return lambda _: bool(item[0])
    return _condition(model, str(item[0]), str(item[1]), item[2])


def _condition(model: ReadableRecords, path: str, operator: str, value: Any) -> Holds:
    name, _, rest = path.partition(".")
    field = model.fields.get(name)
    if field is None:
        text = f"Invalid field {model.name}.{name} in condition {(name, operator, value)!r}"
        raise errors.value_error(text)
    if operator not in _OPERATORS:
        raise errors.value_error(f"Invalid operator in condition {(path, operator, value)!r}")
    model.may_see(field, "read")
    if rest:
        beyond = model.env.sudo()[field.relation]
        inner = _condition(beyond, rest, operator, value)
        return lambda row: any(inner(target) for target in beyond.rows(_idents(model.value(row, field))))
    if operator in _OPPOSITE:
        positive = _test(model, field, _OPPOSITE[operator], value)
        return lambda row: not positive(row)
    return _test(model, field, operator, value)


def _test(model: ReadableRecords, field: Field, operator: str, value: Any) -> Holds:
    if operator == "=?":
        if value in (None, False):
            return lambda _: True
        operator = "="
    if operator in _FORESTS:
        family = set(_family(model.env.sudo()[field.relation or model.name], _idents(value), operator))
        return lambda row: bool(family.intersection(_idents(model.value(row, field))))
    if operator in _PATTERNS:
        pattern = _pattern(operator, value)
        return lambda row: any(pattern.search(text) for text in _texts(model, row, field))
    if operator in ("=", "in"):
        return _equality(model, field, list(value) if isinstance(value, list | tuple) else [value])
    return _comparison(model, field, operator, value)


def _equality(model: ReadableRecords, field: Field, values: list[Any]) -> Holds:
    empty = any(_is_unset(value) for value in values)
    if field.type == "boolean":
        wanted = {bool(value) for value in values}
        return lambda row: bool(model.value(row, field)) in wanted
    if field.relation:
        idents = {ident for value in values for ident in _named(model, field, value)}

        def related(row: Row) -> bool:
            found = _idents(model.value(row, field))
            return bool(idents.intersection(found)) or (empty and not found)

        return related
    known = {_comparable(model, field, value) for value in values if not _is_unset(value)}

    def equal(row: Row) -> bool:
        found = _present(model, row, field)
        return found in known if found not in (None, "") else empty

    return equal


def _is_unset(value: Any) -> bool:
    """As wires say it; 0 is a value."""
    return value is None or value is False or value == ""


def _comparison(model: ReadableRecords, field: Field, operator: str, value: Any) -> Holds:
    limit = _comparable(model, field, value)

    def holds(row: Row) -> bool:
        found = _present(model, row, field)
        if found is None or limit is None:
            return False
        match operator:
            case "<":
                return bool(found < limit)
            case "<=":
                return bool(found <= limit)
            case ">":
                return bool(found > limit)
        return bool(found >= limit)

    return holds


def _present(model: ReadableRecords, row: Row, field: Field) -> Any:
    """A value to compare. Series 19 compares moments by the second, 18 by the microseconds that nobody was shown."""
    found = model.value(row, field)
    if isinstance(found, datetime) and model.env.series >= 19:
        return found.replace(microsecond=0)
    return (found or 0) if field.type in ("integer", "float", "many2one_reference") else found


def _comparable(model: ReadableRecords, field: Field, value: Any) -> Any:
    if field.type == "datetime" and isinstance(value, str):
        return moment(value)
    if field.type in ("date", "integer", "float", "many2one_reference"):
        return kept(field, model.name, value)
    if field.relation and _idents(value):
        return _idents(value)[0]
    return str(value) if field.type in ("char", "text", "html", "selection") else value


def _texts(model: ReadableRecords, row: Row, field: Field) -> list[str]:
    value = model.value(row, field)
    if field.relation:
        other = model.env.sudo()[field.relation]
        return [str(other.label(target) or "") for target in other.rows(_idents(value))]
    return [] if value is None else [str(value)]


def _pattern(operator: str, value: Any) -> re.Pattern[str]:
    text = "" if value in (None, False) else str(value)
    wild = {"%": ".*", "_": "."}
    inner = "".join(wild.get(sign, re.escape(sign)) for sign in text)
    exact = operator.startswith("=")
    flags = re.DOTALL | (re.IGNORECASE if "ilike" in operator else 0)
    return re.compile(f"^{inner}$" if exact else inner, flags)


def _named(model: ReadableRecords, field: Field, value: Any) -> list[int]:
    """ReadableRecords meant by an id, or by a name as in ``('stage_id', '=', 'Done')``."""
    if isinstance(value, str) and value and not value.isdigit():
        other = model.env.sudo()[field.relation]
        return [row["id"] for row in other.rows() if other.label(row) == value]
    return _idents(value)


def _family(model: ReadableRecords, idents: list[int], operator: str) -> Iterator[int]:
    """ReadableRecords below given ones in a tree, or above them, with themselves."""
    if operator == "parent_of":
        yield from (above for ident in idents for above in _line(model, ident))
    else:
        yield from (row["id"] for row in model.rows() if set(_line(model, row["id"])) & set(idents))


def _line(model: ReadableRecords, ident: int) -> list[int]:
    """A record and those above it."""
    line: list[int] = []
    above: int | None = ident
    while above and above not in line:
        line.append(above)
        above = (model.row(above) or {}).get("parent_id")
    return line


def _idents(value: Any) -> list[int]:
    if isinstance(value, list | tuple):
        return [int(ident) for ident in value if ident]
    return [int(value)] if value and not isinstance(value, bool) else []
