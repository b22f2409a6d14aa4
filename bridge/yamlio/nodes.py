"""YAML nodes as plain values, bounded in number and depth, and the places at which they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bridge.yamlio.problems import FileProblem, KeyPath, Step, reject, shown

MAX_NODES = 50_000
"""Values in one document, counted after aliases are followed."""
MAX_DEPTH = 40

_STANDARD = "tag:yaml.org,2002:"
_SCALARS = {"str", "int", "float", "bool", "null", "timestamp", "value", "merge"}


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


@lru_cache(maxsize=16)  # the problems of a file lie on few of its nodes
def children(node: Node) -> Mapping[str, tuple[Node, Node]]:
    """Key node and value node of each child by its step as text; the first one where two are the same."""
    return {str(step): (key, child) for step, key, child in reversed([*pairs(node)])}


def _is_merge(key: Node) -> bool:
    return bool(key.tag == _STANDARD + "merge")


def place_of(node: Node, path: KeyPath, *, key: bool) -> tuple[int, int]:
    """Line and column of the value at a path (of its key with ``key=True``), or of the nearest thing around it."""
    spot = node
    for position, step in enumerate(path):
        found = children(node).get(str(step))
        if found is None:
            break
        spot, node = found
        last = position == len(path) - 1
        empty = isinstance(node, ScalarNode) and node.value == "" and node.style is None
        if not (empty or (key and last)):  # an empty value has no place of its own
            spot = node
    return spot.start_mark.line + 1, spot.start_mark.column + 1


class ValueBuilder:
    """Turns nodes into plain values, counting what aliases multiply."""

    def __init__(self, yaml: YAML, name: str) -> None:
        self._constructor = yaml.constructor
        self._name = name
        self._left = MAX_NODES

    def build(self, node: Node, depth: int = 0) -> Any:
        """The plain value of a node. Raises ``InputError`` for tags, duplicate keys, or a node that is too large."""
        self._left -= 1
        if self._left < 0:
            self._refuse(node, f"found more than {MAX_NODES} values, aliases included; allowed: {MAX_NODES}")
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
        merged: list[dict[Any, Any]] = []
        for key, child in node.value:
            if not isinstance(key, ScalarNode):
                self._refuse(key, f"found {shown(self.build(key, depth + 1))} as a key; allowed: a text")
            value = self.build(child, depth + 1)
            if _is_merge(key):
                merged += self._bases(child, value)
                continue
            name = self.build(key, depth + 1)
            if name in built:
                self._refuse(key, f"found the key {name!r} again (first in line {lines[name]}); allowed: once")
            built[name], lines[name] = value, key.start_mark.line + 1
        found: dict[Any, Any] = {}
        for base in reversed(merged):  # what comes first wins
            found.update(base)
        return found | built

    def _bases(self, node: Node, value: Any) -> list[dict[Any, Any]]:
        """What a mapping takes over by ``<<``."""
        bases = value if isinstance(value, list) else [value]
        for base in bases:
            if not isinstance(base, dict):
                self._refuse(node, f"found {shown(base)} to merge; allowed: keys with values")
        return bases

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
        reject([FileProblem(mark.line + 1, mark.column + 1, self._name, "", message)])
