"""Group commit: callers return after their commit, together, and one bad item harms only itself."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from bridge.errors import Retry
from bridge.store import group_commit
from bridge.store.group_commit import GroupCommit


class Disk:
    """Where batches go; refuses what ``refuses`` says, holds each commit until ``ready``."""

    def __init__(self, refuses: Callable[[Sequence[int]], Exception | None] = lambda _batch: None) -> None:
        self.batches: list[Sequence[int]] = []
        self.ready = threading.Event()
        self.ready.set()
        self.entered = threading.Event()
        self._refuses = refuses

    def __call__(self, batch: Sequence[int]) -> list[int]:
        self.entered.set()
        self.ready.wait()
        if error := self._refuses(batch):
            raise error
        self.batches.append(batch)
        return [10 * item for item in batch]


def outcome(commit: GroupCommit[int, int], item: int) -> int | str:
    try:
        return commit(item)
    except Exception as error:
        return str(error)


def test_each_caller_gets_its_own_result_and_commits_are_shared() -> None:
    disk = Disk()
    disk.ready.clear()
    commit = GroupCommit(disk)
    with ThreadPoolExecutor(50) as threads:
        results = threads.map(commit, range(50))
        disk.ready.set()
        assert list(results) == [10 * item for item in range(50)]
    commit.close()
    assert sorted(item for batch in disk.batches for item in batch) == list(range(50))


def busy(disk: Disk, commit: GroupCommit[int, int], threads: ThreadPoolExecutor) -> list[Future[int]]:
    """One item in a commit that does not end, and nine behind it."""
    disk.ready.clear()
    results = [threads.submit(commit, 0)]
    disk.entered.wait()
    results += [threads.submit(commit, item) for item in range(1, 10)]
    while commit._queue.qsize() < 9:
        time.sleep(0.001)
    return results


def test_what_queued_up_during_a_commit_is_one_commit() -> None:
    disk = Disk()
    commit = GroupCommit(disk)
    with ThreadPoolExecutor(10) as threads:
        results = busy(disk, commit, threads)
        disk.ready.set()
        assert [result.result() for result in results] == [10 * item for item in range(10)]
    commit.close()
    assert [len(batch) for batch in disk.batches] == [1, 9]


def test_a_bad_item_harms_only_itself() -> None:
    commit = GroupCommit(Disk(lambda batch: ValueError("bad") if 7 in batch else None))
    with ThreadPoolExecutor(20) as threads:
        results = list(threads.map(lambda item: outcome(commit, item), range(20)))
    commit.close()
    assert results == ["bad" if item == 7 else 10 * item for item in range(20)]


def test_when_the_store_is_down_every_caller_gets_the_error_and_the_writer_lives_on() -> None:
    down = threading.Event()
    down.set()
    commit = GroupCommit(Disk(lambda _batch: Retry("down") if down.is_set() else None))
    with ThreadPoolExecutor(20) as threads:
        assert set(threads.map(lambda item: outcome(commit, item), range(20))) == {"down"}
    down.clear()
    assert commit(1) == 10
    commit.close()


def test_a_full_queue_turns_callers_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "QUEUE", 4)
    disk = Disk()
    disk.ready.clear()
    commit = GroupCommit(disk)
    with ThreadPoolExecutor(20) as threads:
        results = [threads.submit(outcome, commit, item) for item in range(20)]
        while not any(result.done() for result in results):
            time.sleep(0.001)
        assert {result.result() for result in results if result.done()} == {
            "store overloaded: 4 deliveries are waiting to be written; check the latency of the disk"
        }
        disk.ready.set()
    commit.close()


def test_a_commit_that_takes_too_long_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_S", 0.05)
    disk = Disk()
    disk.ready.clear()
    commit = GroupCommit(disk)
    with pytest.raises(Retry, match="too slow"):
        commit(1)
    disk.ready.set()
    commit.close()


def test_closing_commits_what_is_queued_and_then_refuses() -> None:
    disk = Disk()
    commit = GroupCommit(disk)
    with ThreadPoolExecutor(10) as threads:
        results = busy(disk, commit, threads)
        closing = threading.Thread(target=commit.close)
        closing.start()
        disk.ready.set()
        closing.join()
        assert [result.result() for result in results] == [10 * item for item in range(10)]
    with pytest.raises(Retry, match="closed"):
        commit(1)
