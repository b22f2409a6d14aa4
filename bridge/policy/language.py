"""The language of a text, where it is beyond doubt. A wrong answer is worse than none."""

from __future__ import annotations

import unicodedata

ENOUGH = 40
"""Letters from which the statistics of a text say something."""
SURE = 0.99

_SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th"}
"""Scripts that belong to one language."""


def spoken(text: str) -> str | None:
    """ISO 639-1 code of the language of a text, or None when it is short or not clear."""
    letters = [letter for letter in text if letter.isalpha()]
    for letter in letters:
        script = unicodedata.name(letter, "").split(" ")[0]
        if script in _SCRIPTS:
            return _SCRIPTS[script]
    return _guess(text) if len(letters) >= ENOUGH else None


def _guess(text: str) -> str | None:
    # imported late: its profiles take a second to read, and short texts never need them
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0
    try:
        best = detect_langs(text)[0]
    except LangDetectException:
        return None
    return str(best.lang).split("-")[0] if best.prob >= SURE else None
