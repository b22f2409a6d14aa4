"""What is wrong in a file that somebody wrote: its place, what was found and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from typing import NamedTuple, NoReturn

from bridge.errors import InputError

Step = str | int
KeyPath = Sequence[Step]


class FileProblem(NamedTuple):
    """One thing that is wrong in a file; sorts by its place. Lines and columns count from 1."""

    line: int
    column: int
    name: str
    path: str
    message: str

    def __str__(self) -> str:
        path = f" {self.path}" if self.path else ""
        return f"{self.name}:{self.line}:{self.column}{path}: {self.message}"


class InvalidFile(InputError):
    """A file cannot be used; lists its problems by place, each once."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


def reject(problems: Iterable[FileProblem]) -> NoReturn:
    """Raise the ``InputError`` that lists these problems by place, each once."""
    raise InvalidFile(problems)


def expected(found: object, words: Iterable[object]) -> str:
    """``found X; allowed: a, b, c``, with a suggestion when X looks like one of them."""
    return f"found {shown(found)}; {allowed(found, words)}"


def allowed(found: object, words: Iterable[object]) -> str:
    """``allowed: a, b, c``, with a suggestion when what was found looks like one of them."""
    texts = [str(word) for word in words]
    return f"allowed: {', '.join(texts) or 'nothing'}{suggestion(found, texts)}"


def suggestion(found: object, words: Iterable[str]) -> str:
    """``; did you mean 'a'?`` when what was found looks like one of these words, else nothing."""
    close = get_close_matches(str(found), [*words], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def followed_by(text: str, advice: str) -> str:
    """What to do, after a text that may end with a suggestion."""
    return f"{text} {advice[:1].upper()}{advice[1:]}" if text.endswith("?") else f"{text}; {advice}"


def shown(value: object) -> str:
    """A value as a person recognises it in the file."""
    match value:
        case dict():
            return _shortened("{" + ", ".join(f"{key}: {_inner(inner)}" for key, inner in value.items()) + "}")
        case list() | tuple():
            return _shortened("[" + ", ".join(map(_inner, value)) + "]")
        case bool():
            return str(value).lower()
        case None:
            return "nothing"
        case datetime():
            return value.isoformat(timespec="minutes").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case str() if len(value) > 60:
            return repr(value[:57] + "...")
        case _:
            return repr(value)


def _inner(value: object) -> str:
    """A value within another one, as it is written there."""
    return value if isinstance(value, str) else shown(value)


def _shortened(text: str) -> str:
    return f"{text[:57]}..." if len(text) > 60 else text


def dotted(path: KeyPath) -> str:
    """A path as people write it: ``events[0].at``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
