"""Zendesk's answers, sorted by what to do next; the only place that knows its status codes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests

from bridge.errors import Conflict, GiveUp, Gone, HelpdeskError, Retry
from bridge.helpdesks.http.rate_limit import parse_rate_limit, parse_retry_after
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S, RETRY_AFTER_S

_ADVICE = {
    401: "check ZENDESK_OAUTH_CLIENT_ID and _SECRET, or ZENDESK_EMAIL and ZENDESK_API_TOKEN",
    403: "give the OAuth client the scopes of ZENDESK_OAUTH_SCOPE",
}


def sort_out(response: requests.Response, *, tickets: bool = True) -> None:
    """Raise what an answer means for us; return for a success with JSON in it, or with nothing in it.

    ``tickets``: the call was about a ticket, so that a used-up limit stops the others as well.
    """
    status, what = response.status_code, f"{response.request.method} {urlsplit(str(response.request.url)).path}"
    if not 200 <= status < 300:
        raise _refused(response, f"Zendesk answered {status} to {what}: {described(response)}", tickets=tickets)
    if response.content and _body(response) is None:
        raise Retry(f"Zendesk answered {what} with something that is not JSON")


def _refused(response: requests.Response, reason: str, *, tickets: bool) -> HelpdeskError:
    match response.status_code:
        case 404 | 410:
            return Gone(reason)
        case 409:
            return Conflict(reason)
        case 429:
            everyone = tickets and not one_ticket_only(response)
            return Retry(reason, after=parse_retry_after(response.headers, RETRY_AFTER_S), all_tickets=everyone)
        case 401 | 403 as status if status == 401 or "scope" in described(response).lower():
            return Retry(f"{reason}; {_ADVICE[status]}", after=NEEDS_ADMIN_PAUSE_S, all_tickets=True)
        case 403:
            return GiveUp(f"{reason}; let the integration user see and change this ticket")
        case status if status >= 500 or status in (408, 425):
            asked = "Retry-After" in response.headers
            after = parse_retry_after(response.headers, RETRY_AFTER_S) if asked else None
            return Retry(reason, after=after, all_tickets=asked)
        case status if status < 400:
            return Retry(
                f"{reason}; check ZENDESK_SUBDOMAIN and ZENDESK_URL", after=NEEDS_ADMIN_PAUSE_S, all_tickets=True
            )
    return GiveUp(reason)


def one_ticket_only(response: requests.Response) -> bool:
    """Whether a 429 is about too many updates of this one ticket (30 in 10 minutes)."""
    left = parse_rate_limit(response.headers.get("zendesk-ratelimit-per-ticket-updates"))
    return left is not None and left[1] == 0


def described(response: requests.Response) -> str:
    """The vendor's own words for an error, in one line: ``Status: closed prevents ticket update``."""
    body = _body(response)
    if not isinstance(body, dict):
        return "no explanation"
    error = body.get("error")
    title = error.get("title") or error.get("message") if isinstance(error, dict) else error
    texts: list[Any] = _details(body.get("details")) or [title, body.get("description") or body.get("message")]
    return " ".join("; ".join(str(text) for text in texts if text).split())[:500] or "no explanation"


def _details(details: object) -> list[Any]:
    groups = details.values() if isinstance(details, dict) else ()
    items = [item for group in groups if isinstance(group, list) for item in group if isinstance(item, dict)]
    return [item["description"] for item in items if item.get("description")]


def _body(response: requests.Response) -> Any:
    with suppress(ValueError, RecursionError):
        return response.json()
    return None
