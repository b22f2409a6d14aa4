"""Recognising mail that a machine sent, by what machines say of themselves; never by a person's wording.

RFC 3834 (``Auto-Submitted``) and the older headers that mail systems set on automatic replies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import parseaddr

_NOT_AUTOMATIC = {"", "no", "false", "none", "0"}
_BULK = {"bulk", "junk", "auto_reply", "auto-reply"}
_TELLTALES = ("x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder", "x-auto-response-suppress")
_ISO = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2})?)?(?!\d)")
_READ_AT_MOST = 4000
_MACHINES = ("mailer-daemon", "postmaster")
_SUBJECTS = (
    "automatic reply:",
    "automatische antwort:",
    "automatisch antwoord:",
    "respuesta automática:",
    "resposta automática:",
    "risposta automatica:",
    "réponse automatique:",
    "自動応答:",
    "自动答复:",
    "自動回覆:",
    "자동 회신:",
    "abwesenheitsnotiz:",
    "autoreply:",
    "auto-reply:",
)
"""What Microsoft Exchange, in the language of the mailbox, and older systems put before the subject of such replies."""


def is_automatic(headers: Mapping[str, object]) -> bool:
    """Whether mail headers say that no person wrote this. Names in any case, with ``-`` or ``_``."""
    said = {name.lower().replace("_", "-"): _word(value) for name, value in headers.items()}
    if said.get("auto-submitted", "no") not in _NOT_AUTOMATIC or said.get("precedence", "") in _BULK:
        return True
    return any(said.get(name, "") not in _NOT_AUTOMATIC for name in _TELLTALES)


def is_automatic_subject(subject: str) -> bool:
    """Whether a subject begins as mail systems begin the one of an automatic reply, where no headers are kept.

    An answer *to* an automatic reply begins with ``Re:`` and is a person's.
    """
    return re.sub(r"\s*[:\uff1a]", ":", subject.strip().lower(), count=1).startswith(_SUBJECTS)


def is_machine(sender: str) -> bool:
    """Whether a sender is the mail system itself, reporting that it could not deliver."""
    return parseaddr(sender)[1].lower().partition("@")[0] in _MACHINES


def return_date(text: str, sent_at: datetime) -> tuple[datetime | None, bool]:
    """When the author of an automatic reply is back, and whether only the day was named (then 00:00 UTC).

    Only an explicit ISO date after the message counts, and only when it is the single one: of ``2026-03-02 to
    2026-03-09`` nobody can say what the second means. Call it for automatic replies alone.
    """
    named = set(_ISO.findall(text[:_READ_AT_MOST]))
    if len(named) != 1:
        return None, False
    back, only_day = _read(named.pop())
    return (back, only_day) if back and back > sent_at else (None, False)


def _read(found: str) -> tuple[datetime | None, bool]:
    try:
        stated = datetime.fromisoformat(found)
        if stated.tzinfo is not None:
            return stated.astimezone(UTC), False
        # a time of day without a zone could be 26 hours off: only the day is certain enough
        day = date.fromisoformat(found[:10])
    except (ValueError, OverflowError):
        return None, False
    return datetime(day.year, day.month, day.day, tzinfo=UTC), True


def _word(value: object) -> str:
    """The first word of a header: parameters and comments after it do not matter."""
    words = re.split(r"[;,\s(]", str(value if value is not None else "").strip().lower(), maxsplit=1)
    return words[0]
