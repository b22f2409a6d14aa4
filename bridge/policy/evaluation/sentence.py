"""Sentences of the program in the texts of a pack: English in records, and in the language of who reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

from bridge.policy.calendars.duration import humanize


class Percent(int):
    """So many hundredths, as people write them: ``75%``."""

    def __str__(self) -> str:
        return f"{int(self)}%"


class Sentence(str):
    """A sentence of the program with its values: English text that can be said in the languages of the catalogue."""

    words: str
    values: dict[str, object]

    def __new__(cls, words: str, **values: object) -> Self:
        text = words % {name: _in_english(value) for name, value in values.items()} if values else words
        sentence = super().__new__(cls, text)
        sentence.words, sentence.values = words, values
        return sentence

    def said(self, translate: Callable[..., str], written: Callable[[object], object]) -> str:
        """The sentence in another language; ``written`` says how its values are written there."""
        return translate(self.words, **{name: written(value) for name, value in self.values.items()})


class Amount(str):
    """A number of one unit of time, such as ``48 hours``, in the unit in which it was written."""

    number: int
    unit: str

    def __new__(cls, number: int, unit: str) -> Self:
        amount = super().__new__(cls, f"{number} {unit}{'' if number == 1 else 's'}")
        amount.number, amount.unit = number, unit
        return amount


class Opening(Sentence):
    """A text that begins with a capital letter, whatever the language."""

    def __new__(cls, text: str) -> Self:
        opening = super().__new__(cls, "%(text)s", text=f"{text[:1].upper()}{text[1:]}")
        opening.values = {"text": text}
        return opening

    def said(self, translate: Callable[..., str], written: Callable[[object], object]) -> str:
        text = super().said(translate, written)
        return f"{text[:1].upper()}{text[1:]}"


def series(parts: Sequence[object], between: str = ", ") -> Sentence:
    """Several parts in a row, each in the language of the whole."""
    names = [f"part_{number}" for number in range(len(parts))]
    return Sentence(between.join(f"%({name})s" for name in names), **dict(zip(names, parts, strict=True)))


def listed(parts: Sequence[object]) -> Sentence:
    """``a, b and c``; of no parts, nothing."""
    if len(parts) < 2:
        return series(parts)
    return Sentence("%(first)s and %(last)s", first=series(parts[:-1]), last=parts[-1])


def both(parts: Sequence[object]) -> Sentence:
    """``a and b and c``."""
    if len(parts) < 2:
        return series(parts)
    return Sentence("%(first)s and %(last)s", first=both(parts[:-1]), last=parts[-1])


def either(parts: Sequence[object]) -> Sentence:
    """``a or b or c``."""
    if len(parts) < 2:
        return series(parts)
    return Sentence("%(first)s or %(last)s", first=either(parts[:-1]), last=parts[-1])


def recognized(text: str, forms: Iterable[Sentence]) -> str:
    """The sentence that a text was made from, if it has one of these forms, which have ``%(value)s`` at most."""
    for form in forms:
        pattern = re.escape(form).replace(re.escape("%(value)s"), "(.+)")
        if found := re.fullmatch(pattern, text):
            return Sentence(form.words, **dict(zip(("value",), found.groups(), strict=False)))
    return text


def _in_english(value: object) -> object:
    match value:
        case timedelta():
            return humanize(value)
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return value
