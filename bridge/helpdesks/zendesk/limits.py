"""The rate limits of Zendesk: which ones a call falls under, and what a response says about them.

https://developer.zendesk.com/api-reference/introduction/rate-limits
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from bridge.helpdesks.http.rate_limit import parse_rate_limit

ACCOUNT, UPDATES, EXPORT, SEARCH_EXPORT = "account", "ticket updates", "incremental export", "search export"
UNANNOUNCED = {EXPORT: 10, SEARCH_EXPORT: 100}
"""Calls per minute under limits that no header announces.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#export-search-results
"""


def limits_of(method: str, url: str) -> tuple[str, ...]:
    """The names of the limits that a call falls under, the narrowest last."""
    path = urlsplit(url).path
    if "/incremental/" in path:
        return (ACCOUNT, EXPORT)
    if "/search/export" in path:
        return (ACCOUNT, SEARCH_EXPORT)
    if method.upper() == "PUT" and "/api/v2/tickets/" in path:
        return (ACCOUNT, UPDATES)
    return (ACCOUNT,)


def limits_in(headers: Mapping[str, str]) -> dict[str, tuple[int, int, float]]:
    """The limits that the headers of a response announce: total, remaining, seconds until the reset."""
    found = {}
    with suppress(KeyError, ValueError):
        reset = float(headers.get("rate-limit-reset") or headers.get("ratelimit-reset") or 60.0)
        found[ACCOUNT] = (int(headers["x-rate-limit"]), int(headers["x-rate-limit-remaining"]), reset)
    if updates := parse_rate_limit(headers.get("zendesk-rate-limit-tickets-update")):
        found[UPDATES] = updates
    return found


def is_for_one_ticket(headers: Mapping[str, str]) -> bool:
    """Whether a 429 is about too many updates of one ticket (30 in 10 minutes) and not about the account."""
    left = parse_rate_limit(headers.get("zendesk-ratelimit-per-ticket-updates"))
    return left is not None and left[1] == 0
