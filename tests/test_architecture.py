"""Rules of the house that imports alone cannot show; ``.importlinter`` holds the others.

What judges a ticket is told the present as an argument and reads nothing from disk, a vendor is a set of files that
nobody else names, and modules and functions stay short enough to be read at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
TOUCHES_DISK = {"bridge.policy.load"}
"""Modules in pure rooms that say so in their docstring."""
CLOCKS = {"now", "utcnow", "today"}
BUILTINS = {"open", "input", "print", "exec", "eval", "__import__"}
FILES = {"read_text", "read_bytes", "write_text", "write_bytes"}
LONGEST_MODULE = 250
LONGEST_FUNCTION = 40
USUAL_COMPLEXITY = 8
"""What nine functions in ten do not exceed; ruff limits the others."""
MIGRATIONS = ROOT / "bridge/store/migrations"
"""A migration stays as it was on the day it was written."""
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case)


def pure_rooms() -> list[str]:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    return contracts["importlinter:contract:pure"]["source_modules"].split()


def files_of(room: str) -> list[Path]:
    path = ROOT.joinpath(*room.split("."))
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def impurities(source: str) -> Iterator[str]:
    """Calls that read a clock, a file or the terminal, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS | FILES:
                yield f"line {node.lineno}: .{name}()"
            case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
                yield f"line {node.lineno}: {name}()"


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("bridge", "mappings", "webhooks", cache_dir=None)


def vendors() -> list[str]:
    """A vendor has its words in mappings/<vendor>/vocabulary.yaml."""
    return sorted(path.parent.name for path in (ROOT / "mappings").glob("*/vocabulary.yaml"))


def vendor_of(module: str) -> str | None:
    """The vendor whose package it is in: ``bridge.helpdesks.zendesk.client``, ``webhooks.zendesk`` ..."""
    return next((vendor for vendor in vendors() if vendor in module.split(".")), None)


@pytest.mark.parametrize("room", pure_rooms())
def test_what_evaluates_reads_no_clock_and_no_file(room: str) -> None:
    found = {
        f"{module_of(path)} {call}"
        for path in files_of(room)
        if module_of(path) not in TOUCHES_DISK
        for call in impurities(path.read_text("utf-8"))
    }
    assert not found


def test_an_impure_call_would_be_seen() -> None:
    calls = ["datetime.now(UTC)", "date.today()", "open('x')", "Path('x').read_text()", "self.clock.utcnow()"]
    assert [len(list(impurities(f"at = {call}"))) for call in calls] == [1] * len(calls)


def test_every_vendor_has_a_file_of_its_name_in_each_of_three_rooms() -> None:
    assert vendors()
    for vendor in vendors():
        assert {f"bridge.helpdesks.{vendor}", f"mappings.{vendor}", f"webhooks.{vendor}"} <= imports().modules


def test_nobody_but_a_vendors_own_files_names_it() -> None:
    """So adding a vendor changes no file that is there already."""
    strangers = {
        f"{module} -> {imported}"
        for imported in imports().modules
        if (vendor := vendor_of(imported))
        for module in imports().find_modules_that_directly_import(imported)
        if vendor_of(module) != vendor and not module.startswith(("bridge.sandbox", "bridge.demo"))
    }
    assert not strangers


def cycles(graph: grimp.ImportGraph, room: str) -> list[list[str]]:
    """Modules of a room that import each other in a circle: the strongly connected components (Tarjan)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = lowest[module] = len(index)
        path.append(module)
        for imported in graph.find_modules_directly_imported_by(module):
            if imported not in index:
                visit(imported)
            if imported in path:
                lowest[module] = min(lowest[module], lowest[imported])
        if lowest[module] == index[module]:
            start = path.index(module)
            found.append(sorted(path[start:]))
            del path[start:]

    for module in graph.modules:
        if module not in index:
            visit(module)
    return [modules for modules in found if len(modules) > 1 and modules[0].startswith(room)]


@pytest.mark.parametrize("room", ["bridge", "mappings", "webhooks"])
def test_no_module_imports_itself_on_a_detour(room: str) -> None:
    graph = grimp.build_graph("bridge", "mappings", "webhooks", exclude_type_checking_imports=False, cache_dir=None)
    assert cycles(graph, room) == []


def test_a_cycle_would_be_seen() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")):
        graph.add_import(importer=importer, imported=imported)
    assert cycles(graph, "") == [["a", "b", "c"]]


def source_files() -> list[Path]:
    return [path for room in ("app", "bridge", "mappings", "webhooks") for path in files_of(room)]


def functions(source: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))


def length(function: ast.FunctionDef) -> int:
    """Lines from the signature to the end, nested functions included."""
    return (function.end_lineno or 0) - function.lineno + 1


def complexity(function: ast.FunctionDef) -> int:
    """The ways through a function (McCabe), where conditions in comprehensions and parts of a condition count too."""
    nodes = list(ast.walk(function))
    parts = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + parts + sum(isinstance(node, BRANCHES) for node in nodes)


def test_no_module_is_too_long() -> None:
    """A module of one subject rarely reaches this; one that does has two, and is split where they part."""
    lengths = {module_of(path): len(path.read_text("utf-8").splitlines()) for path in source_files()}
    assert {module: lines for module, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    found = {
        f"{module_of(path)}.{each.name}": length(each)
        for path in source_files()
        if not path.is_relative_to(MIGRATIONS)
        for each in functions(path.read_text("utf-8"))
    }
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FUNCTION} == {}


def test_nine_functions_in_ten_are_simple() -> None:
    found = sorted(complexity(each) for path in source_files() for each in functions(path.read_text("utf-8")))
    assert found[len(found) * 9 // 10] <= USUAL_COMPLEXITY


def test_complexity_counts_what_branches() -> None:
    [function] = functions(
        "def f(a):\n    if a and b or c:\n        return [x for x in a if x]\n    return 1 if a else 2"
    )
    assert complexity(function) == 1 + 1 + 2 + 1 + 1
    assert length(function) == 4
