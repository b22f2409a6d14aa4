"""Whether a comment of a Zendesk ticket was sent by a machine."""

from __future__ import annotations

from collections.abc import Iterator

from mappings import auto_reply
from mappings.coercion import Json, json_object
from mappings.zendesk.conversation import is_automatic_merge, is_merged_in
from mappings.zendesk.vocabulary import id_text, vocabulary


def is_auto_reply(event: Json, audit: Json) -> bool:
    """Whether mail headers (kept by an importer) or Zendesk's comment flags mark an automatic reply."""
    via = event.get("via") or audit.get("via")
    if is_merged_in(via) and is_automatic_merge(event, via):
        return True
    metadata = [json_object(event.get("metadata")), json_object(audit.get("metadata"))]
    for found in metadata:
        flags = found.get("flags")
        if isinstance(flags, list) and any(id_text(flag) in _flag_words() for flag in flags):
            return True
        if any(auto_reply.is_automatic(part) for part in _headers(found)):
            return True
    return False


def _headers(metadata: Json) -> Iterator[Json]:
    for part in (metadata, json_object(metadata.get("system")), json_object(metadata.get("custom"))):
        yield part
        yield json_object(part.get("headers"))


def _flag_words() -> set[str]:
    return {str(flag) for flag in vocabulary().auto_reply_flags}
