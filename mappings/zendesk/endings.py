"""How a Zendesk ticket left the helpdesk: deleted, marked as spam, or merged into another one. Pure."""

from __future__ import annotations

from bridge.ticket import Ending
from mappings.coercion import Json, enum_value, json_object, json_objects
from mappings.zendesk.actors import TicketSnapshot
from mappings.zendesk.vocabulary import id_text, parse_tags, via_parts

_DELETED = "deleted"
"""Status of deleted tickets, spam among them, in the incremental export; ``GET`` answers 404:
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api"""
_MERGED = "closed_by_merge"
"""Tag of tickets that Zendesk closes in a merge: https://support.zendesk.com/hc/en-us/articles/4408882445594"""


def ending_of(snapshot: TicketSnapshot) -> Ending | None:
    """How the ticket ended; None while it is there, be it closed."""
    status = enum_value(snapshot.ticket.get("status"))
    if status == _DELETED:
        return Ending(kind="spam" if _is_suspended(snapshot) else "deleted")
    if status == "closed" and _MERGED in parse_tags(snapshot.ticket.get("tags")):
        return Ending(kind="merged", into=_other_ticket(snapshot))
    return None


def _is_suspended(snapshot: TicketSnapshot) -> bool:
    """Whether the requester is suspended, as by whoever marks a ticket as spam:
    https://support.zendesk.com/hc/en-us/articles/4408886840986"""
    requester = snapshot.users.get(id_text(snapshot.ticket.get("requester_id")), {})
    return requester.get("suspended") is True


def _other_ticket(snapshot: TicketSnapshot) -> str:
    """The ticket that this one was merged into, where its audits name it."""
    own = id_text(snapshot.ticket.get("id"))
    for audit in reversed(snapshot.audits):
        for via in (audit.get("via"), *(event.get("via") for event in json_objects(audit.get("events")))):
            if "merge" in via_parts(via) and (other := _named(via)) not in ("", own):
                return other
    return ""


def _named(via: object) -> str:
    source = json_object(json_object(via).get("source"))
    ends: list[Json] = [json_object(source.get(side)) for side in ("to", "from")]
    return next(filter(None, (id_text(end.get("ticket_id")) for end in ends)), "")
