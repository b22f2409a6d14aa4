"""What goes over the wire to an Odoo, as far as the scenarios have to understand it."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from .odoo_database import TICKET
from .proxy import Change


def change_of(method: str, path: str, body: bytes) -> Change | None:
    """What a request over JSON-2 or JSON-RPC changes."""
    if method != "POST":
        return None
    sent = json.loads(body)
    if path.startswith("/json/2/"):
        model, called = path.removeprefix("/json/2/").split("/")
        ids, named = sent.get("ids"), sent
    elif sent["params"]["service"] == "object":
        *_, model, called, args, named = sent["params"]["args"]
        ids = args[0] if args else None
    else:
        return None
    if model != TICKET or called not in ("write", "message_post", "activity_schedule", "message_subscribe"):
        return None
    public = called == "message_post" and named["subtype_xmlid"] == "mail.mt_comment"
    return Change(str(ids[0]), "ticket" if called == "write" else "public" if public else "other", speaks=public)


class Text(HTMLParser):
    """What is read on a page of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += " " if tag in ("br", "p", "div") else ""

    def handle_data(self, data: str) -> None:
        self.text += data
