"""Comment bodies: placeholders, HTML and size, as Zendesk treats them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.state import State

MAX_BODY_BYTES = 64 * 1024
"""Longer bodies are cut without a word."""

_PLACEHOLDER = re.compile(r"(\\{1,2})?\{\{\s*([\w.]+)\s*\}\}")
_MARKUP = re.compile(r"<[^>]+>")
_BREAK = re.compile(r"(?i)<br\s*/?>|</p>|</div>|</li>")


def rendered(text: str, values: Mapping[str, Callable[[], str]]) -> str:
    """Replace ``{{ticket.id}}`` and the like; an unknown placeholder becomes nothing; ``\\{{`` escapes."""

    def replace(match: re.Match[str]) -> str:
        escape, name = match.groups()
        if escape:
            return match.group(0).removeprefix(escape)
        return values[name]() if name in values else ""

    return _PLACEHOLDER.sub(replace, text)


def placeholders(state: State, ticket: Record, actor: Record) -> dict[str, Callable[[], str]]:
    """What ``{{...}}`` may name for a ticket. Values are display strings, as in trigger payloads."""

    def name_of(user: int | None, attribute: str) -> str:
        return str((state.users.get(user or 0) or {}).get(attribute) or "")

    values: dict[str, Callable[[], str]] = {
        "ticket.id": lambda: str(ticket["id"]),
        "ticket.title": lambda: ticket["subject"] or "",
        "ticket.description": lambda: ticket["description"] or "",
        "ticket.status": lambda: ticket["status"].capitalize(),
        "ticket.priority": lambda: (ticket["priority"] or "").capitalize(),
        "ticket.ticket_type": lambda: (ticket["type"] or "").capitalize(),
        "ticket.tags": lambda: " ".join(ticket["tags"]),
        "ticket.url": lambda: f"sandbox.zendesk.test/agent/tickets/{ticket['id']}",
        "ticket.external_id": lambda: ticket["external_id"] or "",
        "ticket.requester.name": lambda: name_of(ticket["requester_id"], "name"),
        "ticket.requester.email": lambda: name_of(ticket["requester_id"], "email"),
        "ticket.assignee.name": lambda: name_of(ticket["assignee_id"], "name"),
        "ticket.assignee.email": lambda: name_of(ticket["assignee_id"], "email"),
        "ticket.group.name": lambda: str((state.groups.get(ticket["group_id"] or 0) or {}).get("name") or ""),
        "ticket.organization.name": lambda: str(
            (state.organizations.get(ticket["organization_id"] or 0) or {}).get("name") or ""
        ),
        "ticket.in_business_hours": lambda: "true",
        "current_user.id": lambda: str(actor["id"]),
        "current_user.name": lambda: str(actor["name"]),
        "current_user.email": lambda: str(actor["email"] or ""),
    }
    for field in state.ticket_fields:
        values[f"ticket.ticket_field_{field}"] = partial(_field_text, ticket, field)
    return values


def _field_text(ticket: Record, field: int) -> str:
    return str(ticket["custom_fields"].get(field) or "")


def bodies(comment: Mapping[str, Any], values: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """``body``, ``html_body`` and ``plain_body`` of a written comment.

    A plain ``body`` loses runs of blanks and of line breaks; an ``html_body`` keeps its form.
    """
    if comment.get("html_body"):
        markup = _cut(rendered(str(comment["html_body"]), values))
        plain = html.unescape(_MARKUP.sub("", _BREAK.sub("\n", markup))).strip()
    else:
        text = rendered(str(comment.get("body") or ""), values)
        plain = _cut(re.sub(r"\n{2,}", "\n", re.sub(r"[ \t]{2,}", " ", text)).strip())
        markup = f'<p dir="auto">{html.escape(plain, quote=False).replace(chr(10), "<br>")}</p>'
    return {
        "body": plain,
        "html_body": f'<div class="zd-comment" dir="auto">{markup}</div>',
        "plain_body": plain,
    }


def _cut(text: str) -> str:
    """At most so many bytes; half of a surrogate pair, which no UTF-8 can carry, becomes U+FFFD."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.encode()[:MAX_BODY_BYTES].decode(errors="ignore")
