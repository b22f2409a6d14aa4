"""Holds: what fails for a whole connection is recorded there, its tickets wait, and a probe finds out when it works.

No ticket is parked for it. No ticket is reviewed while this machine's clock and the helpdesk's disagree: a review goes
by the present, and its message to a customer cannot be taken back.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

import structlog

from bridge.errors import BridgeError, Denied, Forbidden, GiveUp, HelpdeskError, Misconfigured, Retry, Unavailable
from bridge.machine_clock import ClockReading, read_clocks
from bridge.ports.conditions import Condition
from bridge.ports.helpdesk import Helpdesk
from bridge.ports.queue import Claim
from bridge.ports.store import Store
from bridge.runtime.retry import LATEST_RETRY_S, LONGEST_HOLD_S, PROBE_S, PROBE_TIMEOUT_S, SETUP_CHECK_S
from bridge.runtime.ticket_clock import TicketClock
from bridge.ticket import TicketRef

log = structlog.get_logger()


class WrongTime(BridgeError):
    """This machine's clock is not to be trusted."""


@dataclass
class Holds:
    """The holds on the connections of an installation, as far as this process can tell; shared by its threads."""

    store: Store
    helpdesks: Mapping[str, Helpdesk]
    clock: TicketClock
    _distrusted: dict[str, float] = field(default_factory=dict)
    """Connections whose clock and ours disagree -> when to compare again, by the monotonic clock. Not in the store:
    other processes may have a better clock."""
    _incomplete: dict[str, float] = field(default_factory=dict)
    """Connections of which something is missing -> when to look again, by the monotonic clock."""
    _unrecorded: set[TicketRef] = field(default_factory=set)
    """Tickets whose last review could not be recorded."""
    _lock: Lock = field(default_factory=Lock)

    @property
    def distrusted(self) -> frozenset[str]:
        """Connections of which nothing may be claimed by this process, because of its clock."""
        with self._lock:
            return frozenset(self._distrusted)

    def answered(self, connection: str) -> None:
        """Note that the helpdesk did what we asked."""
        for condition in (Condition.CALLS, Condition.ACCESS):
            self.store.succeeded(condition, self.clock.now(), connection)

    def failed(self, connection: str, error: Retry) -> None:
        """Record an error on its connection, which is on hold from now on if the error concerns all tickets."""
        if not isinstance(error, Unavailable | Denied):
            if error.all_tickets:
                self.store.pause_connection(connection, self._in(error.after or 0.0))
            return
        state = self.store.failed(_condition_of(error), self.clock.now(), str(error), connection)
        if error.all_tickets or state.is_failing:
            retry_after = error.after if isinstance(error, Unavailable) else None
            self.hold(connection, state.failures, retry_after)

    def hold(self, connection: str, failures: int, asked_s: float | None = None) -> None:
        """Let all tickets wait until a probe succeeds, made when the helpdesk asked or after a wait of our own."""
        wait_s = min(PROBE_S * 2.0 ** min(failures - 1, 10), LONGEST_HOLD_S)
        self.store.hold_connection(connection, self._in(wait_s if asked_s is None else asked_s))

    def written(self, connection: str) -> None:
        """Note a successful write."""
        self.store.succeeded(Condition.WRITES, self.clock.now(), connection)

    def is_for_ticket(self, claim: Claim, error: Forbidden) -> bool:
        """Whether a refused write is about this ticket alone: it was refused before, and others were written to since.

        Otherwise it is recorded on the connection, which is on hold after several.
        """
        connection = claim.ref.connection
        written_at = self.store.condition(Condition.WRITES, connection).succeeded_at
        last = next(iter(self.store.reviews(claim.ref, limit=1)), None)
        if last and last.detail == str(error) and written_at and written_at > last.at:
            return True
        state = self.store.failed(Condition.WRITES, self.clock.now(), str(error), connection)
        if state.is_failing:
            self.hold(connection, state.failures)
        return False

    def recorded(self, ref: TicketRef) -> None:
        """Note that a review was recorded."""
        self._unrecorded.discard(ref)
        if not self._unrecorded:
            self.store.succeeded(Condition.RECORDS, self.clock.now())

    def unrecorded(self, ref: TicketRef, detail: str) -> None:
        """Note that a review could not be recorded."""
        self._unrecorded.add(ref)
        self.store.failed(Condition.RECORDS, self.clock.now(), detail)

    def probe(self) -> Helpdesk | None:
        """Probe one connection whose wait is over, if any; returns it if it works again."""
        connection = self._untrusted_due() or self.store.take_probe(self.clock.now(), self._in(PROBE_TIMEOUT_S))
        helpdesk = self.helpdesks.get(connection or "")
        if helpdesk is None or not self.works(helpdesk) or self.clock_problem(helpdesk):
            return None
        self.check_setup(helpdesk)
        self.store.release_connection(helpdesk.name, self.clock.now())
        log.info("connection_works_again", connection=helpdesk.name)
        return helpdesk

    def works(self, helpdesk: Helpdesk) -> bool:
        """Whether the connection as a whole works; if not, it is on hold from now on."""
        try:
            self._probe(helpdesk)
        except Retry:
            return False
        return True

    def probe_now(self, helpdesk: Helpdesk) -> None:
        """Probe for a person who waits, and end the hold if it works. Raises ``Retry`` if it does not."""
        self._probe(helpdesk)
        if problem := self.clock_problem(helpdesk):
            raise Retry(f"{problem}; {Condition.CLOCK.advice}")
        self.store.release_connection(helpdesk.name, self.clock.now())

    def _probe(self, helpdesk: Helpdesk) -> None:
        try:
            try:
                helpdesk.probe()
            except GiveUp as error:
                raise Denied(str(error)) from error
        except Retry as error:
            self.failed(helpdesk.name, error)
            raise
        self.answered(helpdesk.name)

    def check_setup(self, helpdesk: Helpdesk) -> None:
        """Record what the configuration names and the helpdesk does not have.

        Only actions that need it are refused meanwhile. Open tickets are reviewed once it is there.
        """
        name, now = helpdesk.name, self.clock.now()
        try:
            missing = helpdesk.missing()
        except HelpdeskError as error:
            log.info("setup_not_checked", connection=name, reason=str(error))
            return
        with self._lock:
            self._incomplete.pop(name, None)
            if missing:
                self._incomplete[name] = time.monotonic() + SETUP_CHECK_S
        if missing:
            self.store.failed(Condition.SETUP, now, "; ".join(missing), name)
            return
        was_incomplete = self.store.condition(Condition.SETUP, name).failures
        self.store.succeeded(Condition.SETUP, now, name)
        if was_incomplete:
            log.info("setup_is_complete_again", connection=name)
            self.store.wake_open(name, now)

    def incomplete_due(self) -> Helpdesk | None:
        """A connection of which something was missing, and that is to be checked again now."""
        with self._lock:
            now = time.monotonic()
            due = next((name for name, at in self._incomplete.items() if at <= now), None)
            if due:
                self._incomplete[due] = now + SETUP_CHECK_S
        return self.helpdesks[due] if due else None

    def clock_problem(self, helpdesk: Helpdesk) -> str:
        """Why nothing may be decided by this machine's clock now; the connection is on hold then, for this process.

        A demo decides by a clock of its own, which its simulated helpdesk shares.
        """
        if not self.clock.is_of_machine:
            return ""
        problem = helpdesk.clock_problem() or self.store.clock_problem()
        if problem:
            self._distrust(helpdesk.name, problem)
        else:
            self._trust(helpdesk.name)
        return problem

    def check_clock(self, helpdesk: Helpdesk, began: ClockReading) -> None:
        """Raise if a review must not go on: by the wrong time, a customer would be reminded, or a ticket closed."""
        if problem := self.clock_problem(helpdesk):
            raise WrongTime(problem)
        if began.has_jumped(read_clocks()):
            raise WrongTime("this machine's clock was set, or the machine slept, during the review")

    def forget_future_times(self) -> None:
        """Undo what this or an earlier process may have stored by a clock that was ahead."""
        self.store.forget_future_times(self.clock.now(), self._in(LATEST_RETRY_S))

    def _distrust(self, connection: str, problem: str) -> None:
        with self._lock:
            is_new = connection not in self._distrusted
            self._distrusted[connection] = time.monotonic() + PROBE_S
        if is_new:
            log.error("clock_not_trusted", connection=connection, reason=problem)
        self.store.failed(Condition.CLOCK, self.clock.now(), problem, connection)

    def _trust(self, connection: str) -> None:
        with self._lock:
            was_distrusted = self._distrusted.pop(connection, None) is not None
        self.store.succeeded(Condition.CLOCK, self.clock.now(), connection)
        if was_distrusted:
            self.store.forget_future_starts(self.clock.now().replace(microsecond=0))
            log.warning("clock_trusted_again", connection=connection)
            self.forget_future_times()

    def _untrusted_due(self) -> str | None:
        with self._lock:
            now = time.monotonic()
            due = next((name for name, at in self._distrusted.items() if at <= now), None)
            if due:
                self._distrusted[due] = now + PROBE_TIMEOUT_S
            return due

    def _in(self, seconds: float) -> datetime:
        return self.clock.now() + self.clock.ticket_time(timedelta(seconds=seconds))


def _condition_of(error: Unavailable | Denied) -> Condition:
    if isinstance(error, Unavailable):
        return Condition.CALLS
    return Condition.SETUP if isinstance(error, Misconfigured) else Condition.ACCESS
