"""The sentences of pages for customers, in their language: one file for each language in ``locale/``.

A sentence is looked up by its English text; one that has no translation stays English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from bridge.policy.evaluation.reader import language_for
from bridge.yamlio.document import read

ENGLISH = "en"
FOLDER = Path(__file__).parent / "locale"
Translate = Callable[..., str]
"""Takes an English sentence and its values by name."""


@cache
def languages() -> tuple[str, ...]:
    """The languages with a file, English first."""
    return (ENGLISH, *sorted(file.stem for file in FOLDER.glob("*.yaml")))


@cache
def sentences(language: str) -> dict[str, str]:
    """English sentence -> the one in a language. Raises ``InputError`` for a file that cannot be read."""
    return {} if language == ENGLISH else dict(read(FOLDER / f"{language}.yaml").value)


def page_language(candidates: Iterable[str]) -> str:
    """The language of a page: the first candidate that has a file, else English."""
    return language_for(candidates, languages()[1:], ENGLISH)


def translator(language: str) -> Translate:
    """What puts a sentence into a language and fills in its values."""

    def translated(sentence: str, **values: object) -> str:
        return sentences(language).get(sentence, sentence) % values

    return translated
