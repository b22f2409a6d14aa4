"""Reading YAML that people write: YAML 1.2, bounded in size, and every value keeps its place in the file.

Text stays what it looks like: ``17:00``, ``on`` and ``2026-03-09`` are text, and pydantic reads them where a model
wants a time or a date. Anchors, aliases and ``<<`` work but cannot blow up; tags (``!x``) and duplicate keys are not
allowed.
Fitting a document into a model is :mod:`bridge.yamlio.validate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bridge.errors import InputError
from bridge.yamlio.syntax_errors import complaint

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
"""Values in one document, counted after aliases are followed."""
MAX_DEPTH = 40

Step = str | int
KeyPath = Sequence[Step]

_STANDARD = "tag:yaml.org,2002:"
_SCALARS = {"str", "int", "float", "bool", "null", "timestamp", "value", "merge"}


class Fault(NamedTuple):
    """One thing that is wrong in a file; sorts by its place. Lines and columns count from 1."""

    line: int
    column: int
    name: str
    path: str
    message: str

    def __str__(self) -> str:
        path = f" {self.path}" if self.path else ""
        return f"{self.name}:{self.line}:{self.column}{path}: {self.message}"


@dataclass(frozen=True)
class Document:
    """One YAML document as plain values, which still knows where each of them stands."""

    name: str
    value: Any
    node: Node

    def where(self, path: KeyPath = (), *, key: bool = False) -> str:
        """``file:line:column`` of the value at ``path`` (of its key with ``key=True``).

        A path that does not exist yields the place of the nearest thing around it.
        """
        line, column = _place(self.node, path, key=key)
        return f"{self.name}:{line}:{column}"

    def fault(self, path: KeyPath, message: str, *, key: bool = False) -> Fault:
        """A fault at ``path``, for checks that go beyond the model."""
        return Fault(*_place(self.node, path, key=key), self.name, dotted(path), message)

    def parts(self) -> list[Document]:
        """The elements of a document that is a list, else the document itself."""
        if not isinstance(self.node, SequenceNode):
            return [self]
        return [Document(self.name, value, node) for value, node in zip(self.value, self.node.value, strict=True)]


def read(path: Path) -> Document:
    """The only document of a file. Raises ``InputError``, also when there is none or there are several."""
    return only(read_all(path), str(path))


def read_all(path: Path) -> list[Document]:
    """All documents of a file. Raises ``InputError`` when it cannot be read, is too big, or is not YAML."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}; give the path of a YAML file") from error
    try:
        return parse_all(raw.decode("utf-8-sig"), name=str(path))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}:1: found bytes that are not UTF-8; save the file as UTF-8") from error


