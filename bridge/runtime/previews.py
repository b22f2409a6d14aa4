"""Previews: forecasts of all tickets of an installation, made at once or kept up to date while it watches.

Every ticket that was seen is in them. Those that have changed since the last sweep are fetched again; the others are
taken as the last review saw them. A preview that is interrupted is taken up where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import structlog

from bridge.account import Account
from bridge.decision import Mode, Target
from bridge.errors import Gone, HelpdeskError, Retry
from bridge.helpdesks.read_only import ReadOnly
from bridge.ports.forecasts import Forecast, KnownTicket, PreviewRun
from bridge.ports.store import Store
from bridge.runtime.backlog import Backlog
from bridge.runtime.forecast import AssumedMode, Forecaster
from bridge.runtime.forecast_caps import withhold_what_caps_exceed, withhold_what_caps_hold
from bridge.runtime.modes import Modes
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.preview import Previewer
from bridge.runtime.retry import PREVIEW_WAIT_S, PREVIEW_WAITS
from bridge.ticket import RESOLVED, Ticket, TicketRef
from mappings.connection import Configuration

T = TypeVar("T")

log = structlog.get_logger()

PAGE = 100
FOLLOWED_AT_ONCE = 50
"""Tickets whose forecast is renewed in one go while the installation works."""


@dataclass(frozen=True)
class Progress:
    """How far a preview is."""

    done: int
    waits_s: float = 0.0
    """For how long it waits, because a helpdesk asked for it."""
    because: str = ""


@dataclass(frozen=True)
class Previews:
    """Makes forecasts for one installation. Nothing is written to a helpdesk."""

    store: Store
    configuration: Configuration
    previewer: Previewer
    pinning: PolicyPinning
    backlog: Backlog
    modes: Modes

    def run(
        self,
        connections: Collection[str],
        now: datetime,
        wait: Callable[[float], object],
        *,
        enforced: Collection[str] = (),
        notice: Callable[[Progress], object] = lambda _: None,
    ) -> PreviewRun:
        """Make the forecasts of all tickets of some connections, ``enforced`` ones as if they enforced their policies.

        Raises ``Retry`` when a helpdesk keeps refusing; the same preview then goes on from there.
        """
        run = self.store.begin_preview(self._fingerprint(connections, enforced), now)
        batch = _Batch(self, run, self._forecaster(run.at, connections, enforced), wait, notice)
        changed = self._changed_since_sweep(connections, run.at)
        after: TicketRef | None = None
        while page := self.store.tickets_to_forecast(connections, run.at, after=after, limit=PAGE):
            after = page[-1].ref
            batch.forecast(page, changed)
            changed -= {known.ref for known in page}
        unknown = [KnownTicket(ref, None) for ref in changed if self.store.last_decision(ref) is None]
        batch.forecast(unknown, changed)
        withhold_what_caps_exceed(self.store, connections, self.configuration.limits, run.at)
        self.store.end_preview(run)
        return run

    def follow(self, now: datetime, *, is_busy: bool = False) -> int:
        """Renew the forecasts of tickets that were reviewed since theirs was made; returns how many.

        ``is_busy``: only on connections in shadow mode, because reviews that write come first.
        """
        names = [
            name for name in self.configuration.connections if not is_busy or self.modes.current(name).mode == "shadow"
        ]
        known = self.store.tickets_reviewed_since_forecast(names, FOLLOWED_AT_ONCE) if names else []
        if known:
            forecaster = self._forecaster(now, names, (), ask=False)
            self.store.save_forecasts(self.forecast_seen(forecaster, each) for each in known)
            withhold_what_caps_hold(self.store, {each.ref for each in known})
        return len(known)

    def forecast_seen(self, forecaster: Forecaster, known: KnownTicket) -> Forecast:
        """The forecast of a ticket as the last review saw it."""
        seen = self.store.seen(known.snapshot) if known.snapshot else None
        if seen is None or (known.has_ended and seen[0].status not in RESOLVED):
            return Forecast(known.ref, forecaster.now)
        return self.attempt(forecaster, *seen, has_approvals=True)

    def attempt(
        self, forecaster: Forecaster, ticket: Ticket, account: Account | None, *, has_approvals: bool
    ) -> Forecast:
        """A forecast; a ticket on which that fails has none, and keeps the others from nothing."""
        try:
            return forecaster.forecast(ticket, account, has_approvals=has_approvals)
        except Retry:  # the database
            raise
        except Exception:
            log.exception("forecast_failed", ticket=str(ticket.ref))
            return Forecast(ticket.ref, forecaster.now)

    @cached_property
    def helpdesks(self) -> Mapping[str, ReadOnly]:
        """The connections, which can only be read here."""
        return {name: ReadOnly(helpdesk) for name, helpdesk in self.previewer.helpdesks.items()}

    def _forecaster(
        self, now: datetime, connections: Collection[str], enforced: Collection[str], *, ask: bool = True
    ) -> Forecaster:
        previewer = replace(self.previewer, backlog=self.backlog.assuming(now), modes=None)
        return Forecaster(
            self.store,
            previewer,
            self.pinning,
            {name: self._assumed(name, enforced) for name in connections},
            {name: self._fields(name, ask=ask) for name in connections},
            now,
        )

    def _assumed(self, connection: str, enforced: Collection[str]) -> AssumedMode:
        """A connection in shadow mode is previewed as if it enforced its policies: that is the question."""
        mode: Mode = self.configuration.connections[connection].mode
        assumed: Mode = "enforce" if mode == "shadow" or connection in enforced else mode
        return AssumedMode(assumed, self.modes.current(connection))

    def _fields(self, connection: str, *, ask: bool) -> Container[Target]:
        """The fields that can be written, as the helpdesk knows them, else as they are configured."""
        if ask:
            try:
                return self.helpdesks[connection].known_fields
            except HelpdeskError as error:
                log.warning("helpdesk_not_asked", connection=connection, reason=str(error))
        return self.configuration.connections[connection].known_fields

    def _changed_since_sweep(self, connections: Collection[str], now: datetime) -> set[TicketRef]:
        changed: set[TicketRef] = set()
        for name in connections:
            try:
                refs, _ = self.helpdesks[name].changed_since(self.store.sweep_cursor(name), now)
            except HelpdeskError as error:
                advice = "tickets are previewed as they were seen last"
                log.warning("helpdesk_not_asked", connection=name, reason=str(error), advice=advice)
            else:
                changed |= set(refs)
        return changed

    def _fingerprint(self, connections: Collection[str], enforced: Collection[str]) -> str:
        """A fingerprint of all that a preview rests on beside the tickets."""
        policies = [policy.digest for policy in self.pinning.policies]
        accounts = self.configuration.accounts
        texts = [self.configuration.model_dump_json(), json.dumps([sorted(connections), sorted(enforced), policies])]
        texts += [Path(accounts).read_text("utf-8", errors="replace")] if accounts else []
        return sha256("\n".join(texts).encode()).hexdigest()


@dataclass
class _Batch:
    """The tickets of one preview, in pages that are saved as they are done."""

    previews: Previews
    run: PreviewRun
    forecaster: Forecaster
    wait: Callable[[float], object]
    notice: Callable[[Progress], object]
    done: int = 0

    def forecast(self, page: Collection[KnownTicket], changed: Container[TicketRef]) -> None:
        """Forecast some tickets and save the result, also of those before the one at which it is interrupted."""
        made: list[Forecast] = []
        try:
            for known in page:
                fresh = known.ref in changed or known.snapshot is None
                made.append(self._fetched(known) if fresh else self.previews.forecast_seen(self.forecaster, known))
        finally:
            self.previews.store.save_forecasts(made)
            self.done += len(made)
            self.notice(Progress(self.done))

    def _fetched(self, known: KnownTicket) -> Forecast:
        """The forecast of a ticket as it is now; of one that cannot be read, as it was seen last."""
        helpdesk = self.previews.helpdesks[known.ref.connection]
        try:
            ticket = self._patiently(lambda: helpdesk.fetch(known.ref, self.previews.store.snapshot(known.ref)))
            if ticket.ending:
                return Forecast(known.ref, self.run.at)
            account = self._patiently(lambda: helpdesk.account(ticket))
        except Gone:
            return Forecast(known.ref, self.run.at)
        except Retry:
            raise
        except HelpdeskError as error:
            log.warning("ticket_not_fetched", ticket=str(known.ref), reason=str(error))
            return self.previews.forecast_seen(self.forecaster, known)
        return self.previews.attempt(self.forecaster, ticket, account, has_approvals=False)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """What a helpdesk answers, after the waits that it asks for. Raises ``Retry`` if it asks too often."""
        for _ in range(PREVIEW_WAITS):
            try:
                return ask()
            except Retry as error:
                waits = min(error.after if error.after is not None else PREVIEW_WAIT_S, PREVIEW_WAIT_S)
                self.notice(Progress(self.done, waits, str(error)))
                self.wait(waits)
        return ask()
