"""The clockwork: due tickets each second, the catch-up sweep, retention. APScheduler is only the metronome."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bridge.config.accounts_file import Accounts
from bridge.errors import BridgeError, HelpdeskError
from bridge.ports.clock import WallClock
from bridge.ports.helpdesk import Helpdesk
from bridge.ports.queue import Claim
from bridge.ports.store import Store
from bridge.runtime.reconcile import LEASE_S, Reconciler

WORKERS = 4
KEEP_BODIES = timedelta(days=7)
TAKE_S = 5.0

log = structlog.get_logger()


@dataclass
class Jobs:
    """Everything this installation does by itself. Times are real seconds, whatever the clock of the tickets says."""

    store: Store
    reconciler: Reconciler
    clock: WallClock
    tick_s: float = 1.0
    sweep_s: float = 300.0
    lease_s: float = LEASE_S
    """Seconds of the tickets' clock for which a worker keeps a ticket."""
    keep_reviews_d: int = 400
    """Days of the tickets' clock for which reviews are kept."""
    accounts: Accounts | None = None
    swept_at: dict[str, datetime] = field(default_factory=dict)
    """Connection -> when its last sweep succeeded."""
    _scheduler: BackgroundScheduler = field(default_factory=lambda: BackgroundScheduler(timezone="UTC"))
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS, "review"))
    _stopping: Event = field(default_factory=Event)

    def start(self) -> None:
        """Begin; jobs run in the background, each at most once at a time, and a late run is made up for once."""
        paces = ((self.tick, self.tick_s), (self.sweep, self.sweep_s), (self.retain, 86_400.0), (self.take, TAKE_S))
        for job, seconds in paces:
            self._scheduler.add_job(
                _guarded(job), "interval", seconds=seconds, coalesce=True, max_instances=1, misfire_grace_time=None
            )
        self._scheduler.add_job(_guarded(self.sweep), misfire_grace_time=None)
        # Zendesk's export hides its last minute: look again for what was lost just before this start
        soon = datetime.now(UTC) + timedelta(seconds=65)
        for job in (self.sweep, self.retain):
            self._scheduler.add_job(_guarded(job), "date", run_date=soon, misfire_grace_time=None)
        self._scheduler.start()

    def stop(self) -> None:
        """Finish what is being looked at, begin nothing new, and give back what was only claimed."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._workers.shutdown(wait=True)

    def tick(self) -> int:
        """Review every ticket that is due, several at a time; returns how many, once nothing is due or under review.

        Whoever is free takes the next ticket, so a slow one holds up no other, whatever becomes due meanwhile.
        """
        done = 0
        busy: set[Future[bool]] = set()
        try:
            while True:
                busy |= {self._workers.submit(self._review, claim) for claim in self._claim(WORKERS - len(busy))}
                if not busy:
                    return done
                finished, busy = wait(busy, timeout=self.tick_s, return_when=FIRST_COMPLETED)
                done += sum(review.result() for review in finished)
        finally:
            wait(busy)

    def _claim(self, free: int) -> list[Claim]:
        """As many due tickets as there are free workers: no lease runs while a ticket waits for one."""
        if not free or self._stopping.is_set():
            return []
        return self.store.claim(self.clock(), limit=free, lease_s=self.lease_s)

    def _review(self, claim: Claim) -> bool:
        if self._stopping.is_set():
            self.store.give_back(claim, self.clock())
            return False
        self.reconciler.review(claim, self.clock())
        return True

    def sweep(self) -> None:
        """Ask every helpdesk what changed since the last time, for what webhooks lost."""
        for helpdesk in self.reconciler.helpdesks.values():
            try:
                self._catch_up(helpdesk)
            except HelpdeskError as error:
                log.warning("sweep_postponed", connection=helpdesk.name, reason=str(error))

    def _catch_up(self, helpdesk: Helpdesk) -> None:
        refs, cursor = helpdesk.changed_since(self.store.sweep_cursor(helpdesk.name), self.clock())
        self.store.record_sweep(helpdesk.name, cursor, refs, self.clock())
        self.swept_at[helpdesk.name] = self.clock()
        if refs:
            log.info("swept", connection=helpdesk.name, tickets=len(refs))

    def take(self) -> None:
        """Take over the accounts file if it has changed, and look again at the tickets that this concerns."""
        if self.accounts:
            self.accounts.refresh(self.store, self.clock())

    def retain(self) -> None:
        """Forget the bodies of old deliveries, and old reviews on which nothing rests; what is left waits a day."""
        self.store.forget_delivery_bodies(self.clock() - KEEP_BODIES)
        forgotten = 0
        for batch in self.store.forget_reviews(self.clock() - timedelta(days=self.keep_reviews_d)):
            forgotten += batch
            if self._stopping.is_set():
                break
        if forgotten:
            log.info("reviews_forgotten", reviews=forgotten)


def _guarded(job: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except BridgeError as error:
            log.warning("job_postponed", job=job.__name__, reason=str(error))

    return run
