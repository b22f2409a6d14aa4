"""Tickets that were merged into a Zendesk ticket, as its audits name them. Pure.

https://developer.zendesk.com/documentation/ticketing/reference-guides/via-object-reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mappings.coercion import Json, json_object, json_objects
from mappings.zendesk.actors import TicketSnapshot
from mappings.zendesk.conversation import author_of, body, is_merged_in, is_words
from mappings.zendesk.vocabulary import id_text

_NUMBER = re.compile(r"#([0-9]{1,20})\b")


def merged_ids(audits: Sequence[Json]) -> list[str]:
    """The tickets that were merged into the one of these audits, in the order of the merges."""
    return list(dict.fromkeys(ident for audit in audits for ident in merged_by(audit)))


def merged_by(audit: Json) -> list[str]:
    """The tickets that one audit merged into its ticket; where its ``via`` has no ids, those that its text names."""
    events = json_objects(audit.get("events"))
    vias = [via for via in (audit.get("via"), *(event.get("via") for event in events)) if is_merged_in(via)]
    if not vias:
        return []
    named = [ident for via in vias for ident in _ids_of(json_object(via))]
    found = named or [number for event in events for number in _NUMBER.findall(body(event).partition("\n")[0])]
    return [ident for ident in dict.fromkeys(found) if ident != id_text(audit.get("ticket_id"))]


def customer_wrote(source: TicketSnapshot) -> bool:
    """Whether the requester of a ticket wrote anything on it, the words that opened it among them."""
    requester = id_text(source.ticket.get("requester_id"))
    for audit in source.audits:
        words = (event for event in json_objects(audit.get("events")) if is_words(event, audit))
        if requester in {author_of(event, audit) for event in words}:
            return True
    return False


def _ids_of(via: Json) -> Iterator[str]:
    came_from = json_object(json_object(via.get("source")).get("from"))
    several = came_from.get("ticket_ids")
    for value in (*(several if isinstance(several, list) else ()), came_from.get("ticket_id")):
        if found := id_text(value):
            yield found
