"""What commands print: JSON for programs, lines for people. No control codes when it is piped, or with ``NO_COLOR``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click

from bridge.redaction import redact

Command = TypeVar("Command", bound=Callable[..., Any])

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters and those that turn the direction of writing: text of customers must not control a terminal."""

Styled = str | tuple[str, str]
"""A text, or a text with its style."""
Lines = Iterator[Styled | list[Styled]]
"""What a command prints for people, line by line."""


def json_option(command: Command) -> Command:
    """Give a command ``--json``, as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def printable(text: str) -> str:
    """A text without secrets, and without characters that control a terminal."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", redact(text))


def print_json(value: Any) -> None:
    """Print JSON-able plain data; dates and the like must have been turned into text before."""
    click.echo(redact(json.dumps(value, indent=2, ensure_ascii=sys.stdout.encoding.lower() != "utf-8")))


def print_lines(lines: Iterable[Styled | list[Styled]]) -> None:
    """Print lines; a list is one line of several parts. Long lines are left to the terminal to wrap."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        parts: list[Styled] = line if isinstance(line, list) else [line]
        console.print(Text.assemble(*(_clean(part) for part in parts)), soft_wrap=True)


def _clean(part: Styled) -> Styled:
    return printable(part) if isinstance(part, str) else (printable(part[0]), part[1])
