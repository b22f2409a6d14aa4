"""The unsolved tickets of a Zendesk account, page by page, from the export of a search.

A search sees a change only after some minutes; what is newer, webhooks and sweeps find.
https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#export-search-results
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import structlog

from bridge.errors import GiveUp, Unavailable
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from mappings.coercion import json_object, json_objects

log = structlog.get_logger()

_PATH = "search/export.json"
_PAGE = 100
"""More are allowed; but a page has whole tickets, whose descriptions may be long."""


def open_tickets(client: ZendeskClient, cursor: str | None) -> tuple[list[str], str | None]:
    """Ids of unsolved tickets, and the cursor of the next page; None: there is none.

    Zendesk forgets a cursor after an hour. Then the pages begin again.
    """
    try:
        page = _page(client, cursor)
    except GiveUp as error:
        if cursor is None:
            raise
        log.info("search_cursor_refused", connection=client.name, reason=str(error), advice="starting again")
        page = _page(client, None)
    ids = [str(ticket.get("id")) for ticket in json_objects(page["results"])]
    return ids, _following(page) if ids else None


def _page(client: ZendeskClient, cursor: str | None) -> Json:
    position = {"page[after]": cursor} if cursor else {}
    # with `type:` in the query instead of a filter Zendesk refuses the export
    query: dict[str, str | int] = {"query": "status<solved", "filter[type]": "ticket", "page[size]": _PAGE, **position}
    page = client.get(_PATH, **query)
    if not isinstance(page.get("results"), list):
        raise Unavailable(f"Zendesk's response to GET {_PATH} has no results")
    return page


def _following(page: Json) -> str | None:
    """The cursor, which the recordings of some accounts have in the link alone."""
    meta, links = json_object(page.get("meta")), json_object(page.get("links"))
    if not meta.get("has_more"):
        return None
    query = parse_qs(urlsplit(str(links.get("next") or "")).query)
    return str(meta.get("after_cursor") or "") or next(iter(query.get("page[after]", ())), None)
