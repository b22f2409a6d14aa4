"""The custom fields of tickets that the bridge writes: their type, and the form in which each takes a value. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.ticket import same_form
from mappings.coercion import Json, json_objects
from mappings.field_sources import FieldTarget, VendorRef

TEXTS = frozenset({"text", "textarea"})
"""Types that hold any text: https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/"""


@dataclass(frozen=True)
class CustomField:
    """One field as the account has it."""

    type: str = ""
    """Zendesk's type: ``text``, ``textarea``, ``tagger`` (a dropdown) ...; empty if it may not be read."""
    options: tuple[str, ...] = ()
    """The options of a dropdown, as tickets hold them."""
    active: bool = True

    def written(self, target: FieldTarget, value: str, shown: str = "") -> str | None:
        """The form in which the field takes a value; None clears it. Raises ``ValueError`` if it is not an option.

        ``shown``: what people read in its place where the field is a text without ``values``.
        """
        if not value or value in target.values:
            return target.values.get(value) or None
        if self.type in TEXTS:
            return shown or value
        if self.options:
            return self._option(target, value)
        return value

    def _option(self, target: FieldTarget, value: str) -> str:
        found = next((option for option in self.options if same_form(option, value)), None)
        if found is None:
            options = ", ".join(self.options)
            raise ValueError(
                f"field {target.field} has the options {options}, not {value!r}; translate it with `values`"
            )
        return found


UNKNOWN = CustomField()
"""A field of which nothing could be read: it gets the value as it is."""


def custom_fields(rows: Iterable[Json]) -> dict[VendorRef, CustomField]:
    """Fields by id, from ``GET /api/v2/ticket_fields``."""
    return {int(row["id"]): _custom_field(row) for row in rows if isinstance(row.get("id"), int)}


def _custom_field(row: Json) -> CustomField:
    options = json_objects(row.get("custom_field_options"))
    values = tuple(str(option.get("value")) for option in options)
    return CustomField(str(row.get("type")), values, row.get("active") is not False)
