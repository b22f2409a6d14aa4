"""One account with everything that serves it, wired together."""

from __future__ import annotations

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.zendesk import events, seeds, triggers
from bridge.sandbox.zendesk.auth import Doorkeeper
from bridge.sandbox.zendesk.delivery import Courier
from bridge.sandbox.zendesk.state import Record, State
from bridge.sandbox.zendesk.tickets import Desk
from bridge.sandbox.zendesk.triggers import Happening
from bridge.sandbox.zendesk.webhook_faults import Mischief

CONDITIONAL = "conditional_ticket_events"


class House:
    """The sandboxed account: its state, the desk that writes tickets, the courier, and the doorkeeper."""

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.state = State(clock)
        self.courier = Courier(self.state)
        self.desk = Desk(self.state, self._publish)
        self.doorkeeper = Doorkeeper(self.state, seeds.CLIENT)
        self._seed: Record = {}

    def plant(self, seed: Record) -> None:
        """Begin anew from a seed: all else, webhooks, triggers and tokens included, is gone."""
        self._seed = seed
        self.state.empty()
        self.doorkeeper.expire_tokens()
        self.courier.mischief.clear()
        seeds.plant(self, seed)

    def reset(self) -> None:
        """Back to the seed that was planted last."""
        self.plant(self._seed)

    @property
    def mischief(self) -> list[Mischief]:
        """Faults in delivering webhooks."""
        return self.courier.mischief

    def _publish(self, old: Record, new: Record, audit: Record, created: bool) -> None:
        """Tell the webhooks of a change: subscriptions first, then what triggers call."""
        state = self.state
        subscribers = [row for row in state.webhooks.values() if CONDITIONAL not in row["subscriptions"]]
        if subscribers:
            for payload in events.payloads(state, old, new, audit, created=created):
                raw = events.body(payload)
                for webhook in subscribers:
                    if payload["type"] in webhook["subscriptions"]:
                        self.courier.send(webhook, raw)
        for ident, text in triggers.calls(state, Happening(new, audit, created)):
            if ident in state.webhooks:
                self.courier.send(state.webhooks[ident], text.encode())
