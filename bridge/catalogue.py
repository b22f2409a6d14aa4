"""What the program itself says to people, in their language: a gettext catalogue for each in ``locale/``.

The files are compiled when they are first read. What has no translation stays English.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
FOLDER = Path(__file__).parent / "locale"
Translate = Callable[..., str]
"""Takes an English sentence and its values by name."""


@cache
def languages() -> tuple[str, ...]:
    """The languages of the program, English first."""
    return (ENGLISH, *sorted(file.stem for file in FOLDER.glob("*.po")))


@cache
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language; for a language without one, that of English, which is empty."""
    if language not in languages() or language == ENGLISH:
        return NullTranslations()
    compiled = BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translator(language: str) -> Translate:
    """What puts a sentence into a language and fills in its values."""

    def translated(sentence: str, **values: object) -> str:
        known = catalogue(language).gettext(sentence)
        return known % values if values else known

    return translated


def counted(language: str, one: str, many: str, number: int) -> str:
    """A phrase that counts, with ``%(number)s`` in its words for one and for many."""
    return catalogue(language).ngettext(one, many, number) % {"number": number}
