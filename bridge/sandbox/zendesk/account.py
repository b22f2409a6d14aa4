"""One account with everything that serves it, wired together."""

from __future__ import annotations

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.delivery_faults import DeliveryFault
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import events, seeds, triggers
from bridge.sandbox.zendesk.auth import Authenticator
from bridge.sandbox.zendesk.channels import origin_of
from bridge.sandbox.zendesk.delivery import WebhookSender
from bridge.sandbox.zendesk.state import TABLES, State
from bridge.sandbox.zendesk.tickets import TicketWriter
from bridge.sandbox.zendesk.triggers import TicketEvent

CONDITIONAL = "conditional_ticket_events"


class ZendeskAccount:
    """The sandboxed account: its state, what writes tickets, sends webhooks and authenticates callers."""

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.state = State(clock)
        self.webhook_sender = WebhookSender(self.state)
        self.ticket_writer = TicketWriter(self.state, self._publish)
        self.authenticator = Authenticator(self.state, seeds.CLIENT, seeds.ADMIN_CLIENT)
        self._seed: Record = {}

    def load_seed(self, seed: Record) -> None:
        """Start again from a seed: all else, webhooks, triggers and tokens included, is gone."""
        self._seed = seed
        self.state.empty()
        self.authenticator.expire_tokens()
        self.webhook_sender.delivery_faults.clear()
        seed = {**seeds.standard(), **seed}
        for table in TABLES:
            for record in seed[table]:
                self.state.add(table, _with_private_groups(record) if table == "users" else record)
        for request in seed["tickets"]:
            self._open(request["by"], request.get("channel", "email"), request["ticket"])

    def reset(self) -> None:
        """Back to the seed that was loaded last."""
        self.load_seed(self._seed)

    def _open(self, by: str, channel: str, ticket: Record) -> None:
        origin = origin_of(self.state, by, channel)
        self.ticket_writer.create({"requester_id": origin.actor["id"], **ticket}, origin)

    @property
    def delivery_faults(self) -> list[DeliveryFault]:
        """Faults in delivering webhooks."""
        return self.webhook_sender.delivery_faults

    def _publish(self, old: Record, new: Record, audit: Record, created: bool) -> None:
        """Tell the webhooks of a change: subscriptions first, then what triggers call."""
        state = self.state
        subscribers = [row for row in state.webhooks.values() if CONDITIONAL not in row["subscriptions"]]
        if subscribers:
            for payload in events.payloads(state, old, new, audit, created=created):
                raw = events.body(payload)
                for webhook in subscribers:
                    if payload["type"] in webhook["subscriptions"]:
                        self.webhook_sender.send(webhook, raw)
        for ident, text in triggers.calls(state, TicketEvent(new, audit, created)):
            if ident in state.webhooks:
                self.webhook_sender.send(state.webhooks[ident], text.encode())


def _with_private_groups(user: Record) -> Record:
    """A user as it is kept: the groups of a seed are not an attribute of the API, so their key is private."""
    return {f"_{key}" if key == "groups" else key: value for key, value in user.items()}
