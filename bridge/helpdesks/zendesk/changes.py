"""Tickets of a Zendesk account that changed since a cursor, from the incremental export.

https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from bridge.errors import GiveUp, Retry
from bridge.helpdesks.http.waits import FIRST_SWEEP_S, RESTARTED_SWEEP_S
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from mappings.coercion import json_objects

log = structlog.get_logger()

MAX_PAGES = 5
"""Pages per sweep; the next sweep continues."""
_SINCE = "since:"


def changed_since(client: ZendeskClient, cursor: str | None, now: datetime) -> tuple[list[str], str]:
    """Ids of changed tickets and the next cursor; None starts a little before ``now``."""
    cursor = cursor or _since(now, FIRST_SWEEP_S)
    ids: dict[str, None] = {}
    for page in _pages(client, cursor, now):
        ids |= {str(ticket.get("id")): None for ticket in json_objects(page.get("tickets"))}
        cursor = str(page.get("after_cursor") or cursor)
    return list(ids), cursor


def _pages(client: ZendeskClient, cursor: str, now: datetime) -> Iterator[Json]:
    """Pages of the export until its end. If a rate limit ends it early, the next sweep continues."""
    restart = _since(now, RESTARTED_SWEEP_S)
    for number in range(MAX_PAGES):
        try:
            page = client.get("incremental/tickets/cursor.json", **_position(cursor), per_page=500)
        except Retry:
            if number == 0:
                raise
            return
        except GiveUp as error:
            if cursor == restart:
                raise
            log.warning(
                "export_cursor_refused", connection=client.name, reason=str(error), advice="starting a day back"
            )
            cursor = restart
            continue
        yield page
        following = page.get("after_cursor")
        # zenpy's own generator never ends here: https://github.com/facetoe/zenpy/issues/451
        if page.get("end_of_stream", True) or not following or following == cursor:
            return
        cursor = str(following)


def _position(cursor: str) -> dict[str, str | int]:
    if cursor.startswith(_SINCE):
        return {"start_time": int(cursor.removeprefix(_SINCE))}
    return {"cursor": cursor}


def cursor_at(instant: datetime) -> str:
    """A cursor that starts at an instant of the past."""
    return f"{_SINCE}{int(instant.timestamp())}"


def _since(now: datetime, seconds: float) -> str:
    return cursor_at(now - timedelta(seconds=seconds))
