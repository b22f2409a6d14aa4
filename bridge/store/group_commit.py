"""Group commit: many threads hand in one item each, one thread commits what has queued up, all return after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Full, Queue
from typing import Generic, TypeVar

from bridge.errors import Retry

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH = 256
QUEUE = 1024
PATIENCE_S = 8.0
"""How long a caller waits for its commit: less than the ten seconds after which the sender gives up."""


class GroupCommit(Generic[Item, Result]):
    """Calling it with an item returns that item's result once ``commit`` has made it durable.

    ``commit`` takes a batch and returns one result an item, or raises and has then stored nothing. A batch refused for
    another reason than ``Retry`` is committed one by one, so that one bad item harms only itself.
    """

    def __init__(self, commit: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._commit = commit
        self._queue: Queue[tuple[Item, Future[Result]] | None] = Queue(QUEUE)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def __call__(self, item: Item) -> Result:
        """Raises ``Retry`` when too much waits, when it takes too long, or as ``commit`` does."""
        self._start()
        waiting: Future[Result] = Future()
        try:
            self._queue.put_nowait((item, waiting))
            return waiting.result(PATIENCE_S)
        except Full:
            raise Retry(
                f"store overloaded: {QUEUE} deliveries are waiting to be written; check the latency of the disk"
            ) from None
        except TimeoutError:
            raise Retry(f"store too slow: no commit within {PATIENCE_S:.0f} s; check the latency of the disk") from None

    def close(self) -> None:
        """Commit what is queued and end the thread; later calls raise ``Retry``."""
        with self._starting:
            self._closed = True
            thread = self._thread
        if thread:
            self._queue.put(None)
            thread.join()

    def _start(self) -> None:
        # Not in __init__: a thread started before a server forks would live in the parent only.
        with self._starting:
            if self._closed:
                raise Retry("store is closed: this process is shutting down")
            if not self._thread:
                self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        batch: list[tuple[Item, Future[Result]]] = []
        while (entry := self._queue.get()) is not None:
            batch.append(entry)
            if self._queue.empty() or len(batch) == BATCH:
                self._settle(batch)
                batch = []
        if batch:
            self._settle(batch)

    def _settle(self, batch: Sequence[tuple[Item, Future[Result]]]) -> None:
        try:
            results = self._commit([item for item, _ in batch])
        except Exception as error:  # whatever it was belongs to the callers, and this thread has to live on
            if len(batch) > 1 and not isinstance(error, Retry):
                for entry in batch:
                    self._settle([entry])
            else:
                for _, waiting in batch:
                    waiting.set_exception(error)
        else:
            for (_, waiting), result in zip(batch, results, strict=True):
                waiting.set_result(result)
