"""Recognition of automatic mail by what mail systems say about it, never by what a person wrote. Pure.

RFC 3834 (``Auto-Submitted``, https://www.rfc-editor.org/rfc/rfc3834) and the older headers of automatic replies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parseaddr

from bridge.ticket import PLAUSIBLE_YEARS
from mappings.auto_reply_subjects import is_automatic_subject

_NOT_AUTOMATIC = {"", "no", "false", "none", "0"}
_BULK = {"bulk", "junk", "auto_reply", "auto-reply"}
_REPLY_HEADERS = ("x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder", "x-auto-response-suppress")
_ISO = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)")
_MAX_CHARACTERS = 4000
_SYSTEM_SENDERS = ("mailer-daemon", "postmaster", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e")


def is_automatic(headers: Mapping[str, object]) -> bool:
    """Whether mail headers say that no person wrote this. Names in any case, with ``-`` or ``_``."""
    values = {name.lower().replace("_", "-"): _first_word(value) for name, value in headers.items()}
    if values.get("auto-submitted", "no") not in _NOT_AUTOMATIC or values.get("precedence", "") in _BULK:
        return True
    return any(values.get(name, "") not in _NOT_AUTOMATIC for name in _REPLY_HEADERS)


def is_automatic_mail(headers: Mapping[str, object], sender: str, subject: str) -> bool:
    """Whether no person wrote a mail: by its headers, and where they say nothing, by its sender and its subject."""
    if is_automatic(headers):
        return True
    is_stated = any(name.lower().replace("_", "-") == "auto-submitted" and value for name, value in headers.items())
    return not is_stated and (is_machine(sender) or is_automatic_subject(subject))


def is_machine(sender: str) -> bool:
    """Whether the sender is the mail system itself, as in a delivery failure report."""
    return parseaddr(sender)[1].lower().partition("@")[0] in _SYSTEM_SENDERS


def return_date(text: str, sent_at: datetime) -> tuple[datetime | None, bool]:
    """When the author of an automatic reply is back, and whether the text names only the day (then 00:00 UTC).

    Only a single explicit ISO date later than the message counts: in ``2026-03-02 to 2026-03-09`` it is not clear
    whether the second is the last day away or the first day back. Call it for automatic replies only.
    """
    named = set(_ISO.findall(text[:_MAX_CHARACTERS]))
    if len(named) != 1:
        return None, False
    back, only_day = _read(named.pop())
    return (back, only_day) if back and sent_at < back and back.year in PLAUSIBLE_YEARS else (None, False)


def _read(found: str) -> tuple[datetime | None, bool]:
    try:
        stated = datetime.fromisoformat(found)
        if stated.tzinfo is not None:
            return stated.astimezone(UTC), False
        # a time without a zone could be off by 26 hours, so only the day is used
        day = date.fromisoformat(found[:10])
    except (ValueError, OverflowError):
        return None, False
    return datetime(day.year, day.month, day.day, tzinfo=UTC), True


def _first_word(value: object) -> str:
    """The first word of a header: parameters and comments after it do not matter."""
    words = re.split(r"[;,\s(]", str(value if value is not None else "").strip().lower(), maxsplit=1)
    return words[0]
