"""Text from outside, made harmless once, so that every record, page, database and terminal can take it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNUSABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""NUL, which PostgreSQL refuses, other control characters, which terminals obey, and halves of surrogate pairs, which
no encoding has (https://www.unicode.org/faq/utf_bom.html#utf16-11)."""
_LONE_RETURN = re.compile(r"\r(?!\n)")

_ISOLATES = "\N{LEFT-TO-RIGHT ISOLATE}\N{RIGHT-TO-LEFT ISOLATE}\N{FIRST STRONG ISOLATE}"
_FSI, _PDI = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")


def harmless(value: T) -> T:
    """A JSON value in which every text is harmless: what is not a character becomes U+FFFD."""
    found: Any = value
    match value:
        case str():
            found = value if value.isprintable() else _LONE_RETURN.sub("\n", _UNUSABLE.sub(_REPLACEMENT, value))
        case Mapping():
            found = {harmless(key): harmless(item) for key, item in value.items()}
        case list():
            found = [harmless(item) for item in value]
        case tuple():
            found = tuple(harmless(item) for item in value)
    return found  # type: ignore[no-any-return]


def isolated(text: str) -> str:
    """A text whose changes of writing direction end with each of its lines, whatever is shown around it.

    https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates
    """
    if not _DIRECTION.search(text):
        return text
    return "\n".join(_isolated_line(line) for line in text.split("\n"))


def _isolated_line(line: str) -> str:
    if not _DIRECTION.search(line):
        return line
    kept: list[str] = []
    depth, groups = 0, 0
    for letter in line:
        if letter == _PDI and depth == 0:
            continue  # it would end an isolate that is not its own
        groups += depth == 0
        depth += (letter in _ISOLATES) - (letter == _PDI)
        kept.append(letter)
    closed = "".join(kept) + _PDI * depth
    return closed if groups == 1 and closed[:1] in _ISOLATES and closed else f"{_FSI}{closed}{_PDI}"
