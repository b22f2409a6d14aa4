"""Marks: tags or fields that people set on a ticket to record an event. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bridge.installation_id import InstallationId
from bridge.ticket import Approval, Confirmation, PhoneContact, Request, TimelineEntry, tag_form
from mappings.coercion import text_of
from mappings.field_sources import EventMark

EVIDENCE = "evidence"
"""Field of the timeline entry that carries our keys when a write of ours changed nothing else that is mapped."""

MARK = "mark:"
"""Prefix of the timeline field of a mark, where the vendor keeps no history of marks."""


def marked_by(marks: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    """Which installations of the bridge wrote, and when each last did, by the reviews that their writes name.

    Reviews of versions that put no installation into their ids are left out.
    """
    found: dict[str, datetime] = {}
    for review, at in marks:
        if installation := InstallationId.of(review):
            name = str(installation)
            found[name] = max(at, found.get(name, at))
    return found


def is_set(mark: EventMark, raw: object, tags: Iterable[str]) -> bool:
    """Whether a mark is set, given the raw value of its field and the ticket's tags."""
    if mark.tag is not None:
        return mark.tag in map(tag_form, tags)
    text = text_of(raw)
    if mark.value is None:
        return text is not None and text.lower() not in ("false", "0")
    wanted = text_of(mark.value)
    truth = {"1": "true", "0": "false"} if isinstance(mark.value, bool) else {}
    return text is not None and truth.get(text, text).lower() == str(wanted).lower()


def entry_of(name: str, *, remarks: str = "", **common: Any) -> TimelineEntry:
    """The timeline entry that a mark stands for. ``common``: time, actor and the other fields of every entry."""
    kind, _, gate = name.partition(":")
    match kind:
        case "escalation":
            return Request(**common)
        case "confirm_resolution":
            return Confirmation(**common)
        case "phone_contact":
            return PhoneContact(**common)
    return Approval(**common, gate=gate, granted=kind == "approve", remarks=remarks)
