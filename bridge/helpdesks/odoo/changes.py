"""Tickets of an Odoo database that changed since a cursor: by their write date, and by the ids of new messages.

Posting a message does not change the write date of its ticket (measured on 18 and 19). Write dates and ids are assigned
when a transaction begins and become visible when it ends. So each sweep overlaps the last one by the longest
transaction, and the cursor holds what has been reported, so that nothing is reported twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bridge.helpdesks.http.waits import FIRST_SWEEP_S, ODOO_COMMIT_S
from bridge.helpdesks.odoo.client import OdooClient
from bridge.ticket import Instant
from mappings.coercion import Json
from mappings.odoo.schema import MODEL
from mappings.odoo.vocabulary import format_datetime, vocabulary

OVERLAP = timedelta(seconds=ODOO_COMMIT_S)
_PAGE = 500


class Cursor(BaseModel):
    """Position of the sweep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Instant
    """Everything committed more than ``OVERLAP`` before this has been reported."""
    tickets: dict[int, str] = {}
    """Ticket -> reported write date, for tickets within the overlap."""
    message: int = 0
    """All messages up to this id have been reported."""
    messages: tuple[int, ...] = ()
    """Later messages that have been reported as well."""


def changed_since(client: OdooClient, text: str | None, now: datetime) -> tuple[list[int], str]:
    """Ids of tickets with changes or messages, and the next cursor; None starts a little before ``now``.

    Takes two calls, and one more for every 500 records.
    """
    cursor = _read(client, text, now)
    since = cursor.at - OVERLAP
    changed = list(_pages(client, MODEL, [("write_date", ">=", format_datetime(since))], ["write_date"]))
    at = min(now, client.server_time or now)  # the slower of the two clocks: at worst something is read twice
    messages = list(_pages(client, "mail.message", [*_SPOKEN, ("id", ">", cursor.message)], ["res_id", "create_date"]))
    found = {row["id"] for row in changed if cursor.tickets.get(row["id"]) != row["write_date"]}
    found |= {row["res_id"] for row in messages if row["id"] not in cursor.messages and row["res_id"]}
    settled = format_datetime(at - OVERLAP)
    message = max((row["id"] for row in messages if str(row["create_date"]) < settled), default=cursor.message)
    following = Cursor(
        at=at,
        tickets={row["id"]: row["write_date"] for row in changed if row["write_date"] >= settled},
        message=message,
        messages=tuple(row["id"] for row in messages if row["id"] > message),
    )
    return sorted(found), following.model_dump_json()


_SPOKEN: list[Any] = [
    ("model", "=", MODEL),
    "|",
    ("message_type", "in", sorted(vocabulary().spoken)),
    ("mail_activity_type_id", "!=", False),
]
"""Messages of people, and logged calls."""


def _read(client: OdooClient, text: str | None, now: datetime) -> Cursor:
    if text:
        with suppress(ValidationError):  # a cursor of another vendor: start again
            return Cursor.model_validate_json(text)
    return _start(client, now - timedelta(seconds=FIRST_SWEEP_S))


def cursor_at(client: OdooClient, instant: datetime) -> str:
    """A cursor that starts at an instant of the past; takes one call."""
    return _start(client, instant).model_dump_json()


def _start(client: OdooClient, start: datetime) -> Cursor:
    before = [("model", "=", MODEL), ("create_date", "<", format_datetime(start - OVERLAP))]
    last = client.search_read("mail.message", before, ["id"], order="id desc", limit=1)
    return Cursor(at=start, message=last[0]["id"] if last else 0)


def _pages(client: OdooClient, model: str, domain: Sequence[Any], fields: list[str]) -> Iterator[Json]:
    """All matching records, paged by id, because one write can give many records the same date."""
    last = 0
    while True:
        page = client.search_read(
            model, [*domain, ("id", ">", last)], fields, order="id", limit=_PAGE, context={"active_test": False}
        )
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]["id"]
