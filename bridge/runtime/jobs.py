"""Background jobs: due tickets each second, catch-up sweeps, retention. :mod:`.schedule` starts them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

import structlog

from bridge.config.accounts_file import Accounts
from bridge.errors import HelpdeskError
from bridge.ports.conditions import Condition
from bridge.ports.helpdesk import Helpdesk
from bridge.ports.queue import Claim
from bridge.ports.store import Store
from bridge.runtime.digests import Digests
from bridge.runtime.native_rules_check import NativeRulesCheck
from bridge.runtime.previews import Previews
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.retry import (
    ACCOUNTS_CHECK_S,
    BODIES_KEPT_D,
    DIGESTS_KEPT_D,
    DIGESTS_S,
    FOLLOW_S,
    LEASE_S,
    NATIVE_RULES_S,
    RETENTION_S,
    REVIEWS_KEPT_D,
    SWEEP_S,
    TICK_S,
)
from bridge.runtime.schedule import Schedule
from bridge.runtime.ticket_clock import TicketClock

WORKERS = 4
"""Tickets that one process reviews at the same time."""

log = structlog.get_logger()


@dataclass
class Jobs:
    """The background jobs of one installation. They use real time, whatever the clock of the tickets shows."""

    store: Store
    reconciler: Reconciler
    clock: TicketClock
    tick_s: float = TICK_S
    sweep_s: float = SWEEP_S
    lease_s: float = LEASE_S
    """For how long a worker may hold a ticket."""
    keep_reviews_d: int = REVIEWS_KEPT_D
    """Days of ticket time for which reviews are kept."""
    accounts: Accounts | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    """Connection -> fingerprint of all by which it may write; a change wakes what was withheld."""
    previews: Previews | None = None
    """Keeps forecasts up to date; None: there are none."""
    native_rules: NativeRulesCheck | None = None
    """Checks the helpdesk's own rules; None: nobody does."""
    digests: Digests | None = None
    """Sends digests at their time; None: there are none."""
    swept_at: dict[str, datetime] = field(default_factory=dict)
    """Connection -> when its last sweep succeeded."""
    _schedule: Schedule = field(default_factory=Schedule)
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS, "review"))
    _stopping: Event = field(default_factory=Event)
    _is_reviewing: bool = False
    """Whether a tick has tickets under review."""
    _latest: bool = True
    """Whether the last claim began with what became due last."""

    def start(self) -> None:
        """Start the jobs in the background."""
        intervals = (
            (self.tick, self.tick_s),
            (self.sweep, self.sweep_s),
            (self.forget_old_records, RETENTION_S),
            (self.refresh_accounts, ACCOUNTS_CHECK_S),
            (self.follow, FOLLOW_S),
            (self.send_digests, DIGESTS_S),
            (self.check_native_rules, NATIVE_RULES_S),
        )
        for job, seconds in intervals:
            self._schedule.every(seconds, job)
        for job in (self.note_permissions, self.sweep, self.check_native_rules):
            self._schedule.once(job)
        for job in (self.sweep, self.forget_old_records):
            self._schedule.soon(job)
        self._schedule.start()

    def stop(self) -> None:
        """Finish the reviews that are running, start no new ones, and give back claims that were not begun."""
        self._stopping.set()
        self._schedule.stop()
        self._workers.shutdown(wait=True)

    def tick(self) -> int:
        """Review every ticket that is due, several at a time; returns how many, once nothing is due or under review.

        A free worker takes the next ticket, so a slow one holds up no other, whatever becomes due meanwhile.
        """
        done = 0
        busy: set[Future[bool]] = set()
        try:
            if not self._stopping.is_set():
                busy.add(self._workers.submit(self._probe))
            while True:
                busy |= {self._workers.submit(self._review, claim) for claim in self._claim(WORKERS - len(busy))}
                self._is_reviewing = bool(busy)
                if not busy:
                    return done
                finished, busy = wait(busy, timeout=self.tick_s, return_when=FIRST_COMPLETED)
                done += sum(review.result() for review in finished)
        finally:
            wait(busy)

    def _claim(self, free: int) -> list[Claim]:
        """As many due tickets as there are free workers: no lease runs while a ticket waits for one.

        Every other claim takes what became due last. So thousands of tickets that wait since a change of all of them do
        not hold up a new one, and none of them waits for ever.
        """
        if not free or self._stopping.is_set():
            return []
        self._latest = not self._latest
        lease = self.clock.ticket_time(timedelta(seconds=self.lease_s))
        distrusted = self.reconciler.holds.distrusted
        now, lease_s = self.clock.now(), lease.total_seconds()
        return self.store.claim(now, limit=free, lease_s=lease_s, without=distrusted, latest=self._latest)

    def _probe(self) -> bool:
        """Probe a connection on hold, if one is due, and catch up on what it missed; it counts as no review."""
        if helpdesk := self.reconciler.holds.probe():
            self._try_sweep(helpdesk)
            if self._schedule.is_running:
                self._schedule.soon(self.sweep)
        elif incomplete := self.reconciler.holds.incomplete_due():
            self.reconciler.holds.check_setup(incomplete)
        return False

    def _review(self, claim: Claim) -> bool:
        if self._stopping.is_set():
            self.store.give_back(claim, self.clock.now())
            return False
        self.reconciler.review(claim, self.clock.now())
        return True

    def sweep(self) -> None:
        """Ask every helpdesk what changed since the last sweep, to catch up on lost webhooks."""
        for helpdesk in self.reconciler.helpdesks.values():
            if helpdesk.name not in self.reconciler.holds.distrusted:
                self._try_sweep(helpdesk)

    def _try_sweep(self, helpdesk: Helpdesk) -> None:
        try:
            self._sweep_connection(helpdesk)
        except HelpdeskError as error:
            log.warning("sweep_postponed", connection=helpdesk.name, reason=str(error))
            if not self.reconciler.holds.clock_problem(helpdesk):  # which may be why it was refused
                self.store.failed(Condition.SWEEP, self.clock.now(), str(error), helpdesk.name)

    def _sweep_connection(self, helpdesk: Helpdesk) -> None:
        refs, cursor = helpdesk.changed_since(self.store.sweep_cursor(helpdesk.name), self.clock.now())
        if self.reconciler.holds.clock_problem(helpdesk):
            return  # its cursor may be wrong
        if not self.swept_at:
            self.reconciler.holds.forget_future_times()
        self.reconciler.holds.answered(helpdesk.name)
        self.reconciler.holds.check_setup(helpdesk)
        self.store.succeeded(Condition.SWEEP, self.clock.now(), helpdesk.name)
        if refs and helpdesk.name in self.swept_at:  # the first sweep finds what happened while nothing ran
            self._check_webhooks(helpdesk.name, len(refs))
        self.store.record_sweep(helpdesk.name, cursor, refs, self.clock.now())
        self.swept_at[helpdesk.name] = self.clock.now()
        if refs:
            log.info("swept", connection=helpdesk.name, tickets=len(refs))

    def _check_webhooks(self, connection: str, found: int) -> None:
        """Whether the helpdesk reported any change since the sweep before the last one."""
        last, now = self.store.last_delivery(connection), datetime.now(UTC)
        if last and now - last <= timedelta(seconds=2 * self.sweep_s):
            self.store.succeeded(Condition.WEBHOOKS, self.clock.now(), connection)
            return
        when = f"the last webhook arrived at {last:%Y-%m-%d %H:%M} UTC" if last else "no webhook has arrived"
        self.store.failed(
            Condition.WEBHOOKS, self.clock.now(), f"{when}, and a sweep found {found} changed", connection
        )

    def note_permissions(self) -> None:
        """Review what was withheld before this start, on connections that may now write more or less."""
        for connection in self.store.note_permissions(self.permissions, self.clock.now()):
            log.info("permissions_changed", connection=connection)

    def follow(self) -> None:
        """Renew the forecasts of tickets that were reviewed since theirs was made."""
        previews = self.previews
        while previews and not self._stopping.is_set():
            if not previews.follow(self.clock.now(), is_busy=self._is_reviewing):
                return
            self._stopping.wait(TICK_S)

    def check_native_rules(self) -> None:
        """Check whether the helpdesk's own rules are as they were examined."""
        if self.native_rules:
            self.native_rules.check()

    def send_digests(self) -> None:
        """Send the digests whose time has come, unless this machine's clock is not to be trusted."""
        if self.digests and not any(map(self.reconciler.holds.clock_problem, self.reconciler.helpdesks.values())):
            self.digests.send_due(self.clock.now())

    def refresh_accounts(self) -> None:
        """Read the accounts file again if it has changed, and review the tickets of changed accounts."""
        if self.accounts:
            self.accounts.refresh(self.store, self.clock.now())

    def forget_old_records(self) -> None:
        """Delete the bodies of old deliveries, and old reviews that nothing rests on; what is left waits a day.

        By a clock that is years ahead everything would be old.
        """
        if any(map(self.reconciler.holds.clock_problem, self.reconciler.helpdesks.values())):
            return
        self.store.forget_delivery_bodies(self.clock.now() - timedelta(days=BODIES_KEPT_D))
        self.store.forget_digests(self.clock.now() - timedelta(days=DIGESTS_KEPT_D))
        forgotten = 0
        for batch in self.store.forget_reviews(self.clock.now() - timedelta(days=self.keep_reviews_d)):
            forgotten += batch
            if self._stopping.is_set():
                break
        if forgotten:
            log.info("reviews_deleted", reviews=forgotten)
