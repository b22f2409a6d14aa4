"""The language of a text, where it is beyond doubt. A wrong answer is worse than none."""

from __future__ import annotations

import unicodedata

ENOUGH = 40
"""Letters from which the statistics of a text say something."""
SURE = 0.99

_SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th"}
"""Scripts that belong to one language."""


def likely_languages(text: str) -> frozenset[str]:
    """The languages one of which a text is surely in; none when it is short or not clear at all."""
    letters = [letter for letter in text if letter.isalpha()]
    for letter in letters:
        script = unicodedata.name(letter, "").split(" ")[0]
        if script in _SCRIPTS:
            return frozenset({_SCRIPTS[script]})
    return _guessed(text) if len(letters) >= ENOUGH else frozenset()


def _guessed(text: str) -> frozenset[str]:
    # imported late: its profiles take a second to read, and short texts never need them
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0
    try:
        guesses = detect_langs(text)
    except LangDetectException:
        return frozenset()
    likely: set[str] = set()
    share = 0.0
    for guess in guesses:
        if share < SURE:
            likely.add(str(guess.lang).split("-")[0])
            share += guess.prob
    return frozenset(likely) if share >= SURE else frozenset()