def parse_all(text: str, *, name: str) -> list[Document]:
    """All documents of a YAML text; ``name`` stands for the file in messages. Raises ``InputError``."""
    if len(text) > MAX_BYTES:
        raise InputError(f"{name}: found more than {MAX_BYTES} bytes; allowed: at most {MAX_BYTES}")
    if old := re.search(r"^%YAML\s+(?!1\.2\b).*", text, re.MULTILINE):
        line = text.count("\n", 0, old.start()) + 1
        raise InputError(f"{name}:{line}:1: found {old.group()!r}; allowed: YAML 1.2, without this line")
    yaml = YAML(typ="safe", pure=True)
    try:
        nodes = [node for node in yaml.compose_all(text) if node is not None]
    except MarkedYAMLError as error:
        wrong = complaint(error, text)
        raise InputError(str(Fault(wrong.line, wrong.column, name, "", wrong.message))) from error
    except YAMLError as error:
        raise InputError(f"{name}: not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:  # the composer recurses before our own depth limit can speak
        raise InputError(f"{name}: nested too deeply; allowed: {MAX_DEPTH} levels") from error
    return [Document(name, _Builder(yaml, name).build(node), node) for node in nodes]


def reject(faults: Iterable[Fault]) -> NoReturn:
    """Raise the ``InputError`` that lists these faults by place, each once."""
    raise InputError("\n".join(str(fault) for fault in sorted(set(faults))))


def expected(found: object, words: Iterable[object]) -> str:
    """``found X; allowed: a, b, c``, with a suggestion when X looks like one of them."""
    return f"found {shown(found)}; {allowed(found, words)}"


def allowed(found: object, words: Iterable[object]) -> str:
    """``allowed: a, b, c``, with a suggestion when what was found looks like one of them."""
    texts = [str(word) for word in words]
    close = get_close_matches(str(found), texts, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"allowed: {', '.join(texts) or 'nothing'}{hint}"


def shown(value: object) -> str:
    """A value as a person recognises it in the file."""
    match value:
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case bool():
            return str(value).lower()
        case None:
            return "nothing"
        case str() if len(value) > 60:
            return repr(value[:57] + "...")
        case _:
            return repr(value)


def dotted(path: KeyPath) -> str:
    """A path as people write it: ``events[0].at``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def only(documents: list[Document], name: str) -> Document:
    if len(documents) == 1:
        return documents[0]
    raise InputError(f"{name}: found {len(documents)} YAML documents; allowed: exactly one")


def pairs(node: Node) -> Iterator[tuple[Step, Node, Node]]:
    """Step, key node and value node of each child, merged keys included; empty for scalars."""
    if isinstance(node, SequenceNode):
        yield from ((index, child, child) for index, child in enumerate(node.value))
    elif isinstance(node, MappingNode):
        own = [(key.value, key, child) for key, child in node.value if not _is_merge(key)]
        yield from own
        names = {name for name, _, _ in own}
        for key, child in node.value:
            if _is_merge(key):
                bases = child.value if isinstance(child, SequenceNode) else [child]
                yield from (pair for base in bases for pair in pairs(base) if pair[0] not in names)


def _is_merge(key: Node) -> bool:
    return bool(key.tag == _STANDARD + "merge")


def _place(node: Node, path: KeyPath, *, key: bool) -> tuple[int, int]:
    spot = node
    for position, step in enumerate(path):
        found = next(((k, v) for name, k, v in pairs(node) if str(name) == str(step)), None)
        if found is None:
            break
        spot, node = found
        last = position == len(path) - 1
        empty = isinstance(node, ScalarNode) and node.value == "" and node.style is None
        if not (empty or (key and last)):  # an empty value has no place of its own
            spot = node
    return spot.start_mark.line + 1, spot.start_mark.column + 1


class _Builder:
    """Turns nodes into plain values, counting what aliases multiply."""

    def __init__(self, yaml: YAML, name: str) -> None:
        self._constructor = yaml.constructor
        self._name = name
        self._left = MAX_NODES

    def build(self, node: Node, depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0:
            self._refuse(node, f"found more than {MAX_NODES} values, aliases followed; allowed: {MAX_NODES}")
        if depth > MAX_DEPTH:
            self._refuse(node, f"found more than {MAX_DEPTH} nested levels; allowed: {MAX_DEPTH}")
        kind = str(node.tag).removeprefix(_STANDARD)
        if isinstance(node, MappingNode) and kind == "map":
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode) and kind == "seq":
            return [self.build(child, depth + 1) for child in node.value]
        if not (isinstance(node, ScalarNode) and kind in _SCALARS):
            self._refuse(node, f"found the tag {kind!r}; allowed: no tags")
        return self._scalar(node, kind)

    def _mapping(self, node: MappingNode, depth: int) -> dict[Any, Any]:
        built: dict[Any, Any] = {}
        lines: dict[Any, int] = {}
        merged: dict[Any, Any] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self._refuse(key, f"found {shown(self.build(key, depth + 1))} as a key; allowed: a word")
            value = self.build(child, depth + 1)
            if _is_merge(key):
                merged = self._merge(child, value) | merged
                continue
            name = self.build(key, depth + 1)
            if name in built:
                self._refuse(key, f"found the key {name!r} again (first in line {lines[name]}); allowed: once")
            built[name], lines[name] = value, key.start_mark.line + 1
        return merged | built

    def _merge(self, node: Node, value: Any) -> dict[Any, Any]:
        bases = value if isinstance(value, list) else [value]
        merged: dict[Any, Any] = {}
        for base in bases:
            if not isinstance(base, dict):
                self._refuse(node, f"found {shown(base)} to merge; allowed: a mapping")
            merged = base | merged
        return merged

    def _scalar(self, node: ScalarNode, kind: str) -> Any:
        try:
            match kind:
                case "int":
                    return self._constructor.construct_yaml_int(node)
                case "float":
                    return self._constructor.construct_yaml_float(node)
                case "bool":
                    return self._constructor.construct_yaml_bool(node)
                case "null":
                    return None
        except (ValueError, KeyError):
            self._refuse(node, f"found {shown(node.value)}; allowed: a value of type {kind}")
        return str(node.value)

    def _refuse(self, node: Node, message: str) -> NoReturn:
        mark = node.start_mark
        reject([Fault(mark.line + 1, mark.column + 1, self._name, "", message)])
