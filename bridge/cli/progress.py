"""Progress of long commands, on standard error and only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bridge.cli.exits import Failed

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


@contextmanager
def resumable(kept: Path | None, option: str = "") -> Iterator[None]:
    """Ctrl-C ends a long command with a line that says how to go on.

    ``kept``: the file from which it does; None: it keeps nothing without ``option``.
    """
    try:
        yield
    except KeyboardInterrupt:
        then = f"run it again, and it goes on from {kept}" if kept else f"nothing is kept without {option}"
        raise Failed(f"stopped; {then}") from None
