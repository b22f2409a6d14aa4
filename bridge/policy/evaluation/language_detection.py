"""Detection of a text's language, for texts whose language is beyond doubt: a wrong answer is worse than none.

``benchmarks/languages.py`` compares the libraries that could do this; docs/design.md says why it is py3langid.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache

ENOUGH = 40
"""Letters from which the statistics of a text say something."""
SURE = 0.9
"""Probability that the languages named have together, at least: with it the measured texts have no wrong answer."""
FEW = 3
"""A text that could be in more languages than these is not clear at all."""

_SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th"}
"""Scripts that belong to one language."""


def likely_languages(text: str) -> frozenset[str]:
    """The languages (ISO 639-1) one of which a text is surely in; none when it is short or not clear at all."""
    letters = [letter for letter in text if letter.isalpha()]
    for letter in letters:
        script = unicodedata.name(letter, "").split(" ")[0]
        if script in _SCRIPTS:
            return frozenset({_SCRIPTS[script]})
    return _most_likely(text) if len(letters) >= ENOUGH else frozenset()


def _most_likely(text: str) -> frozenset[str]:
    """The fewest languages whose probabilities add up to :data:`SURE`; none when that takes more than :data:`FEW`."""
    likely: set[str] = set()
    share = 0.0
    for language, probability in _ranking()(text)[:FEW]:
        likely.add(language)
        share += float(probability)
        if share >= SURE:
            return frozenset(likely)
    return frozenset()


@cache
def _ranking() -> Callable[[str], list[tuple[str, float]]]:
    # imported late: its model takes a second to read, and short texts never need it
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    ranking: Callable[[str], list[tuple[str, float]]] = LanguageIdentifier.from_model_file(
        MODEL_FILE, norm_probs=True
    ).rank
    return ranking
