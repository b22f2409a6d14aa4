"""Zendesk's vocabulary (``vocabulary.yaml``) and the forms in which it writes ids, tags and channels. Pure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bridge.ticket import Channel, Priority, Role, Status
from bridge.yamlio.validate import load_model
from mappings import field_sources
from mappings.coercion import enum_value, json_object

OUR_NAME = "policybridge"
"""Our key in the custom metadata of an audit."""


class Vocabulary(field_sources.Vocabulary):
    """The terms in ``vocabulary.yaml``."""

    status: dict[str, Status]
    written_status: dict[Status, str]
    priority: dict[str, Priority]
    role: dict[str, Role]
    channel: dict[str, Channel]
    automatic: frozenset[str]
    undeliverable: frozenset[str]
    metrics: tuple[str, ...]
    spoken: frozenset[str]
    unspoken: frozenset[str]
    chats: frozenset[str]
    chat_ends: frozenset[str]
    chat_words: frozenset[str]
    chat_role: dict[str, Role]
    merges: frozenset[str]
    places: dict[str, str]
    outbound: frozenset[str]
    auto_reply_flags: frozenset[int]


@cache
def vocabulary() -> Vocabulary:
    """The terms that are the same in every Zendesk account."""
    return load_model(Path(__file__).with_name("vocabulary.yaml"), Vocabulary)


def id_text(value: object) -> str:
    """An id as text, which is a number in REST and text in webhooks; empty for null, 0 and -1 (a deleted user)."""
    text = str(value).strip() if value is not None else ""
    return "" if text in ("0", "-1") else text


def parse_tags(value: object) -> frozenset[str]:
    """Tags from a list, or from the space-separated text in audits and triggers."""
    names = value if isinstance(value, list | tuple | set | frozenset) else str(value or "").replace(",", " ").split()
    return frozenset(str(tag).lower() for tag in names)


def via_parts(via: object) -> tuple[str, str]:
    """Channel and relation of a ``via``, such as ``("rule", "trigger")``. In older responses it is plain text."""
    if isinstance(via, str):
        return enum_value(via), ""
    found = json_object(via)
    return enum_value(found.get("channel")), enum_value(json_object(found.get("source")).get("rel"))


def is_automatic(via: object) -> bool:
    """Whether a rule of Zendesk made a change, not a person."""
    return not vocabulary().automatic.isdisjoint(via_parts(via))
