"""Whom Odoo's mail does not reach: contacts without a usable address, and messages that it could not deliver. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.utils import parseaddr

from mappings.coercion import Json
from mappings.odoo.vocabulary import many2one_id, vocabulary

NOTIFICATION_FIELDS = ("mail_message_id", "res_partner_id", "mail_email_address", "notification_status", "failure_type")
"""Fields to read of a ``mail.notification``; a plain helpdesk user may read all of them (measured on 19)."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def address_in(text: object) -> str:
    """The e-mail address in a text, in lower case, as Odoo normalises it; empty if there is none to mail to."""
    found = parseaddr(str(text or ""))[1].strip().lower()
    return found if _ADDRESS.fullmatch(found) else ""


def why_unreachable(ticket: Json, contact: Json, users: Iterable[Json] = ()) -> str:
    """Why no mail reaches the contact of a ticket, as in "the customer has ..."; empty if one may.

    ``users``: those of the contact; an internal one reads messages in Odoo itself. A contact that may not be read can
    have an address.
    """
    written = [text for text in (contact.get("email"), ticket.get("partner_email")) if text]
    internal = any(user.get("share") is False for user in users)
    unreadable = many2one_id(ticket.get("partner_id")) != 0 and not contact
    if internal or any(map(address_in, written)) or (unreadable and not written):
        return ""
    return f"has no usable e-mail address ({written[0]!r})" if written else "has no e-mail address"


def undelivered(ticket: Json, notifications: Iterable[Json]) -> Mapping[int, str]:
    """Messages that did not reach the contact of the ticket, by id, and why not: only they have rows that failed."""
    contact, address = many2one_id(ticket.get("partner_id")), address_in(ticket.get("partner_email"))
    found: dict[int, str] = {}
    for row in notifications:
        partner, mailed_to = many2one_id(row.get("res_partner_id")), address_in(row.get("mail_email_address"))
        meant = (partner != 0 and partner == contact) or (mailed_to != "" and mailed_to == address)
        if meant and str(row.get("notification_status")) in vocabulary().undelivered:
            kind = str(row.get("failure_type") or "")
            found[many2one_id(row.get("mail_message_id"))] = vocabulary().failures.get(kind, kind or "unknown reason")
    return found
