"""Sentences of the program in the texts of a pack: English in records, and in the language of who reads."""

from __future__ import annotations

from collections.abc import Callable
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


def _in_english(value: object) -> object:
    match value:
        case timedelta():
            return humanize(value)
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return value
