"""The schedule of the background jobs, with APScheduler as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from threading import Event, Thread

import pytest
from apscheduler.triggers.date import DateTrigger

from bridge.machine_clock import ClockReading
from bridge.runtime import schedule as scheduling
from bridge.runtime.schedule import Schedule
from tests.support.processes import wait_until


@pytest.fixture
def schedule() -> Iterator[Schedule]:
    found = Schedule()
    yield found
    found.stop()


def test_jobs_run_at_their_interval_and_at_once(schedule: Schedule) -> None:
    done: list[str] = []
    schedule.every(0.01, lambda: done.append("tick"))
    schedule.once(lambda: done.append("sweep"))
    schedule.start()
    wait_until(lambda: done.count("tick") >= 3 and done.count("sweep") == 1, "the jobs have run")


def test_it_can_be_stopped_while_it_hands_out_a_job_that_runs_once(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of APScheduler's own thread would be printed as a traceback; pytest makes it fail the test."""
    find, stopped = DateTrigger.get_next_fire_time, Event()

    def handing_out(trigger: DateTrigger, previous: datetime | None, now: datetime) -> datetime | None:
        if previous and not stopped.is_set():
            Thread(target=schedule.stop, daemon=True).start()
            wait_until(lambda: not schedule.is_running, "the schedule is being stopped")
            stopped.set()
        return find(trigger, previous, now)

    monkeypatch.setattr(DateTrigger, "get_next_fire_time", handing_out)
    done = Event()
    schedule.once(done.set)
    schedule.start()
    assert stopped.wait(10)
    assert done.wait(10)


def test_jobs_run_now_when_the_clock_was_set(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits for a time of the clock of before is not left waiting."""
    wall = 0.0
    monkeypatch.setattr(scheduling, "TICK_S", 0.01)
    monkeypatch.setattr(scheduling, "read_clocks", lambda: ClockReading(wall, 0.0))
    done = Event()
    schedule.every(3600, done.set)
    schedule.start()
    assert not done.wait(0.1)
    wall = -86_400.0
    assert done.wait(10)
