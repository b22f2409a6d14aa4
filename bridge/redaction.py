"""Redaction: the one place that takes secrets out of texts for logs, records and error messages.

Two nets: secrets that this process knows, because it has read or received them, and forms that hold one: bearer tokens,
``user:password@`` in a URL, the tokens of webhook and approval URLs, and values whose name says that they are secret
(``?access_token=...``, ``"api_key": "..."``, ``X-Api-Key: ...``). A word after ``password:`` is one only if it looks
like no word.
"""

from __future__ import annotations

import json
import re

SHORTEST = 6
"""Shorter texts are not replaced: they occur in ordinary words."""
MASK = "***"

_known: dict[str, None] = {}
_NAME = r"(?:[\w-]*[_-])?(?:api[_-]?key|secret[_-]?key|private[_-]?key|passw(?:or)?d|passphrase|secret|token)"
"""Names of secrets: ``api_key``, ``client_secret``, ``ODOO_API_KEY``, ``access_token``."""
_HEADER = r"(?:[Xx]-(?:[\w-]+-)?|(?:[A-Z][a-z]+-)+)(?:[Kk]ey|[Tt]oken|[Ss]ecret|[Pp]assword)"
"""Names of headers that hold one: ``X-Api-Key``, ``Auth-Token``."""
_GIVEN = r"(?![<$…*{\[]|\.\.\.|env:|%[(s]|None\b|null\b)"
"""What follows is a value, and no placeholder."""
_NO_WORD = r"(?=[^\s\"'<>,;]*(?:\d|\w[^\w\s\"'<>,;.:!?()/-]\w))"
"""What follows has a digit, or a sign within that words do not have."""
# Bounded where text may be long before the end that is looked for: a text of many beginnings costs no more than others.
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(://[^/\s:@\"'<>]{0,256}:)(?!\d{1,5}(?:[/?#\s\"']|$))(?:[^\s\"'<>?]{1,256}|[^\s\"'<>]{1,256}?)(?=@)",
        r"\b((?i:Bearer|Basic)\s+)[\w.~+/=-]{6,}",
        r"(/webhooks/[\w.-]+/)[\w%-]{6,}",
        r"(/approve/)[\w.%-]{6,}",
        rf"((?<![\w-])(?i:{_NAME})=){_GIVEN}[^\s&\"'<>;,]+",
        rf"""((?<![\w-])(?i:{_NAME})(?:\\*["']\s*:\s*|=)(?P<quote>\\*["'])){_GIVEN}(?:(?!(?P=quote)).)+""",
        rf"((?<![\w-]){_HEADER}: *){_GIVEN}[^\s\"',;]+",
        rf"((?<![\w-])(?i:{_NAME}): +){_GIVEN}{_NO_WORD}[^\s\"'<>,;]{{6,}}",
    )
)


def remember(secret: str) -> None:
    """Take a secret out of every text from now on."""
    if len(secret) >= SHORTEST:
        _known.update(dict.fromkeys((secret, json.dumps(secret)[1:-1], repr(secret)[1:-1])))


def redact(text: str) -> str:
    """A text without secrets."""
    for secret in sorted(_known, key=len, reverse=True):  # one may be part of another
        if secret in text:
            text = text.replace(secret, MASK)
    for form in _FORMS:
        text = form.sub(rf"\1{MASK}", text)
    return text
