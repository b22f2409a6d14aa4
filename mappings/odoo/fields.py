"""The fields of an Odoo ticket: which ones are read, their value as text, and how to write a text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bridge.decision.display import value_shown
from bridge.ticket import tag_form
from mappings.coercion import parse_instant, text_of
from mappings.odoo.vocabulary import format_datetime, html_to_text

STAGE_FIELDS = (
    "id",
    "name",
    "sequence",
    "fold",
    "closed",
    "unattended",
    "active",
    "team_ids",
    "mail_template_id",
    "template_id",
)
"""Fields to read of a stage, if the database has them; likewise for teams and tickets."""
TEAM_FIELDS = ("id", "name", "active", "user_ids", "member_ids")
TICKET_FIELDS = (
    "id",
    "number",
    "ticket_ref",
    "name",
    "description",
    "priority",
    "stage_id",
    "last_stage_update",
    "date_last_stage_update",
    "team_id",
    "user_id",
    "tag_ids",
    "category_id",
    "ticket_type_id",
    "channel_id",
    "company_id",
    "partner_id",
    "partner_email",
    "partner_name",
    "commercial_partner_id",
    "activity_ids",
    "active",
    "create_date",
    "create_uid",
    "write_date",
    "write_uid",
)

INSTANTS = frozenset({"next_due_at", "closure_at"})
"""Display fields that hold a time. They are ``datetime`` fields, which take naive UTC only (measured on 18 and 19)."""
FieldType = Literal["char", "text", "selection", "boolean", "datetime", "number"]
_TEXTS = frozenset({"char", "text", "html"})
_ALIKE: dict[FieldType, frozenset[str]] = {
    "char": frozenset({"char", "text", "selection"}),
    "text": frozenset({"char", "text"}),
    "selection": frozenset({"selection", "char", "many2one"}),
    "boolean": frozenset({"boolean", "selection"}),
    "datetime": frozenset({"datetime"}),
    "number": frozenset({"float", "integer", "monetary", "char"}),
}
"""Type that is needed -> types of an existing field that serve."""


def shown_type(name: str, *, chosen: bool) -> FieldType:
    """The type that a display field needs. ``chosen``: it has a fixed list of values."""
    return "datetime" if name in INSTANTS else "selection" if chosen else "char"


def misfit(present: str, needed: FieldType, *, written: bool) -> str:
    """What is wrong with the type of an existing field, and what to do; empty if it can be used.

    ``written``: the bridge writes it, so it cannot be a reference to records.
    """
    if present in _ALIKE[needed] and not (written and present == "many2one"):
        return ""
    return f"already exists with type {present}, but the policies need {needed}: use another field, or delete this one"


@dataclass(frozen=True)
class WritableField:
    """A field of a ticket that the bridge writes."""

    name: str
    type: str
    """Odoo's type: ``char``, ``text``, ``selection``, ``datetime`` ..."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of a selection: value -> label."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Canonical value -> the value that is written for it."""
    size: int = 0
    """The most characters that it holds; 0: any number."""
    canonical: str = ""
    """Its canonical name."""

    def written(self, text: str, shown: str = "") -> Any:
        """The value to write for a canonical text; an empty one clears the field. Raises ``ValueError``.

        ``shown``: what people read in its place where the field is a text without ``values`` that is long enough.
        """
        value = self.values.get(text, text)
        if not value:
            return False
        if shown and text not in self.values and self.type in _TEXTS and len(shown) <= (self.size or len(shown)):
            return shown
        match self.type:
            case "datetime":
                return format_datetime(self._instant(value))
            case "boolean":
                return value.lower() in ("true", "1", "yes")
            case "integer" | "float" | "monetary":
                return self._number(value)
            case "selection":
                return self._option(value)
            case "date":
                return f"{self._instant(value):%Y-%m-%d}"
            case "char" | "text" | "html":
                return self._within_length(value)
        raise ValueError(f"{self.name} is a {self.type} field, which the bridge cannot write; use one of type char")

    def read(self, raw: object) -> str | None:
        """The canonical text of the field's value; None if nothing is set."""
        back = {value: canonical for canonical, value in self.values.items()}
        found = text_in(self.type, raw)
        if found is None:
            return None
        return back.get(found, value_shown(self.canonical, found) if self.type in _TEXTS else found)

    def _instant(self, value: str) -> datetime:
        if (at := parse_instant(value)) is None:
            raise ValueError(f"{self.name} is a {self.type} field and cannot hold {value!r}")
        return at

    def _within_length(self, value: str) -> str:
        """The text, unless the field would cut it off, so that it never had the value that was written."""
        if self.size and len(value) > self.size:
            raise ValueError(f"{self.name} holds at most {self.size} characters, not {value!r}; use a longer field")
        return value

    def _number(self, value: str) -> int | float:
        try:
            return int(value) if self.type == "integer" else float(value)
        except ValueError:
            raise ValueError(f"{self.name} is a field of type {self.type} and cannot hold {value!r}") from None

    def _option(self, value: str) -> str:
        spelt = {tag_form(text): option for option, label in self.options.items() for text in (label, option)}
        option = value if value in self.options else spelt.get(tag_form(value))
        if option is None:
            options = ", ".join(self.options) or "none yet"
            raise ValueError(f"{self.name} has the options {options}, not {value!r}; translate it with `values`")
        return option


def text_in(kind: str, raw: object) -> str | None:
    """A field's value as text; None if nothing is set, which Odoo returns as ``false`` or, for numbers, as 0."""
    match kind:
        case "boolean":
            return "true" if raw else "false"
        case "integer" | "float" | "monetary":
            return text_of(raw) if raw else None
        case "datetime":
            return f"{at:%Y-%m-%dT%H:%M:%SZ}" if (at := parse_instant(raw)) else None
        case "html":
            return html_to_text(raw) or None
    return None if raw is False else text_of(raw)
