"""Writing ids into ``policybridge.yaml``: each is put in its place, and every other character stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from bridge.errors import InputError
from bridge.yamlio.document import parse_all

Place = tuple[str, str | int]
"""Section of a connection, and name in it."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def write_entries(path: Path, connection: str, entries: Mapping[Place, Any]) -> None:
    """Put entries into a connection; an existing one is replaced. Raises ``InputError`` where that cannot be done."""
    expected = lambda value: _with(value, connection, entries)  # noqa: E731
    _edit(path, lambda text: _each(text, entries.items(), connection, _put), expected, entries)


def remove_entries(path: Path, connection: str, entries: Mapping[Place, Any]) -> None:
    """Take entries out again, and sections that are then empty. Raises ``InputError`` where that cannot be done."""
    expected = lambda value: _without(value, connection, entries)  # noqa: E731
    _edit(path, lambda text: _each(text, entries.items(), connection, _cut), expected, entries)


def replace_text(path: Path, text: str) -> None:
    """In place: a file that is mounted into a container cannot be replaced. Raises ``InputError``."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def read_text(path: Path) -> str:
    """The file with its own line ends. Raises ``InputError``."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def rendered(value: Any, *, quoted: bool = False) -> str:
    """A value in one line of YAML, or of JSON if ``quoted``."""
    if isinstance(value, Mapping):
        pairs = ((json.dumps(str(k)) if quoted else rendered(k), v) for k, v in value.items())
        return f"{{{', '.join(f'{key}: {rendered(inner, quoted=quoted)}' for key, inner in pairs)}}}"
    text = str(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return text
    plain = _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT and not quoted
    return text if plain else json.dumps(value, ensure_ascii=False)


def _edit(path: Path, change: Callable[[str], str], expected: Callable[[Any], Any], entries: Iterable[Place]) -> None:
    before = read_text(path)
    listed = ", ".join(f"{section}.{name}" for section, name in entries)
    try:
        after = change(before)
        meant = expected(parse_all(before, name=str(path))[0].value)
        fits = _normal(parse_all(after, name=str(path))[0].value) == _normal(meant)
    except (InputError, KeyError, IndexError) as error:
        raise InputError(f"{path}: {listed} cannot be edited automatically; edit the file yourself") from error
    if not fits:
        raise InputError(f"{path}: {listed} cannot be edited without changing other lines; edit the file yourself")
    replace_text(path, after)


def _each(
    text: str, entries: Iterable[tuple[Place, Any]], connection: str, edit: Callable[[str, str, Place, Any], str]
) -> str:
    for place, value in entries:
        text = edit(text, connection, place, value)
    return text


def _normal(value: Any) -> Any:
    """A document whose keys are texts."""
    return json.loads(json.dumps(value))


def _with(value: Any, connection: str, entries: Mapping[Place, Any]) -> Any:
    found = _normal(value)
    for (section, name), entry in entries.items():
        here = found["connections"][connection]
        here[section] = {**(here.get(section) or {}), str(name): entry}
    return found


def _without(value: Any, connection: str, entries: Iterable[Place]) -> Any:
    found = _normal(value)
    here = found["connections"][connection]
    for section, name in entries:
        left = {key: kept for key, kept in (here.get(section) or {}).items() if key != str(name)}
        here[section] = left
        if not left:
            del here[section]
    return found


# -- one entry


def _put(text: str, connection: str, place: Place, value: Any) -> str:
    section, name = place
    here = _connection(text, connection)
    quoted = text.lstrip().startswith("{")
    inner = _child(here, section)
    if inner is None:
        return _inserted(text, here, section, {name: value}, quoted=quoted)
    if not isinstance(inner, MappingNode):  # a section without a value
        colon = text.index(":", next(key for key, _ in here.value if key.value == section).end_mark.index)
        rest = text[max(colon + 1, inner.end_mark.index) :] if inner.value else text[colon + 1 :]
        return f"{text[: colon + 1]} {rendered({name: value}, quoted=quoted)}{rest}"
    entry = _child(inner, name)
    if entry is None:
        return _inserted(text, inner, name, value, quoted=quoted)
    return text[: entry.start_mark.index] + rendered(value, quoted=quoted) + text[_end(entry) :]


def _inserted(text: str, node: MappingNode, name: str | int, value: Any, *, quoted: bool) -> str:
    """A new entry at the end of a mapping: before its brace, or on lines of its own after its last value."""
    key = json.dumps(str(name)) if quoted else rendered(name)
    if node.flow_style:
        at = node.end_mark.index - 1
        stop = len(text[:at].rstrip())
        comma = ", " if node.value else ""
        return f"{text[:stop].rstrip(',')}{comma}{key}: {rendered(value, quoted=quoted)}{text[stop:at]}{text[at:]}"
    indent, newline = " " * node.value[0][0].start_mark.column, "\r\n" if "\r\n" in text else "\n"
    lines = [f"{indent}{key}: {rendered(value)}"]
    if isinstance(value, Mapping) and "field" not in value:  # a section
        lines = [f"{indent}{key}:", *(f"{indent}  {rendered(n)}: {rendered(v)}" for n, v in value.items())]
    at = text.find("\n", _end(node))
    head = text if at < 0 else text[: at + 1]
    head = head if head.endswith("\n") else head + newline
    return head + newline.join(lines) + newline + ("" if at < 0 else text[at + 1 :])


def _cut(text: str, connection: str, place: Place, _: Any) -> str:
    section, name = place
    here = _connection(text, connection)
    inner = _child(here, section)
    if not isinstance(inner, MappingNode) or _child(inner, name) is None:
        return text
    return _without_key(text, here, section) if len(inner.value) == 1 else _without_key(text, inner, name)


def _without_key(text: str, node: MappingNode, name: str | int) -> str:
    at = next(number for number, (key, _) in enumerate(node.value) if key.value == str(name))
    key, value = node.value[at]
    start, end = key.start_mark.index, _end(value)
    if node.flow_style:
        if at + 1 < len(node.value):
            return text[:start] + text[node.value[at + 1][0].start_mark.index :]
        return text[: _end(node.value[at - 1][1]) if at else start] + text[end:]
    line, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    return text[:line] + ("" if stop < 0 else text[stop + 1 :])


def _connection(text: str, connection: str) -> MappingNode:
    node: Node | None = parse_all(text, name="")[0].node
    for key in ("connections", connection):
        node = _child(node, key)
    if not isinstance(node, MappingNode) or not node.value:
        raise KeyError(connection)
    return node


def _child(node: Node | None, name: str | int) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for key, value in pairs if key.value == str(name)), None)


def _end(node: Node) -> int:
    """Where the text of a node ends; comments after it are not part of it."""
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, MappingNode) else last)
