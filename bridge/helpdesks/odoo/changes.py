"""What changed in an Odoo database since the last look: tickets by their write date, messages by their number.

Both are set when a transaction begins and become visible when it ends, so each sweep looks back over the longest
transaction there is, and the cursor remembers what it has told already: an idle database wakes nothing.
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
    """Where the sweep stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Instant
    """Whatever was committed ``OVERLAP`` before this has been told."""
    tickets: dict[int, str] = {}
    """Ticket -> the write date that was told, of those in the overlap."""
    message: int = 0
    """Every message up to this number has been told."""
    messages: tuple[int, ...] = ()
    """Later ones that have been told as well."""


def changed_since(client: OdooClient, text: str | None, now: datetime) -> tuple[list[int], str]:
    """Tickets changed or written to since a cursor, and the next cursor; None starts a little before ``now``.

    Two calls where nothing happened, one more for every 500 records.
    """
    cursor = _read(client, text, now)
    since = cursor.at - OVERLAP
    changed = list(_pages(client, MODEL, [("write_date", ">=", format_datetime(since))], ["write_date"]))
    at = min(now, client.server_time or now)  # whoever is behind: then more is looked at twice
    said = list(_pages(client, "mail.message", [*_SPOKEN, ("id", ">", cursor.message)], ["res_id", "create_date"]))
    found = {row["id"] for row in changed if cursor.tickets.get(row["id"]) != row["write_date"]}
    found |= {row["res_id"] for row in said if row["id"] not in cursor.messages and row["res_id"]}
    settled = format_datetime(at - OVERLAP)
    message = max((row["id"] for row in said if str(row["create_date"]) < settled), default=cursor.message)
    following = Cursor(
        at=at,
        tickets={row["id"]: row["write_date"] for row in changed if row["write_date"] >= settled},
        message=message,
        messages=tuple(row["id"] for row in said if row["id"] > message),
    )
    return sorted(found), following.model_dump_json()


_SPOKEN: list[Any] = [
    ("model", "=", MODEL),
    "|",
    ("message_type", "in", sorted(vocabulary().spoken)),
    ("mail_activity_type_id", "!=", False),
]
"""What somebody said, and calls that were logged."""


def _read(client: OdooClient, text: str | None, now: datetime) -> Cursor:
    if text:
        with suppress(ValidationError):  # one of another vendor: begin anew
            return Cursor.model_validate_json(text)
    start = now - timedelta(seconds=FIRST_SWEEP_S)
    before = [("model", "=", MODEL), ("create_date", "<", format_datetime(start - OVERLAP))]
    last = client.search_read("mail.message", before, ["id"], order="id desc", limit=1)
    return Cursor(at=start, message=last[0]["id"] if last else 0)


def _pages(client: OdooClient, model: str, domain: Sequence[Any], fields: list[str]) -> Iterator[Json]:
    """All records that match, by id: a date stands for as many records as one write had."""
    last = 0
    while True:
        page = client.search_read(
            model, [*domain, ("id", ">", last)], fields, order="id", limit=_PAGE, context={"active_test": False}
        )
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1]["id"]
