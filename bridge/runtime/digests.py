"""Digests of what is due, sent by mail and chat at their time, once for all processes.

Each recipient's digest is claimed in the database before it is sent, and noted after that. If its sender is killed in
between, another process sends it: none is lost, and only a kill in the instant after a channel has taken it doubles it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from zoneinfo import ZoneInfo

import structlog

from bridge.account import Account
from bridge.contacts import contacts_in, holds_token, without_tokens
from bridge.helpdesks.notifications import Notifier
from bridge.policy.calendars.duration import after
from bridge.policy.model import Policy
from bridge.policy.rules.digest import Digest
from bridge.ports.conditions import Condition
from bridge.ports.digests import DigestKey
from bridge.ports.helpdesk import Helpdesk
from bridge.report.digest import DigestText, DueClock, due_clocks
from bridge.report.inputs import ReviewedTicket
from bridge.runtime.modes import Modes
from bridge.runtime.report_input import reviewed_ticket
from bridge.runtime.stops import Stops
from bridge.store import SqlStore
from mappings.connection import Connection

log = structlog.get_logger()

EVERYBODY = ""
"""The recipient under which it is noted that all recipients of a digest have got it."""


@dataclass(frozen=True)
class DueDigest:
    """A digest whose time has come on one connection."""

    policy: Policy
    digest: Digest
    connection: str
    at: datetime
    until: datetime
    """What is due by then is in it."""
    now: datetime

    def key(self, recipient: str) -> DigestKey:
        """Of a channel the store learns no token."""
        if holds_token(recipient):
            recipient = f"{without_tokens(recipient)}{sha256(recipient.encode()).hexdigest()[:16]}"
        return DigestKey(self.policy.pack, self.digest.name, self.connection, recipient, self.at)


@dataclass(frozen=True)
class Digests:
    """Sends the digests of an installation."""

    store: SqlStore
    policies: Sequence[Policy]
    connections: Mapping[str, Connection]
    helpdesks: Mapping[str, Helpdesk]
    modes: Modes
    _notifiers: dict[str, Notifier] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, connection in self.connections.items() if any(policy.digests for policy in self.policies) else ():
            may_write = partial(Stops(self.store).check, name)
            self._notifiers[name] = Notifier(connection.notify, before_write=may_write, mail=connection.mail)

    def send_due(self, now: datetime) -> int:
        """Send every digest whose time has come and that nobody has sent yet; returns to how many recipients."""
        due = [each for each in self._due(now) if not self.store.is_digest_sent(each.key(EVERYBODY))]
        return sum(map(self._send, due))

    def _due(self, now: datetime) -> Iterator[DueDigest]:
        for policy in self.policies:
            for digest in policy.digests:
                calendar = policy.calendar_for(digest.calendar, Account())
                if at := digest.slot(calendar, ZoneInfo(digest.time_zone or policy.time_zone), now):
                    until = after(calendar, at, digest.due_within)
                    yield from (DueDigest(policy, digest, name, at, until, now) for name in self._writing())

    def _writing(self) -> Iterator[str]:
        """The connections on which somebody may be notified now."""
        for name in self._notifiers:
            if self.modes.current(name).mode != "shadow" and not self.store.stop_of(name):
                yield name

    def _send(self, due: DueDigest) -> int:
        sent, problems = 0, []
        for recipient, clocks in self._recipients(due).items():
            key = due.key(recipient)
            if (clocks or due.digest.if_empty == "send") and self.store.claim_digest(key, due.now):
                problem = self._deliver(due, recipient, list(clocks))
                problems += [problem] if problem else []
                sent += not problem
                self.store.end_digest(key, due.now, is_sent=not problem)
            elif clocks and not self.store.is_digest_sent(key):
                return sent  # another process is about to send it
        if problems:
            log.warning("digest_not_sent", digest=due.digest.name, connection=due.connection, reasons=problems)
            self.store.failed(Condition.DIGESTS, due.now, "; ".join(problems), due.connection)
            return sent
        self.store.end_digest(due.key(EVERYBODY), due.now, is_sent=True)
        self.store.succeeded(Condition.DIGESTS, due.now, due.connection)
        return sent

    def _recipients(self, due: DueDigest) -> dict[str, dict[DueClock, None]]:
        """What is due for each address, and for each role that has channels of its own."""
        roles = due.digest.notify
        found: dict[str, dict[DueClock, None]] = {
            to: {} for role in roles for to in contacts_in(due.policy.roles.get(role, ""))
        }
        channels = [role for role in roles if role in self.connections[due.connection].notify]
        found |= {role: {} for role in channels}
        for each in self._open_tickets(due):
            url = self.helpdesks[due.connection].ticket_url(each.ticket.ref)
            clocks = dict.fromkeys(due_clocks(each, due.until, due.now, url))
            contacts = (to for role in roles for to in contacts_in(each.context.address(role, due.now)))
            for recipient in {*channels, *contacts}:
                found.setdefault(recipient, {}).update(clocks)
        return found

    def _open_tickets(self, due: DueDigest) -> Iterator[ReviewedTicket]:
        for review in self.store.open_reviews(due.connection):
            each = reviewed_ticket(review)
            if each and each.policy.pack == due.policy.pack and each.context.holds(due.digest.when):
                yield each

    def _deliver(self, due: DueDigest, recipient: str, clocks: list[DueClock]) -> str:
        zone = ZoneInfo(due.digest.time_zone or due.policy.time_zone)
        language = due.policy.language_of_templates
        text = DigestText(language, zone, due.policy.title, due.policy.translated_words.get(language, {}))
        notifier = self._notifiers[due.connection]
        return notifier.deliver(recipient, text.subject(clocks), text.body(clocks, due.until))
