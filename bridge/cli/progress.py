"""Progress of long commands, on standard error and only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def counted(each: Iterable[T], total: int | None, what: str = "tickets") -> Iterator[T]:
    """The same, one after the other, with a bar that shows how many are done; ``total``: None if nobody knows."""
    if not sys.stderr.isatty():
        yield from each
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(each, total=total)
