"""A wrong clock of this process; those of other processes, such as a simulated helpdesk, stay right."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from bridge.ports.helpdesk import Helpdesk


def set_clock(monkeypatch: pytest.MonkeyPatch, ahead_s: float) -> None:
    """Set the clock with which helpdesks are compared so many seconds ahead of the right time."""
    moved = SimpleNamespace(time=lambda: time.time() + ahead_s, monotonic=time.monotonic)
    monkeypatch.setattr("bridge.machine_clock.time", moved)


def problems_of(helpdesk: Helpdesk, monkeypatch: pytest.MonkeyPatch, right_s: float = 0) -> list[str]:
    """What a helpdesk says of the clock: right, set ahead, after an answer, behind, and right again.

    ``right_s``: by how much the simulated helpdesk is ahead of this machine, because tests let its time pass.
    """
    found = []
    for ahead_s, asks in ((0, True), (600, False), (600, True), (-600, True), (0, True)):
        set_clock(monkeypatch, right_s + ahead_s)
        if asks:
            helpdesk.probe()
        found.append(helpdesk.clock_problem())
    return found
