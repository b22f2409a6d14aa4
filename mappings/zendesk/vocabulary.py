"""Zendesk's vocabulary (``zendesk.yaml``) and the forms in which it writes ids, times and values. Pure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bridge.ticket import Channel, Priority, Role, Status
from bridge.yamlio.validate import load_model
from mappings import field_sources
from mappings.coercion import mapping, word

OUR_NAME = "policybridge"
"""Key of our part in the metadata of a ticket's audit."""


class Vocabulary(field_sources.Vocabulary):
    """The words of ``zendesk.yaml``."""

    status: dict[str, Status]
    written_status: dict[Status, str]
    priority: dict[str, Priority]
    role: dict[str, Role]
    channel: dict[str, Channel]
    automatic: frozenset[str]
    auto_reply_flags: frozenset[int]


@cache
def vocabulary() -> Vocabulary:
    """The words that are the same in every Zendesk account."""
    return load_model(Path(__file__).with_name("vocabulary.yaml"), Vocabulary)


def ident(value: object) -> str:
    """An id as text: numbers in REST, text in events; empty for null, 0 and the -1 of a deleted user."""
    text = str(value).strip() if value is not None else ""
    return "" if text in ("0", "-1") else text


def tags_of(value: object) -> frozenset[str]:
    """Tags from a list, or from the text separated by blanks that audits and triggers hold."""
    words = value if isinstance(value, list | tuple | set | frozenset) else str(value or "").replace(",", " ").split()
    return frozenset(str(tag).lower() for tag in words)


def via_words(via: object) -> tuple[str, str]:
    """Channel and relation of a ``via``: ``("rule", "trigger")``; older answers have plain text there."""
    if isinstance(via, str):
        return word(via), ""
    found = mapping(via)
    return word(found.get("channel")), word(mapping(found.get("source")).get("rel"))


def is_automatic(via: object) -> bool:
    """Whether a rule of Zendesk, and no person, did this."""
    return not vocabulary().automatic.isdisjoint(via_words(via))
