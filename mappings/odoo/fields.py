"""The fields of an Odoo ticket: which are read, what they hold as text, and how a text is written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mappings.coercion import instant, text_of
from mappings.odoo.vocabulary import plain, stamp

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
"""What is read of a stage, as far as the database has it; likewise of teams and tickets."""
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
    "active",
    "create_date",
    "create_uid",
    "write_date",
    "write_uid",
)

INSTANTS = frozenset({"next_due_at", "closure_at"})
"""Display fields that hold a time."""
FieldType = Literal["char", "text", "selection", "boolean", "datetime", "float"]
_ALIKE: dict[FieldType, frozenset[str]] = {
    "char": frozenset({"char", "text", "selection"}),
    "text": frozenset({"char", "text"}),
    "selection": frozenset({"selection", "char", "many2one"}),
    "boolean": frozenset({"boolean", "selection"}),
    "datetime": frozenset({"datetime"}),
    "float": frozenset({"float", "integer", "monetary", "char"}),
}
"""Type that would be created -> types of an existing field that serve as well."""


def shown_type(name: str, *, chosen: bool) -> FieldType:
    """The type of field that a display field needs; ``chosen``: its values are translated one by one."""
    return "datetime" if name in INSTANTS else "selection" if chosen else "char"


def misfit(present: str, needed: FieldType, *, written: bool) -> str:
    """What is wrong with the type of a field that is there, and what to do; empty where it serves.

    ``written``: the bridge writes it, and a record cannot be named by a text.
    """
    if present in _ALIKE[needed] and not (written and present == "many2one"):
        return ""
    advice = "name another field, or delete this one"
    return f"is there already, as {present}; the policies need {needed}: {advice}"


@dataclass(frozen=True)
class WritableField:
    """A field of a ticket which the bridge writes."""

    name: str
    type: str
    """Odoo's: ``char``, ``text``, ``selection``, ``datetime`` ..."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Of a selection: value -> label."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Canonical word -> the value that is written for it."""

    def written(self, text: str) -> Any:
        """What is written to hold a canonical text; an empty one clears. Raises ``ValueError`` saying what fits."""
        value = self.words.get(text, text)
        if not value:
            return False
        match self.type:
            case "datetime":
                if (at := instant(value)) is None:
                    raise ValueError(f"{self.name} is a datetime field and takes no {value!r}")
                return stamp(at)
            case "boolean":
                return value.lower() in ("true", "1", "yes")
            case "integer" | "float" | "monetary":
                return self._number(value)
            case "selection":
                return self._option(value)
            case "char" | "text" | "html" | "date":
                return value
        raise ValueError(f"{self.name} is a {self.type} field, which is only read; name one of type char")

    def read(self, raw: object) -> str | None:
        """The canonical text of what the field holds; None where nothing is set."""
        back = {value: word for word, value in self.words.items()}
        found = text_in(self.type, raw)
        return back.get(found, found) if found is not None else None

    def _number(self, value: str) -> int | float:
        try:
            return int(value) if self.type == "integer" else float(value)
        except ValueError:
            raise ValueError(f"{self.name} is a field of type {self.type} and takes no {value!r}") from None

    def _option(self, value: str) -> str:
        by_label = {label.lower(): option for option, label in self.options.items()}
        option = value if value in self.options else by_label.get(value.lower())
        if option is None:
            takes = ", ".join(self.options) or "nothing yet"
            raise ValueError(f"{self.name} takes {takes}, not {value!r}; translate it by `values`")
        return option


def text_in(kind: str, raw: object) -> str | None:
    """Odoo writes ``false`` for every kind of nothing, and 0 where no number was given."""
    match kind:
        case "boolean":
            return "true" if raw else "false"
        case "integer" | "float" | "monetary":
            return text_of(raw) if raw else None
        case "datetime":
            return f"{at:%Y-%m-%dT%H:%M:%SZ}" if (at := instant(raw)) else None
        case "html":
            return plain(raw) or None
    return None if raw is False else text_of(raw)
