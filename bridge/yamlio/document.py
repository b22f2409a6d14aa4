"""Reading YAML that people write: YAML 1.2, bounded in size, and every value keeps its place in the file.

Text stays what it looks like: ``17:00``, ``on`` and ``2026-03-09`` are text, and pydantic reads them where a model
wants a time or a date. Anchors, aliases and ``<<`` work but cannot blow up; tags (``!x``) and duplicate keys are not
allowed.
Fitting a document into a model is :mod:`bridge.yamlio.validate`.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node, SequenceNode

from bridge.errors import InputError
from bridge.yamlio.nodes import MAX_DEPTH, ValueBuilder, place_of
from bridge.yamlio.problems import FileProblem, KeyPath, dotted
from bridge.yamlio.syntax_errors import syntax_problem

MAX_WORK = 250_000
"""Characters and marks in one file, before anything is parsed: within a second and 20 MB on a slow machine."""
LARGE = 1_200_000
"""The same for files that grow with the number of customers or of tests: accounts and scenarios. Reading them takes
longer, so beyond ``MAX_WORK`` they have no aliases, which make a small text large."""
WORK_OF_A_MARK = 20
"""What a line end, a comma or a sign that begins a value costs the parser, in characters of a text."""
MAX_OPEN = 4 * MAX_DEPTH
"""Brackets that are open at once, those in texts included: the parser takes the cube of their number in time."""
_MARKS = re.compile(r"[\n\r\x85\u2028\u2029,:\[\]{}]|[-?] ")
_ALIAS = re.compile(r"(?:^|[-:,\[{\n]) *\*[^\s,\[\]{}*]+ *(?:[,\]}#\r\n]|$)")
_SHORTEN = "shorten the file, or split scenarios into several files"
_WIDEST = 4
"""Bytes of a character in UTF-8, at most."""
_BRACKETS = re.compile(r"[\[\]{}]")


@dataclass(frozen=True)
class YamlDocument:
    """One YAML document as plain values, which still knows where each of them stands."""

    name: str
    value: Any
    node: Node

    def where(self, path: KeyPath = (), *, key: bool = False) -> str:
        """``file:line:column`` of the value at ``path`` (of its key with ``key=True``).

        A path that does not exist yields the place of the nearest thing around it.
        """
        line, column = place_of(self.node, path, key=key)
        return f"{self.name}:{line}:{column}"

    def problem(self, path: KeyPath, message: str, *, key: bool = False) -> FileProblem:
        """A problem at ``path``, for checks that go beyond the model."""
        return FileProblem(*place_of(self.node, path, key=key), self.name, dotted(path), message)

    def parts(self) -> list[YamlDocument]:
        """The elements of a document that is a list, else the document itself."""
        if not isinstance(self.node, SequenceNode):
            return [self]
        return [YamlDocument(self.name, value, node) for value, node in zip(self.value, self.node.value, strict=True)]


def read(path: Path, *, most: int = MAX_WORK) -> YamlDocument:
    """The only document of a file. Raises ``InputError``, also when there is none or there are several."""
    return only(read_all(path, most=most), str(path))


def read_all(path: Path, *, most: int = MAX_WORK) -> list[YamlDocument]:
    """All documents of a file. Raises ``InputError`` when it cannot be read, is too big, or is not YAML."""
    try:
        with path.open("rb") as file:
            raw = file.read(_WIDEST * most + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; give the path of a YAML file") from error
    try:
        return parse_all(raw.decode("utf-8-sig"), name=str(path), most=most)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}:1: found bytes that are not UTF-8; save the file as UTF-8") from error


def parse_all(text: str, *, name: str, most: int = MAX_WORK) -> list[YamlDocument]:
    """All documents of a YAML text; ``name`` stands for the file in messages. Raises ``InputError``."""
    _refuse_bombs(text, name, most)
    if old := re.search(r"^%YAML\s+(?!1\.2\b).*", text, re.MULTILINE):
        line = text.count("\n", 0, old.start()) + 1
        raise InputError(f"{name}:{line}:1: found {old.group()!r}; allowed: YAML 1.2, without this line")
    yaml = YAML(typ="safe", pure=True)
    try:
        with _without_collection():
            nodes = [node for node in yaml.compose_all(text) if node is not None]
    except MarkedYAMLError as error:
        wrong = syntax_problem(error, text)
        raise InputError(str(FileProblem(wrong.line, wrong.column, name, "", wrong.message))) from error
    except YAMLError as error:
        raise InputError(f"{name}: not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:  # the composer recurses before our own depth limit can speak
        raise InputError(f"{name}: nested too deeply; allowed: {MAX_DEPTH} levels") from error
    return [YamlDocument(name, ValueBuilder(yaml, name).build(node), node) for node in nodes]


@contextmanager
def _without_collection() -> Iterator[None]:
    """Leave out the search for garbage, which finds none while a tree grows: a quarter of the time of a large file."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _refuse_bombs(text: str, name: str, most: int) -> None:
    """Refuse what would take the parser minutes, before it starts. Raises ``InputError``."""
    if len(text) > most:
        raise InputError(f"{name}: found more than {most} characters; allowed: {most} characters; {_SHORTEN}")
    marks = sum(1 for _ in _MARKS.finditer(text))
    work = len(text) + WORK_OF_A_MARK * marks
    if work > most:
        found = f"{len(text)} characters with about {marks} lines and values"
        allowed = f"{most} characters, of which each line or value counts as {WORK_OF_A_MARK}"
        raise InputError(f"{name}: found {found}; allowed: {allowed}; {_SHORTEN}")
    if work > MAX_WORK and (alias := _ALIAS.search(text)):
        line = text.count("\n", 0, text.index("*", alias.start())) + 1
        found, allowed = "an alias in a large file", f"no aliases in files of more than {MAX_WORK} characters"
        raise InputError(f"{name}:{line}:1: found {found}; allowed: {allowed}; write out what it stands for")
    opened = 0
    for bracket in _BRACKETS.finditer(text):
        opened = max(0, opened + (1 if bracket.group() in "[{" else -1))
        if opened > MAX_OPEN:
            raise InputError(f"{name}: nested too deeply; allowed: {MAX_DEPTH} levels")


def only(documents: list[YamlDocument], name: str) -> YamlDocument:
    """The only document of a file. Raises ``InputError`` if there is none or more than one."""
    if len(documents) == 1:
        return documents[0]
    raise InputError(f"{name}: found {len(documents)} YAML documents; allowed: exactly one")
