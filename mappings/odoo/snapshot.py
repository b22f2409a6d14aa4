"""What Odoo returns for one ticket: the fields to read, the records, and whose records are needed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mappings.coercion import Json, parse_instant
from mappings.harmless_text import harmless
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import Schema
from mappings.odoo.vocabulary import SUPERUSER, many2many_ids, many2one_id

MESSAGE_FIELDS = (
    "id",
    "create_date",
    "date",
    "message_type",
    "subtype_id",
    "author_id",
    "create_uid",
    "email_from",
    "subject",
    "body",
    "partner_ids",
    "message_id",
    "mail_activity_type_id",
)
"""Fields to read of a ``mail.message``; a plain helpdesk user may read all of them.

One more, ``tracking_value_ids``, would make the whole call fail with an AccessError (measured on 18 and 19).
"""
TRACKING_FIELDS = (
    "id",
    "mail_message_id",
    "field_id",
    "old_value_integer",
    "new_value_integer",
    "old_value_float",
    "new_value_float",
    "old_value_char",
    "new_value_char",
    "old_value_text",
    "new_value_text",
    "old_value_datetime",
    "new_value_datetime",
)
"""Fields to read of a ``mail.tracking.value``, with display names (no ``load=None``)."""
PARTNER_FIELDS = (
    "id",
    "name",
    "email",
    "lang",
    "ref",
    "partner_share",
    "commercial_partner_id",
)
MERGED_FIELDS = ("id", "create_date", "tag_ids")
"""Fields to read of a ticket that was merged into another one."""
ACTIVITY_FIELDS = ("id", "note", "create_date")
"""Fields to read of a ``mail.activity``."""
USER_FIELDS = ("id", "login", "email", "name", "partner_id", "share")


@dataclass(frozen=True)
class IntegrationUser:
    """The user whose API key the bridge has."""

    uid: int
    partner_id: int
    login: str = ""


@dataclass(frozen=True)
class TicketSnapshot:
    """What Odoo returned for one ticket, with every text made harmless.

    Read the messages and trackings first and the ticket last. A change in between is then in the ticket, and the next
    fetch finds its tracking, which replaces what was observed. The other way round it would look as if the change had
    been undone.
    """

    ticket: Json
    """``Schema.ticket_fields(connection)``, read with ``load=None``."""
    messages: Sequence[Json]
    """Oldest first, ``MESSAGE_FIELDS`` with ``load=None``."""
    trackings: Sequence[Json]
    """``TRACKING_FIELDS`` with display names, because a field is known only by its label; empty without the right."""
    partners: Mapping[int, Json]
    """Those of :func:`people_ids_in`, and their commercial partners."""
    users: Mapping[int, Json]
    """Those of :func:`people_ids_in` and the users of the partners, including archived ones (``active_test=False``):
    an agent who has left is still an agent."""
    me: IntegrationUser
    catalog: HelpdeskCatalog = field(repr=False)
    notifications: Sequence[Json] = ()
    """``NOTIFICATION_FIELDS`` of mails of the messages that did not arrive."""
    merged: Mapping[int, Json] = field(default_factory=dict)
    """``MERGED_FIELDS`` of the tickets that were merged into this one, by id, as far as they can be read."""
    activities: Sequence[Json] = ()
    """``ACTIVITY_FIELDS`` of what the bridge's user has put on people's lists; read of resolved tickets only."""
    merged_into: int = 0
    """The ticket into which this one was merged; 0: none."""

    @property
    def stage_since(self) -> datetime | None:
        """Since when the ticket has been in its stage; both flavours record that."""
        return parse_instant(self.ticket.get("last_stage_update") or self.ticket.get("date_last_stage_update"))

    def __post_init__(self) -> None:
        for name in ("ticket", "messages", "trackings", "partners", "users", "activities"):
            object.__setattr__(self, name, harmless(getattr(self, name)))


def people_ids_in(
    schema: Schema, ticket: Json, messages: Iterable[Json], trackings: Iterable[Json] = ()
) -> tuple[set[int], set[int]]:
    """Ids of the partners and of the users whose role or address the mapping needs."""
    partners = {many2one_id(ticket.get(name)) for name in ("partner_id", "commercial_partner_id")}
    users = {many2one_id(ticket.get(name)) for name in ("create_uid", "write_uid", "user_id")} | {SUPERUSER}
    for message in messages:
        partners.add(many2one_id(message.get("author_id")))
        partners |= set(many2many_ids(message.get("partner_ids")))
        users.add(many2one_id(message.get("create_uid")))
    found = {"user_id": users, "partner_id": partners}
    for row in trackings:
        if (ids := found.get(schema.tracked_field(row) or "")) is not None:
            ids |= {many2one_id(row.get("old_value_integer")), many2one_id(row.get("new_value_integer"))}
    return partners - {0}, users - {0}
