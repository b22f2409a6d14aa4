"""The schedule of the background jobs: each at its interval, and all of them when this machine's clock was set."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bridge.errors import BridgeError
from bridge.machine_clock import read_clocks
from bridge.runtime.retry import SECOND_SWEEP_AFTER_S, TICK_S

Job = Callable[[], object]

log = structlog.get_logger()


class _Scheduler(BackgroundScheduler):  # type: ignore[misc] # it has no annotations
    """APScheduler's; it can be stopped while it hands out a one-off job, and finds none to remove then."""

    def remove_job(self, job_id: str, jobstore: str | None = None) -> None:
        with suppress(JobLookupError):
            super().remove_job(job_id, jobstore)


@dataclass
class Schedule:
    """Runs jobs in the background, each once at a time; one run makes up for all that were missed."""

    _scheduler: BackgroundScheduler = field(default_factory=lambda: _Scheduler(timezone="UTC"))
    _stopping: Event = field(default_factory=Event)

    @property
    def is_running(self) -> bool:
        return bool(self._scheduler.running)

    def every(self, seconds: float, job: Job) -> None:
        """Run a job at an interval."""
        self._scheduler.add_job(
            _guarded(job), "interval", seconds=seconds, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def once(self, job: Job) -> None:
        """Run a job as soon as the schedule has started."""
        self._scheduler.add_job(_guarded(job), misfire_grace_time=None)

    def soon(self, job: Job) -> None:
        """Run a job when the helpdesk can be expected to know everything up to now."""
        soon = datetime.now(UTC) + timedelta(seconds=SECOND_SWEEP_AFTER_S)
        self._scheduler.add_job(_guarded(job), "date", run_date=soon, misfire_grace_time=None)

    def start(self) -> None:
        """Begin to run the jobs."""
        self._scheduler.start()
        Thread(target=self._watch_clock, name="clock-watch", daemon=True).start()

    def stop(self) -> None:
        """Let the jobs that are running end, and start no more."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _watch_clock(self) -> None:
        """Let every job run now if the clock was set: one that was set back would leave the scheduler waiting."""
        last = read_clocks()
        while not self._stopping.wait(TICK_S):
            now = read_clocks()
            if last.has_jumped(now):
                seconds = round((now.wall - last.wall) - (now.monotonic - last.monotonic))
                log.warning("clock_was_set", by_seconds=seconds)
                for job in self._scheduler.get_jobs():
                    with suppress(JobLookupError):  # a one-off job that has run meanwhile
                        job.modify(next_run_time=datetime.now(UTC))
            last = now


def _guarded(job: Job) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except BridgeError as error:
            log.warning("job_postponed", job=getattr(job, "__name__", str(job)), reason=str(error))

    return run
