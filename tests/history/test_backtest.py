"""A backtest as a whole: the same on a rerun, in any number of processes, and after an interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bridge.decision import ClockState, Plan
from bridge.errors import BridgeError, InputError
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.helpdesks.read_only import ReadOnly
from bridge.history.line import HistoryLine
from bridge.history.live import StoreHistory
from bridge.history.save import save, saved_refs
from bridge.history.source import HistoryFile
from tests.support.processes import PATIENCE_S, wait_until

from .histories import PACK, backtested, ticket_lines, write_history

ROOT = Path(__file__).parents[2]
TICKETS = 40
"""More than one chunk for each of two processes."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_history(tmp_path_factory.mktemp("history") / "h.ndjson", ticket_lines(TICKETS))


@pytest.fixture(scope="module")
def results(history: Path) -> bytes:
    backtested(history, history.parent / "results")
    return (history.parent / "results").read_bytes()


def test_a_rerun_in_other_processes_is_the_same_byte_for_byte(history: Path, results: bytes, tmp_path: Path) -> None:
    backtested(history, tmp_path / "again", processes=2)
    assert (tmp_path / "again").read_bytes() == results
    assert len(results.splitlines()) == TICKETS + 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_leaves_its_results_and_no_process(results: bytes, tmp_path: Path, how: signal.Signals) -> None:
    path, long = tmp_path / "results", write_history(tmp_path / "h.ndjson", ticket_lines(TICKETS) * 100)
    words = ["backtest", "--history", long, "--pack", PACK, "--from", "2026-07-01", "--results", path]
    command = [sys.executable, "-m", "bridge.cli", *map(str, words), "--processes", "2"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    # a test run in the background of a shell ignores SIGINT, and so would what it starts
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, start_new_session=True, cwd=ROOT, preexec_fn=heed, **pipes) as run:  # type: ignore[call-overload]
        wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") > 1, "there is a first result")
        os.killpg(run.pid, how) if how is signal.SIGINT else run.kill()
        _, said = run.communicate(timeout=PATIENCE_S)
    if how is signal.SIGINT:  # as a terminal sends it, to all processes
        assert said == f"stopped; run it again, and it goes on from {path}\n"
    left = path.read_bytes()
    assert left.count(b"\n") > 1
    wait_until(lambda: not is_running(run.pid), "no process of the run is left")
    kept = left.splitlines()[1 : TICKETS + 1]
    assert kept == results.splitlines()[1 : len(kept) + 1]


def is_running(group: int) -> bool:
    """Whether a process of a group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("left", [1, 500, 20_000])
def test_an_interrupted_run_goes_on_where_it_was(history: Path, results: bytes, tmp_path: Path, left: int) -> None:
    path = tmp_path / "results"
    path.write_bytes(results[: results.index(b"\n") + left])
    found, summary = backtested(history, path)
    assert path.read_bytes() == results
    assert summary.read == len(found) == TICKETS


def test_results_of_something_else_are_not_mixed_up(history: Path, results: bytes, tmp_path: Path) -> None:
    path, other = tmp_path / "results", write_history(tmp_path / "other", ticket_lines(2))
    path.write_bytes(results)
    with pytest.raises(InputError, match="holds results of another backtest"):
        backtested(other, path)
    assert path.read_bytes() == results


def test_the_figures_add_up(history: Path) -> None:
    found, summary = backtested(history)
    breached = sum(clock.state is ClockState.BREACHED for result in found for clock in result.clocks)
    written = summary.as_json()
    assert breached > 0
    assert written["totals"]["breached"] == breached
    for group in ("by_account", "by_month"):
        assert sum(counts.get("breached", 0) for counts in written[group].values()) == breached
        assert sum(counts.get("tickets", 0) for counts in written[group].values()) == TICKETS
    for group in ("by_clause", "clocks"):
        assert sum(counts.get("breached", 0) for counts in written[group]) == breached
    assert written["cost"]["updates"] == sum(result.updates for result in found)


def test_what_reads_a_history_cannot_write_to_it() -> None:
    ticket = HistoryLine.model_validate_json(ticket_lines(1)[0]).ticket
    written: list[object] = []
    helpdesk = InMemoryHelpdesk(ticket)
    helpdesk.apply = lambda *_: written.append(1)  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(BridgeError, match="is read-only here"):
        ReadOnly(helpdesk).apply(ticket, Plan(), "review")
    assert written == []


def test_a_history_is_saved_and_its_interruption_survived(history: Path, tmp_path: Path) -> None:
    path, source = tmp_path / "saved", HistoryFile(history)
    assert len(list(save(source, path, 0, texts=True))) == TICKETS
    assert HistoryFile(path).head.taken_at == source.head.taken_at
    whole = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(whole[:20_000])
    known = saved_refs(path)
    assert 0 < len(known) < TICKETS
    rest = HistoryFile(write_history(tmp_path / "rest", ticket_lines(TICKETS)[len(known) :]))
    list(save(rest, path, len(known), texts=True))
    assert path.read_bytes() == whole
    with pytest.raises(InputError, match="is complete"):
        saved_refs(path)


def test_without_texts_nothing_is_left_of_what_people_wrote(history: Path, tmp_path: Path) -> None:
    path = tmp_path / "silent"
    list(save(HistoryFile(history), path, 0, texts=False))
    text = path.read_text("utf-8")
    assert "send the log" not in text
    assert "Report" not in text
    assert '"name":"Pat"' not in text
    assert json.loads(text.splitlines()[0])["texts"] is False
    silent, spoken = backtested(path)[0], backtested(history)[0]
    assert [result.clocks for result in silent] == [result.clocks for result in spoken]


def test_a_store_without_reviews_is_an_empty_history() -> None:
    from datetime import UTC, datetime

    assert list(StoreHistory(lambda: iter(()), datetime(2026, 1, 1, tzinfo=UTC)).lines()) == []
