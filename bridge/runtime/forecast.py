"""What the bridge would do on one ticket if nothing else happened: production's reviews on a virtual clock.

The ticket lives in a helpdesk in memory, and each review is made by the :class:`~bridge.runtime.preview.Previewer` of
production. What only delays a write (shadow mode, a stop, a cap) is passed over, so that the simulation shows what
follows; what keeps it back for good (a rollout rule, a ticket that was taken out) is obeyed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from bridge.account import Account
from bridge.decision import Action, Mode, Plan, Target, WithheldCause
from bridge.decision.kinds import action_kind
from bridge.errors import BridgeError
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.consequences import may_lead_to_more
from bridge.plan.urgency import urgency
from bridge.ports.forecasts import HORIZON, Forecast, ForecastAction
from bridge.ports.store import Store
from bridge.runtime.backlog import LeftAlone
from bridge.runtime.modes import CurrentMode
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.preview import NotGoverned, Preview, Previewer
from bridge.runtime.scope import scope_of
from bridge.runtime.ticket_memory import TicketMemory
from bridge.ticket import Ticket

MAX_REVIEWS = 2_000
"""More than any policy needs in the time that a forecast covers."""


@dataclass(frozen=True)
class AssumedMode:
    """What a forecast takes a connection's mode to be, and what it is now."""

    mode: Mode
    """The mode that decides what would be written: for a connection in shadow mode, ``enforce``."""
    current: CurrentMode


@dataclass(frozen=True)
class Forecaster:
    """Makes forecasts from the parts of one installation. It writes nothing."""

    store: Store
    previewer: Previewer
    pinning: PolicyPinning
    modes: Mapping[str, AssumedMode]
    fields: Mapping[str, Container[Target]]
    """Connection -> the fields that can be written there."""
    now: datetime
    _stops: dict[str, str] = field(default_factory=dict)

    def forecast(self, ticket: Ticket, account: Account | None, *, has_approvals: bool) -> Forecast:
        """What would be done on a ticket from now on; ``has_approvals``: it holds the approvals that were recorded."""
        simulation = _Simulation(self, ticket, account, has_approvals=has_approvals)
        actions = {each.action.key: each for each in simulation.run()}
        return Forecast(ticket.ref, self.now, tuple(actions.values()))

    def stop_of(self, connection: str) -> str:
        """Why all writing to a connection is stopped now; empty: it is not."""
        if connection not in self._stops:
            self._stops[connection] = str(self.store.stop_of(connection) or "")
        return self._stops[connection]


class _Simulation:
    """One ticket on a virtual clock."""

    def __init__(self, forecaster: Forecaster, ticket: Ticket, account: Account | None, *, has_approvals: bool) -> None:
        self.forecaster, self.ref = forecaster, ticket.ref
        self.mode = forecaster.modes[ticket.ref.connection]
        self.helpdesk = InMemoryHelpdesk(ticket.model_copy(update={"adopted_at": None}), account)
        self.helpdesk.mode = self.mode.mode
        self.helpdesk.known_fields = forecaster.fields[ticket.ref.connection]
        self.memory = TicketMemory(forecaster.store, ticket.ref, has_approvals=has_approvals)
        store = cast(Store, self.memory)
        self.previewer = replace(
            forecaster.previewer,
            store=store,
            helpdesks={ticket.ref.connection: self.helpdesk},
            rules=forecaster.pinning.over(store),
        )
        self.seen: set[str] = set()

    def run(self) -> Iterator[ForecastAction]:
        """Every action in the order in which it would be done; a key that comes again is done again."""
        at: datetime | None = self.forecaster.now
        until = at + HORIZON if at else None
        for _ in range(MAX_REVIEWS):
            if at is None or until is None or at > until:
                return
            self.helpdesk.now = at
            try:
                preview = self.previewer.preview(self.ref, at)
            except (NotGoverned, LeftAlone):
                return
            yield from self._actions(preview, at)
            self._apply(preview, at)
            if not may_lead_to_more(preview.permitted.actions, preview.policy):
                at = preview.wake_at
        raise BridgeError(f"{self.ref}: more than {MAX_REVIEWS} reviews in the next days; please report this bug")

    def _apply(self, preview: Preview, at: datetime) -> None:
        self.memory.note(preview.pin, preview.decision)
        if todo := preview.permitted:
            self.helpdesk.apply(preview.unadopted, todo)
            self.memory.write(todo.actions, at)

    def _actions(self, preview: Preview, at: datetime) -> Iterator[ForecastAction]:
        new = tuple(action for action in preview.plan.actions if action.key not in self.seen)
        if not new:
            return
        self.seen |= {action.key for action in new}
        ticket, account = preview.ticket, preview.account
        kept_back = {each.key: (each.cause, each.because) for each in preview.plan.withheld}
        withheld = self._delayed(preview, new) | kept_back
        for action in new:
            cause, because = withheld.get(action.key, (None, ""))
            yield ForecastAction(
                ref=self.ref,
                account=account.name or ticket.account or "",
                subject=ticket.subject,
                action=action,
                kind=action_kind(action, ticket.status),
                due=at,
                urgency=urgency(ticket, preview.decision),
                cause=cause,
                because=because,
                is_expected=action.key not in kept_back,
            )

    def _delayed(self, preview: Preview, actions: Iterable[Action]) -> dict[str, tuple[WithheldCause, str]]:
        """What keeps these actions from being written as things are now."""
        plan = Plan(actions=tuple(actions))
        current = self.mode.current
        if current.mode != self.mode.mode:
            rules = self.previewer.rollout
            plan = scope_of(self.previewer.store, rules, preview.ticket, preview.account, current).withhold(plan)
        if because := self.forecaster.stop_of(self.ref.connection):
            plan = plan.withhold(WithheldCause.STOP, because)
        return {each.key: (each.cause, each.because) for each in plan.withheld}
