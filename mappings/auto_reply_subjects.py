"""Recognition of automatic mail by its subject, for helpdesks that keep no mail headers. Pure.

No library does this (2026-11), so the words are our own, in ``auto_reply_subjects.yaml``. A wrong "automatic" is worse
than a wrong "person": it reminds a customer who has answered. So a name such as "Out of office" counts only where
nothing but a colon, a dash or a date follows it, and never behind "Re:": that is a person's answer to it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bridge.yamlio.validate import load_model

_MAX_CHARACTERS = 300
_LIKE_LATIN = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "∶": ":", "꞉": ":", "’": "'", "‘": "'", "`": "'"})
_SEPARATORS = r"[\s*_>|:.,-]*"
_BRACKETED = r"\[([^\]]{1,60})\]|\(([^)]{1,60})\)|\{([^}]{1,60})\}|【([^】]{1,60})】|<([^>]{1,60})>"
_LABEL = re.compile(rf"{_SEPARATORS}(?:{_BRACKETED})")


class SubjectWords(BaseModel):
    """The words in ``auto_reply_subjects.yaml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...]
    replies: dict[str, tuple[str, ...]]
    only_before_colon: tuple[str, ...]
    read_receipts: tuple[str, ...]
    delivery_reports: tuple[str, ...]
    said_of_somebody: tuple[str, ...]
    times: tuple[str, ...]


def is_automatic_subject(subject: str) -> bool:
    """Whether a subject is that of mail which no person wrote, whatever gateways have put before it."""
    rest = fold(subject[:_MAX_CHARACTERS])
    while rest:
        if _automatic().match(rest):
            return True
        if found := _LABEL.match(rest):
            if _named().fullmatch(next(filter(None, found.groups()), "").strip()):
                return True
        elif not (found := _gateway_word().match(rest)):
            return False
        rest = rest[found.end() :]
    return False


def fold(text: str) -> str:
    """A text in which capitals, accents, widths, dashes, odd spaces and invisible characters make no difference."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).translate(_LIKE_LATIN)
    kept = (_folded(character) for character in plain)
    return re.sub(r"\s+", " ", "".join(kept)).strip()


def _folded(character: str) -> str:
    match unicodedata.category(character):
        case "Mn" | "Cf":  # accents, and marks of direction or of no width
            return ""
        case "Pd":
            return "-"
    return character


@cache
def _words() -> SubjectWords:
    return load_model(Path(__file__).with_name("auto_reply_subjects.yaml"), SubjectWords)


@cache
def _automatic() -> re.Pattern[str]:
    words = _words()
    times = _any_of(words.times)
    end = r"[\s.!*_)\]-]*$"
    aside = rf"\s*[(\[][^)\]]*[)\]]{end}"
    back = rf"[\s.,-]+{times}\s[^:]{{1,40}}$"
    answered = r"\s+(?:re|aw|sv|vs|odp|res|rif|antw)\s?:"
    named = rf"{_names()}(?:\s?:|\s?[-|>]|{end}|{aside}|{back}|{answered})"
    somebody = rf"[^:\[\](){{}}]{{2,60}}?\s{_any_of(words.said_of_somebody)}(?:{end}|{aside}|{back})"
    before_colon = rf"{_any_of((*words.only_before_colon, *words.read_receipts))}\s?:"
    return re.compile(rf"{_SEPARATORS}(?:{named}|{before_colon}|{somebody})")


@cache
def _named() -> re.Pattern[str]:
    return re.compile(rf"(?:{_names()}|auto)")


@cache
def _names() -> str:
    words = _words()
    name = _any_of((*(each for listed in words.replies.values() for each in listed), *words.delivery_reports))
    return rf"{name}(?:[\s,-]+{name})*"


@cache
def _gateway_word() -> re.Pattern[str]:
    words = _words()
    return re.compile(rf"{_SEPARATORS}{_any_of(words.labels)}(?=[\s*_>|:.,-]){_SEPARATORS}")


def _any_of(phrases: Iterable[str]) -> str:
    """A pattern of phrases, the longest first."""
    folded = sorted({fold(phrase) for phrase in phrases}, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, folded))})"
