"""Odoo's vocabulary (``vocabulary.yaml``) and the forms in which it writes ids, times, tags and text. Pure."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from bridge.ticket import Channel, Priority
from bridge.yamlio.validate import load_model
from mappings import field_sources
from mappings.harmless_text import harmless

PREFIX = "x_policy_"
"""Prefix of our own fields on a ticket."""
LOG_FIELD = "x_policy_log"
"""Text field with our last writes, see :mod:`mappings.odoo.write_log`."""
INSTALL = "run `policybridge install odoo --apply`"
"""Advice for when something of ours is missing."""
SUPERUSER = 1
"""Id of OdooBot, which is the user of Odoo's own rules and mail gateways."""

_MESSAGE_ID = re.compile(r"<([A-Za-z0-9_-]+)(?:\.([0-9]+))?@policybridge>")
_SCRIPTS = {"latin": "Latn", "cyrillic": "Cyrl"}
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "div", "dl", "dt", "dd", "figure", "footer", "form", "h1", "h2", "h3", "h4"}
    | {"h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_UNSEEN = frozenset({"head", "script", "style", "title"})


class Vocabulary(field_sources.Vocabulary):
    """The terms in ``vocabulary.yaml``."""

    priority: dict[str, Priority]
    channel: dict[str, Channel]
    spoken: frozenset[str]
    received: frozenset[str]
    template: frozenset[str]
    undelivered: frozenset[str]
    failures: dict[str, str]
    automatic: frozenset[str]
    merge_subjects: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The terms that are the same in every Odoo database."""
    return load_model(Path(__file__).with_name("vocabulary.yaml"), Vocabulary)


def many2one_id(value: object) -> int:
    """The id of a many2one, which is a number or ``[id, name]``; 0 for Odoo's ``false``."""
    first = value[0] if isinstance(value, list | tuple) and value else value
    return first if isinstance(first, int) and not isinstance(first, bool) else 0


def many2many_ids(value: object) -> list[int]:
    """The ids of a many2many."""
    return [found for item in value if (found := many2one_id(item))] if isinstance(value, list | tuple) else []


def format_datetime(at: datetime) -> str:
    """An instant as Odoo expects it: naive UTC in whole seconds. It rejects ``T``, ``Z`` and fractions (measured)."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")


def message_id(key: str, template: str = "", ticket: int = 0) -> str:
    """The Message-Id that carries the key and template of a message.

    It contains the ticket, because messages on two tickets may have the same key, and mail systems thread by it.
    """
    plain = json.dumps([key, template], ensure_ascii=False, separators=(",", ":"))
    text = urlsafe_b64encode(plain.encode()).decode().rstrip("=")
    return f"<{text}.{ticket}@policybridge>" if ticket else f"<{text}@policybridge>"


def parse_message_id(message_id: object) -> tuple[str, str] | None:
    """Key and template in one of our Message-Ids; None for any other."""
    found = _MESSAGE_ID.fullmatch(str(message_id or "").strip())
    if found is None:
        return None
    text = found[1]
    try:
        key, template = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        return None
    return (key, template) if isinstance(key, str) and isinstance(template, str) else None


def ticket_of_message_id(message_id: object) -> int:
    """The ticket on which one of our Message-Ids was sent; 0 for any other."""
    found = _MESSAGE_ID.fullmatch(str(message_id or "").strip())
    return int(found[2] or 0) if found else 0


def language_tag(lang: object) -> str:
    """The BCP 47 tag of an Odoo language: ``ja-JP`` for ``ja_JP``, ``sr-Latn`` for ``sr@latin``."""
    code, _, script = str(lang or "").partition("@")
    parts = code.split("_")
    return "-".join([*parts[:1], *filter(None, [_SCRIPTS.get(script.lower(), "")]), *parts[1:]])


def html_to_text(html: object) -> str:
    """The visible text of an HTML field, with one line for each block; empty for Odoo's ``false``."""
    if not isinstance(html, str):
        return ""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return harmless(text)  # again, because HTML has numbers for every character


class _Text(HTMLParser):
    """Collects the visible text and starts a new line for every block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0
        self._pre = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        self._pre += tag == "pre"
        if tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self._new_line()

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(self._unseen - (tag in _UNSEEN), 0)
        self._pre = max(self._pre - (tag == "pre"), 0)
        if tag in _BLOCKS:
            self._new_line()

    def handle_data(self, data: str) -> None:
        text = data if self._pre else re.sub(r"\s+", " ", data)  # plain-text mail is stored as <pre>
        if not self._unseen and (text.strip() or (self.parts and not self.parts[-1].endswith("\n"))):
            self.parts.append(text)

    def _new_line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
