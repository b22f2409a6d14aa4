"""Writing the mode of a connection into ``policybridge.yaml``; everything else in the file stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml.nodes import MappingNode, Node

from bridge.config.configuration import read_configuration
from bridge.decision import Mode
from bridge.errors import InputError
from bridge.yamlio.document import parse_all
from bridge.yamlio.nodes import place_of

_WORD = re.compile(r"[a-z_]+")


def write_mode(path: Path, connection: str, mode: Mode) -> bool:
    """Give a connection a mode; False: it has that one already. Raises ``InputError`` where that cannot be done."""
    was = read_configuration(path)
    if was.connections[connection].mode == mode:
        return False
    wanted = {**was.connections, connection: was.connections[connection].model_copy(update={"mode": mode})}
    advice = f"write `mode: {mode}` under connections.{connection} yourself, and run this again"
    before = path.read_bytes()
    try:
        _write(path, _edited(before.decode("utf-8-sig"), str(path), connection, mode))
        if read_configuration(path).connections == wanted:
            return True
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}; {advice}") from error
    except InputError:
        pass  # put right below
    _write(path, before.decode("utf-8-sig"))
    raise InputError(f"{path}: the mode cannot be changed automatically; {advice}")


def _write(path: Path, text: str) -> None:
    """In place: a file that is mounted into a container cannot be replaced."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)


def _edited(text: str, name: str, connection: str, mode: Mode) -> str:
    [document] = parse_all(text, name=name)
    lines = text.splitlines(keepends=True)
    here = document.value["connections"][connection]
    path = ("connections", connection, "mode" if "mode" in here else next(iter(here)))
    line, column = place_of(document.node, path, key="mode" not in here)
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    if "mode" in here:
        after = _WORD.sub(mode, after, count=1)
    else:
        after = _entry(mode, after, _is_flow(document.node, connection), " " * (column - 1)) + after
    lines[line - 1] = before + after
    return "".join(lines)


def _entry(mode: Mode, after: str, flow: bool, indent: str) -> str:
    """The entry that is put before another one, which begins ``after`` it: as JSON, in braces, or on its own line."""
    if after.startswith('"'):
        return f'"mode": "{mode}", '
    return f"mode: {mode}, " if flow else f"mode: {mode}\n{indent}"


def _is_flow(node: Node, connection: str) -> bool:
    for key in ("connections", connection):
        found = next(value for name, value in node.value if isinstance(node, MappingNode) and name.value == key)
        node = found
    return isinstance(node, MappingNode) and bool(node.flow_style)
