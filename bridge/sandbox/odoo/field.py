"""A field of a model: how a written value is checked and kept, and how a kept one is read.

Kept values are Python's: None for what is not set, naive UTC datetimes with microseconds, tuples of ids. Both wires
show what is not set as ``false`` (numbers: 0) and datetimes without fractions.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bridge.sandbox.odoo import errors

MOMENT, DAY = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"
MAGIC = ("id", "create_uid", "create_date", "write_uid", "write_date")
"""Fields that the server sets itself; a written value is ignored without a word."""


@dataclass(frozen=True)
class Field:
    """What ``fields_get`` says of a field, and what the server must know besides."""

    name: str
    type: str
    string: str
    relation: str = ""
    inverse: str = ""
    """On the other model: the many2one that a one2many turns around, or the many2many that keeps the pairs."""
    related: str = ""
    """A dotted path whose value this field shows, and passes a written value on to."""
    selection: tuple[tuple[str, str], ...] = ()
    required: bool = False
    readonly: bool = False
    store: bool = True
    computed: bool = False
    tracked: bool = False
    groups: str = ""
    """The only group that may read it."""
    default: Any = None
    help: str = ""
    ondelete: str = "set null"
    """What becomes of the record when the one it refers to is deleted: ``set null``, ``cascade`` or ``restrict``."""

    @property
    def kept(self) -> bool:
        """It has a column of its own."""
        return self.store and not (self.computed or self.related or self.type == "one2many" or self.inverse)

    @property
    def blank(self) -> Any:
        match self.type:
            case "many2many":
                return ()
            case "boolean":
                return False
            case _:
                return None

    def described(self) -> dict[str, Any]:
        """Every attribute that ``fields_get`` may be asked for."""
        description: dict[str, Any] = {
            "type": self.type,
            "string": self.string,
            "required": self.required,
            "readonly": self.readonly,
            "store": self.store,
            "searchable": self.store or self.computed,
            "sortable": self.store,
        }
        if self.relation:
            description |= {"relation": self.relation, "domain": []}
        if self.type == "one2many":
            description["relation_field"] = self.inverse
        if self.type == "selection":
            description["selection"] = [list(option) for option in self.selection]
        if self.help:
            description["help"] = self.help
        return description


def kept(field: Field, model: str, value: Any) -> Any:
    """A written value of any field that keeps no list of records. Raises a fault as Odoo does."""
    match field.type:
        case "integer" | "float" | "many2one_reference":
            return _number(field, value)
        case "boolean":
            return bool(value)
        case "many2one":
            return _reference(value)
        case "json":
            return value
    if value is None or value is False:
        return None
    match field.type:
        case "selection":
            return _choice(field, model, value)
        case "datetime":
            return moment(value)
        case "date":
            return _parsed(value, DAY).date()
        case "html":
            return markup(str(value))
    return str(value)


def shown(field: Field, value: Any) -> Any:
    """A value as the wires show it; records are ids."""
    match field.type:
        case "integer" | "many2one_reference":
            return value or 0
        case "float":
            return float(value or 0)
        case "many2many" | "one2many":
            return list(value or ())
    match value:
        case None:
            return False
        case datetime():
            return value.strftime(MOMENT)
        case date():
            return value.strftime(DAY)
    return value


def moment(value: Any) -> datetime:
    """A naive UTC datetime from the only form that Odoo takes; a mere day is midnight."""
    if isinstance(value, datetime):
        return value
    text = str(value)
    return _parsed(text, DAY if len(text) == 10 else MOMENT)


def markup(text: str) -> str:
    """Text in a paragraph, unless it begins with an element; the real server also cleans it."""
    return text if not text.strip() or text.lstrip().startswith("<") else _par(text)


def plain(text: str) -> str:
    """Escaped text as the markup of a message."""
    return _par(html.escape(text, quote=False)) if text else ""


def _par(inner: str) -> str:
    return f"<p>{inner}</p>"


def _number(field: Field, value: Any) -> Any:
    try:
        return float(value or 0) if field.type == "float" else int(value or 0)
    except ValueError as error:
        raise errors.value_error(str(error)) from None


def _reference(value: Any) -> int | None:
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    if not value:
        return None
    if isinstance(value, bool) or not str(value).lstrip("-").isdigit():
        raise errors.not_an_id(value)
    return int(value)


def _choice(field: Field, model: str, value: Any) -> str | None:
    if value == "":
        return None
    if value not in [key for key, _ in field.selection]:
        raise errors.value_error(f"Wrong value for {model}.{field.name}: {value!r}")
    return str(value)


def _parsed(value: Any, form: str) -> datetime:
    try:
        return datetime.strptime(str(value), form)  # noqa: DTZ007 - naive UTC, as Odoo keeps it
    except ValueError as error:
        raise errors.value_error(str(error)) from None
