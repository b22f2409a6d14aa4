"""YAML syntax errors in plain words: where to look, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StringMark

CLOSING = {"{": "}", "[": "]"}
IN_QUOTES = "put the whole text in quotes"


class SyntaxProblem(NamedTuple):
    """What is wrong, and where; lines and columns count from 1."""

    line: int
    column: int
    message: str


def syntax_problem(error: MarkedYAMLError, text: str) -> SyntaxProblem:
    """A parser's error in plain words; in the parser's own where nothing plainer is known."""
    problem, context = error.problem or "", error.context or ""
    at = error.problem_mark or error.context_mark
    start = error.context_mark or at
    lines = text.split("\n")
    match problem.split("'")[0].strip():
        case "found character" if "\\t" in problem:
            return _at(at, "found a tab; indent with spaces")
        case "found character" | "expected alphabetic or numeric character, but found":
            return _at(start, f"found a text that begins with {_character(lines, start)!r}; {IN_QUOTES}")
        case "mapping values are not allowed here":
            return _at(at, _second_colon(lines, at))
        case "could not find expected":
            return _at(
                start, f"found {_line(lines, start.line).strip()!r}; write a key, a colon, a space and the value"
            )
        case "expected <block end>, but found":
            return _at(at, _wrong_indent(problem, lines, at, start))
    if context.startswith("while scanning a quoted"):
        return _at(start, "found an opening quotation mark without a closing one; close it where the text ends")
    if context in ("while parsing a flow mapping", "while parsing a flow sequence"):
        return _in_braces(lines, at, start, "{" if "mapping" in context else "[")
    return _at(at, " ".join(filter(None, (problem, context))))


def _at(mark: StringMark, message: str) -> SyntaxProblem:
    return SyntaxProblem(mark.line + 1, mark.column + 1, f"not YAML: {message}")


def _line(lines: list[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _character(lines: list[str], mark: StringMark) -> str:
    return _line(lines, mark.line)[mark.column : mark.column + 1]


def _before(lines: list[str], mark: StringMark) -> str:
    """What stands before a place in its line."""
    return _line(lines, mark.line)[: mark.column]


def _indented(line: str) -> int:
    return len(line) - len(line.lstrip())


def _second_colon(lines: list[str], at: StringMark) -> str:
    """A colon within a text, or a line that goes on from the text above it."""
    if ": " in _before(lines, at):
        return f"found a colon within a text; {IN_QUOTES}"
    above = next((line for line in reversed(lines[: at.line]) if line.strip()), "")
    own = _indented(_line(lines, at.line))
    if own == _indented(above):
        return f"found no value after {above.strip()!r}; write a colon and a space between a key and its value"
    return f"found {own} spaces before this line and {_indented(above)} before the one above; give them the same"


def _wrong_indent(problem: str, lines: list[str], at: StringMark, start: StringMark) -> str:
    """Something that does not go on with the list or mapping in which it stands."""
    if "'<scalar>'" in problem:
        return f"found a text after a closing brace or quotation mark; {IN_QUOTES}"
    if _character(lines, at) in CLOSING.values():
        return f"found {_character(lines, at)!r} without an opening one; remove it, or {IN_QUOTES}"
    if at.column != start.column:
        like = {start.column: start.line + 1, _indented(_line(lines, at.line - 1)): at.line}
        levels = " or ".join(f"{spaces} (line {line})" for spaces, line in sorted(like.items()))
        return (
            f"found {at.column} spaces before this; the lines it could belong to have {levels}; indent it the same way"
        )
    found, around = ("a '-'", "keys") if _character(lines, at) == "-" else ("a key", "the items of a list")
    return f"found {found} among {around} (from line {start.line + 1}); indent it, or write all of them alike"


def _in_braces(lines: list[str], at: StringMark, start: StringMark, opened: str) -> SyntaxProblem:
    """A brace that nothing closes, or a text in braces that reads like more than a text."""
    part = _before(lines, at).rpartition(",")[2].rpartition("{")[2]
    if _character(lines, at) == ":" and ": " in part:
        return _at(at, f"found a colon within a text; {IN_QUOTES}")
    if at.line == start.line and _character(lines, at) not in ("", *CLOSING.values()):
        return _at(at, f"found something after a value; put a comma between them, or {IN_QUOTES}")
    until = f" before line {at.line + 1}" if start.line < at.line < len(lines) and _character(lines, at) else ""
    return _at(start, f"found {opened!r} without a closing {CLOSING[opened]!r}{until}; write it where the value ends")
