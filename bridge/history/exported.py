"""A history from files that the helpdesk's own export has made."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bridge.helpdesks.exports import ExportFiles, UnreadableExport
from bridge.history.line import HistoryLine
from bridge.history.live import FindAccount
from bridge.history.problems import HistoryProblem
from bridge.history.source import Line, Trouble
from bridge.ticket import TicketRef


@dataclass
class ExportHistory:
    """The tickets in exported files, in the words of a connection."""

    path: Path
    export: ExportFiles
    accounts: FindAccount
    without: frozenset[TicketRef] = frozenset()
    """Tickets that are known already."""
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def description(self) -> str:
        return f"the export in {self.path.name}"

    @property
    def taken_at(self) -> datetime | None:
        return self.export.taken_at

    @property
    def count(self) -> int:
        return self.export.count

    @property
    def fingerprint(self) -> str:
        files = sorted(each for each in self.path.rglob("*") if each.is_file()) if self.path.is_dir() else [self.path]
        return " ".join(_fingerprint(each) for each in files)

    def lines(self) -> Iterator[Line]:
        for found in self.export.tickets():
            if isinstance(found, UnreadableExport):
                self.troubles.append(Trouble(HistoryProblem(found.kind), f"{found.where}: {found.because}"))
                continue
            if found.ticket.ref in self.without:
                continue
            account = self.accounts(found.ticket, found.account)
            line = HistoryLine(ticket=found.ticket, account=account, native=found.native)
            yield Line(str(found.ticket.ref), line.as_line())


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return f"{path.stat().st_size}:{zlib.crc32(file.read(1_000_000)):08x}"
