"""Translates Zendesk's error responses into :mod:`bridge.errors`, by what to do next.

This is the only module that knows its status codes. A token with a wrong scope is issued all the same, and calls then
answer 403: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import requests

from bridge.errors import Conflict, Denied, Forbidden, GiveUp, Gone, HelpdeskError, Retry, Unavailable
from bridge.helpdesks.http.rate_limit import parse_retry_after
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S, RETRY_AFTER_S
from bridge.helpdesks.zendesk.limits import is_for_one_ticket
from mappings.harmless_text import harmless

_ADVICE = {
    401: "check ZENDESK_OAUTH_CLIENT_ID and _SECRET, or ZENDESK_EMAIL and ZENDESK_API_TOKEN",
    403: "give the OAuth client the scopes of ZENDESK_OAUTH_SCOPE",
}

_READS_TICKET = re.compile(r"to GET \S+/tickets/\d+(?:\.json)?:")


def raise_for_status(response: requests.Response, *, about_ticket: bool = True) -> None:
    """Raise the error that a response stands for; return for a success with JSON or without a body.

    ``about_ticket``: the call was about a ticket, so an exhausted rate limit concerns all tickets.
    """
    status, what = response.status_code, f"{response.request.method} {urlsplit(str(response.request.url)).path}"
    if not 200 <= status < 300:
        raise _error_of(response, f"Zendesk answered {status} to {what}: {described(response)}", about_ticket)
    if response.content and _body(response) is None:
        raise Unavailable(f"Zendesk's response to {what} is not JSON")


def _error_of(response: requests.Response, reason: str, about_ticket: bool) -> HelpdeskError:
    match response.status_code:
        case 404 | 410:
            return Gone(
                f"{reason}; the ticket was deleted or marked as spam" if _READS_TICKET.search(reason) else reason
            )
        case 409:
            return Conflict(reason)
        case 429:
            everyone = about_ticket and not is_for_one_ticket(response.headers)
            return Retry(reason, after=parse_retry_after(response.headers, RETRY_AFTER_S), all_tickets=everyone)
        case 401 | 403 as status if status == 401 or "scope" in described(response).lower():
            return Denied(f"{reason}; {_ADVICE[status]}", after=NEEDS_ADMIN_PAUSE_S)
        case 403:
            return Forbidden(f"{reason}; give the integration user access to this ticket")
        case status if status >= 500 or status in (408, 425):
            has_delay = "Retry-After" in response.headers
            after = parse_retry_after(response.headers, RETRY_AFTER_S) if has_delay else None
            return Unavailable(reason, after=after, all_tickets=has_delay)
        case status if status < 400:
            return Denied(f"{reason}; check ZENDESK_SUBDOMAIN and ZENDESK_URL", after=NEEDS_ADMIN_PAUSE_S)
    return GiveUp(reason, described(response) if response.status_code in (400, 422) else "")


def described(response: requests.Response) -> str:
    """Zendesk's own description of an error in one line: ``Status: closed prevents ticket update``."""
    body = _body(response)
    if not isinstance(body, dict):
        return "no explanation"
    error = body.get("error")
    title = error.get("title") or error.get("message") if isinstance(error, dict) else error
    texts: list[Any] = _details(body.get("details")) or [title, body.get("description") or body.get("message")]
    return harmless(" ".join("; ".join(str(text) for text in texts if text).split())[:500]) or "no explanation"


def _details(details: object) -> list[Any]:
    groups = details.values() if isinstance(details, dict) else ()
    items = [item for group in groups if isinstance(group, list) for item in group if isinstance(item, dict)]
    return [item["description"] for item in items if item.get("description")]


def _body(response: requests.Response) -> Any:
    with suppress(ValueError, RecursionError):
        return response.json()
    return None
