"""Tags and custom fields, which Zendesk ties together: a dropdown's value is a tag of the ticket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.state import State

CHOICES = ("tagger", "multiselect")


def tags_and_fields(state: State, old: Record, wanted: Record) -> Record:
    """New ``tags`` and ``custom_fields`` of a ticket.

    ``tags`` replaces all tags; a dropdown whose tag goes loses its value, one whose option tag comes takes it. Then
    the fields that were sent are set, and swap their option tags. Unknown fields and options are ignored.
    """
    tags = normalized_subject(wanted["tags"]) if "tags" in wanted else set(old["tags"])
    values = dict(old["custom_fields"])
    if "tags" in wanted:
        _follow_tags(state, values, tags)
    for ident, value in _sent(wanted):
        field = state.ticket_fields.get(ident)
        if field is not None and field["active"]:
            _set(field, value, values, tags)
    return {"tags": sorted(tags), "custom_fields": values}


def normalized_subject(tags: Any) -> set[str]:
    """Tags as Zendesk keeps them: lower case, no spaces; a text is a list divided by spaces."""
    given: Iterable[Any] = tags.split() if isinstance(tags, str) else tags or ()
    return {word.lower() for tag in given for word in str(tag).replace(",", " ").split()}


def _sent(wanted: Record) -> list[tuple[int, Any]]:
    sent = wanted.get("custom_fields") or wanted.get("fields") or []
    if isinstance(sent, dict):
        return [(int(ident), value) for ident, value in sent.items()]
    return [(int(item["id"]), item.get("value")) for item in sent]


def options(field: Record) -> set[str]:
    return {option["value"] for option in field.get("custom_field_options", ())}


def _follow_tags(state: State, values: dict[int, Any], tags: set[str]) -> None:
    for ident, field in state.ticket_fields.items():
        present = sorted(options(field) & tags)
        if field["type"] == "tagger" and values.get(ident) not in present:
            values[ident] = present[0] if present else None
        elif field["type"] == "multiselect":
            values[ident] = present


def _set(field: Record, value: Any, values: dict[int, Any], tags: set[str]) -> None:
    if field["type"] in CHOICES:
        chosen = {str(item) for item in (value if isinstance(value, list) else [value]) if item not in (None, "")}
        if not chosen <= options(field):
            return  # an unknown option is ignored, and the answer is 200 all the same
        tags -= options(field)
        tags |= chosen
        values[field["id"]] = sorted(chosen) if field["type"] == "multiselect" else next(iter(chosen), None)
    else:
        values[field["id"]] = _scalar(field, value)


def _scalar(field: Record, value: Any) -> Any:
    if field["type"] == "checkbox":
        return value in (True, "true", "1", 1)
    if value in (None, ""):
        return None
    if field["type"] in ("integer", "decimal"):
        try:
            return str(int(value) if field["type"] == "integer" else float(value))
        except (TypeError, ValueError):
            text = f"{field['title']}: must be a number"
            raise error_responses.record_invalid("base", text, ticket_field_id=field["id"]) from None
    return str(value)
