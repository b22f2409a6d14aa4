"""Tickets that the merge addon merged into an Odoo ticket: which, and which messages came along with them. Pure.

The addon posts a comment with links on both tickets, moves the messages of the merged one, and archives it:
https://github.com/OCA/helpdesk/blob/18.0/helpdesk_mgmt_merge/wizard/helpdesk_ticket_merge.py
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mappings.coercion import Json, enum_value, parse_instant
from mappings.odoo.schema import MODEL
from mappings.odoo.vocabulary import many2one_id, ticket_of_message_id, vocabulary

_LINKED = re.compile(r"""data-oe-id=["']?([1-9][0-9]{0,9})\b""")
_POSTED_ON = re.compile(rf"-openerp-([1-9][0-9]{{0,9}})-{re.escape(MODEL)}@")
"""In the Message-Id that Odoo gives to what is written on a ticket."""


def is_merge(message: Json) -> bool:
    """Whether the merge addon posted a message."""
    return enum_value(message.get("subject")) in vocabulary().merge_subjects


def merged_by(message: Json, ticket: int) -> list[int]:
    """The tickets that were merged into ``ticket``, by the links of one message."""
    if not is_merge(message):
        return []
    linked = [int(ident) for ident in _LINKED.findall(str(message.get("body") or ""))]
    return [] if ticket in linked else list(dict.fromkeys(linked))


def merged_ids(ticket: int, messages: Sequence[Json]) -> list[int]:
    """The tickets that were merged into ``ticket``, in the order of the merges."""
    return list(dict.fromkeys(ident for message in messages for ident in merged_by(message, ticket)))


def source_of(message: Json, ticket: Json, sources: Sequence[int]) -> int:
    """The merged ticket from which a message came along; 0: it is the ticket's own.

    Odoo's and our own Message-Ids name the ticket. A mail that was received does not: one from before the ticket came
    with the first that was merged, and a later one is taken for the ticket's own, as words of the customer.
    """
    if not sources:
        return 0
    own, text = many2one_id(ticket.get("id")), str(message.get("message_id") or "")
    found = _POSTED_ON.search(text)
    named = int(found[1]) if found else ticket_of_message_id(text)
    if named:
        return 0 if named == own else named
    created, at = parse_instant(ticket.get("create_date")), parse_instant(message.get("create_date"))
    return sources[0] if created and at and at < created else 0
