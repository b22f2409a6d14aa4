"""Small histories for these tests: real tickets of the benchmark's generator, and ways to spoil them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.backtest import END, START, Lifecycle
from bridge.history.backtest import Backtest
from bridge.history.line import end_line, head_line
from bridge.history.past_ticket import Period
from bridge.history.result import TicketResult
from bridge.history.source import HistoryFile
from bridge.history.summary import Summary
from bridge.policy.load import load_policy

PACK = "erp_maestro"
QUARTER = Period(START, END)


def ticket_lines(tickets: int) -> list[str]:
    policy = load_policy(PACK)
    return [Lifecycle(policy, number).line().as_line() for number in range(1, tickets + 1)]


def write_history(path: Path, lines: list[str], *, end: bool = True) -> Path:
    """A history of these tickets."""
    whole = [head_line("a test", END, texts=True), *lines, *([end_line(len(lines), {})] if end else [])]
    path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    return path


def edited(line: str, **values: Any) -> str:
    """A ticket with other values."""
    written = json.loads(line)
    written["ticket"] |= values
    return json.dumps(written)


def backtested(path: Path, results: Path | None = None, processes: int = 1) -> tuple[list[TicketResult], Summary]:
    source, summary = HistoryFile(path), Summary()
    found = list(Backtest(source, [load_policy(PACK)], QUARTER, processes).run(results))
    for result in found:
        summary.add(result)
    summary.trouble(source.troubles)
    return found, summary
