"""Detection of a text's language, for texts whose language is beyond doubt: a wrong answer is worse than none.

``benchmarks/languages.py`` compares the libraries that could do this; docs/design.md says why it is py3langid.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache

ENOUGH = 40
"""Letters from which the statistics of a text say something."""
SURE = 0.9
"""Probability that the languages named have together, at least."""
FEW = 3
"""A text that could be in more languages than these is not clear at all."""
MOST = 0.6
"""Share of a text that has to be in the script of one language; below it, the other part may be what is meant."""
NOT_A_SIGN = 3
"""Letters that make a script count: a unit (4.7 kΩ) has fewer."""
KANA = 0.25
"""Share of kana from which Han characters are Japanese; a Chinese text may quote a Japanese word."""

_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "KATAKANA-HIRAGANA": "ja",
    "HANGUL": "ko",
    "GREEK": "el",
    "HEBREW": "he",
    "THAI": "th",
}
"""Scripts that belong to one language."""
REMEMBERED = 256
"""Texts whose language is not looked for again: a preview evaluates each ticket many times."""
_HAN = "CJK"
_DENSE = {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", _HAN}
"""Scripts one letter of which says about as much as two Latin ones."""
_WORDS = re.compile(r"[^\W\d_]{2,}")
"""Letters that stand alone are signs: ω = 12, ¯\\_(ツ)_/¯."""


@lru_cache(REMEMBERED)
def likely_languages(text: str) -> frozenset[str]:
    """The languages (ISO 639-1) one of which a text is surely in; none when it is short, mixed or not clear at all."""
    if language := script_language(text):
        return frozenset({language})
    return _agreed(text) if sum(map(str.isalpha, text)) >= ENOUGH else frozenset()


@lru_cache(REMEMBERED)
def script_language(text: str) -> str | None:
    """The language that alone uses the script of most of a text, or None."""
    return _of_script(Counter(_script(letter) for word in _WORDS.findall(text) for letter in word))


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


def _of_script(scripts: Counter[str]) -> str | None:
    """The same from the number of letters in each script."""
    letters: Counter[str | None] = Counter()
    weights: Counter[str | None] = Counter()
    for script, count in scripts.items():
        language = _script_language(script, scripts)
        letters[language] += count
        weights[language] += count * (2 if script in _DENSE else 1)
    for language, weight in weights.items():
        if language and letters[language] >= NOT_A_SIGN and weight >= MOST * weights.total():
            return language
    return None


def _script_language(script: str, scripts: Counter[str]) -> str | None:
    if script == _HAN:
        kana = sum(count for each, count in scripts.items() if _SCRIPTS.get(each) == "ja")
        return "ja" if kana >= KANA * (kana + scripts[_HAN]) else None
    return _SCRIPTS.get(script)


def _agreed(text: str) -> frozenset[str]:
    """The most likely languages, unless one half of the text is surely in another language than the rest."""
    words = text.split()
    middle = len(words) // 2
    whole, *halves = (_most_likely(part) for part in (text, " ".join(words[:middle]), " ".join(words[middle:])))
    return whole if whole.intersection(*filter(None, halves)) else frozenset()


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
