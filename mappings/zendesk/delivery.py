"""Whom Zendesk's mail does not reach: people without a usable address, and comments that it could not deliver. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mappings.coercion import Json, enum_value, json_object, json_objects, text_of
from mappings.harmless_text import isolated
from mappings.zendesk.vocabulary import id_text, via_parts, vocabulary


def why_unreachable(ticket: Json, user: Json, identities: Iterable[Json] = ()) -> str:
    """Why no message reaches the requester, as in "the customer has ..."; empty if one may.

    The answers of somebody suspended do not come to the ticket. Words in a conversation need no e-mail address.
    https://developer.zendesk.com/api-reference/ticketing/users/user_identities/#deliverable-state
    """
    if not user:
        return ""  # nothing is known of them
    if user.get("active") is False:
        return "has been deleted in Zendesk"
    if user.get("suspended") is True:
        return "is suspended in Zendesk"
    if _is_in_conversation(ticket):
        return ""
    if not text_of(user.get("email")):
        return "has no e-mail address"
    states = {enum_value(each.get("deliverable_state")) for each in identities if _is_address_of(user, each)}
    if states and states <= vocabulary().undeliverable:
        return "has an e-mail address to which Zendesk cannot deliver"
    return ""


def undelivered(ticket: Json, notifications: Iterable[Json]) -> Mapping[str, str]:
    """Comments whose mail to the requester was refused, by id, and why.

    The delivery status 0 means that nobody has refused it so far.
    https://developer.zendesk.com/api-reference/ticketing/tickets/email_notifications/
    """
    requester = id_text(ticket.get("requester_id"))
    found: dict[str, str] = {}
    for notification in notifications:
        comment = id_text(notification.get("comment_id"))
        for recipient in json_objects(notification.get("recipients")):
            status = json_object(recipient.get("delivery_status"))
            meant = comment != "" and requester != "" and id_text(recipient.get("user_id")) == requester
            if meant and id_text(status.get("id")):
                message = text_of(status.get("message")) or text_of(status.get("name")) or "refused"
                found[comment] = isolated(message).rstrip(".")
    return found


def _is_address_of(user: Json, identity: Json) -> bool:
    """Whether an identity is the address to which mail to a user goes."""
    same = enum_value(identity.get("value")) == enum_value(user.get("email"))
    return enum_value(identity.get("type")) == "email" and same


def _is_in_conversation(ticket: Json) -> bool:
    """Whether comments reach the requester other than by mail."""
    return (
        ticket.get("allow_channelback") is True
        or ticket.get("from_messaging_channel") is True
        or via_parts(ticket.get("via"))[0] in vocabulary().places
    )
