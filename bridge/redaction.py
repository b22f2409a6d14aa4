"""Redaction: the one place that takes secrets out of texts for logs, records and error messages.

Two nets: secrets that this process knows, because it has read or received them, and forms that hold one: bearer tokens,
``user:password@`` in a URL, the tokens of webhook and approval URLs.
"""

from __future__ import annotations

import json
import re

SHORTEST = 6
"""Shorter texts are not replaced: they occur in ordinary words."""
MASK = "***"

_known: dict[str, None] = {}
_FORMS = (
    (re.compile(r"(://[^/\s:@\"']*):[^/\s@\"']+@"), rf"\1:{MASK}@"),
    (re.compile(r"\b((?:Bearer|Basic)\s+)[\w.~+/=-]{6,}", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"(/webhooks/[\w.-]+/)[\w%-]{6,}"), rf"\1{MASK}"),
    (re.compile(r"(/approve/)[\w.%-]{6,}"), rf"\1{MASK}"),
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
    for form, replacement in _FORMS:
        text = form.sub(replacement, text)
    return text
