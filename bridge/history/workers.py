"""Work on the tickets of a history in several processes: in order, and never more in memory than they can work on."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from threading import Thread
from typing import Protocol, TypeVar

from bridge.history.source import Line

CHUNK = 16
"""Tickets that a process gets at once."""
PARENT_CHECK_S = 1.0
AHEAD = 3
"""Chunks for each process that are read ahead."""

R = TypeVar("R")


class Work(Protocol):
    """What a process does with each line; made once in each of them, so that it may keep what is costly to make."""

    def __call__(self, line: Line) -> str:
        """One line of the results. Never raises."""


MakeWork = Callable[[], Work]
"""Makes the work; it travels to the processes, so it holds plain data only."""


def worked(lines: Iterable[Line], make: MakeWork, processes: int) -> Iterator[str]:
    """The results in the order of the lines; with one process the work is done in this one."""
    if processes <= 1:
        work = make()
        yield from (work(line) for line in lines)
        return
    chunks = _chunks(lines)
    with ProcessPoolExecutor(processes, initializer=_begin, initargs=(make, os.getpid())) as pool:
        pending: deque[Future[list[str]]] = deque()
        try:
            for chunk in chunks:
                pending.append(pool.submit(_work_on, chunk))
                if len(pending) >= processes * AHEAD:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            for each in pending:
                each.cancel()


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


_work: Work | None = None
"""The work of this process."""


def _begin(make: MakeWork, parent: int) -> None:
    global _work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that reads the results
    Thread(target=_end_with, args=(parent,), daemon=True).start()
    _work = make()
    gc.freeze()  # the packs stay: they are not looked through again and again
    gc.set_threshold(50_000, 20, 20)  # nearly all garbage is freed without it


def _end_with(parent: int) -> None:
    """End this process soon after the one that reads the results, be it killed."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def _work_on(chunk: list[Line]) -> list[str]:
    if _work is None:
        raise RuntimeError("the process has no work yet")
    return [_work(line) for line in chunk]
