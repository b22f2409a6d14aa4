"""What the core needs from the outside world, in words of the core. Vendors, databases and clocks implement these."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from bridge.account import Account, OpenTicket
from bridge.decision import Action, Decision, Kept, Plan
from bridge.plan import Mode, Said
from bridge.ticket import Ticket, TicketRef


@dataclass(frozen=True)
class Receipt:
    """What a helpdesk did with a plan."""

    confirmed: frozenset[str]
    """Keys of the actions that the vendor's own answer shows as done."""
    deferred: frozenset[str] = frozenset()
    """Keys which this write could not carry (a second comment); look again at once."""
    refused: dict[str, str] = field(default_factory=dict)
    """Keys the vendor accepted but did not apply, with the reason: 200 does not mean done."""
    version: str = ""
    """Stamp of the ticket after the write."""


@dataclass(frozen=True)
class Ailment:
    """One line of ``doctor``: what was looked at, whether it is well, and what to do."""

    subject: str
    well: bool
    advice: str


class Helpdesk(Protocol):
    """One connection to a vendor. Methods raise only :mod:`bridge.errors`."""

    name: str
    mode: Mode
    settles: timedelta
    """How long after a delivery the change it tells of may still be invisible: then the ticket is looked at again."""

    @property
    def known_fields(self) -> Container[str]:
        """Names for which ``set_field`` can be carried out; others are left out of plans. Raises as ``fetch`` does."""

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        """The ticket and its audit trail, now. Raises ``Gone``, ``Retry`` or ``GiveUp``.

        ``before``: what the last review saw, for vendors that keep no history of everything: what has become
        different since then is noted as observed.
        """

    def apply(self, ticket: Ticket, plan: Plan, review: str) -> Receipt:
        """Write a plan in one combined update that expects ``ticket.version``, and confirm it from the answer.

        ``review`` and the keys of the actions go with the write where the vendor can hold them. Raises ``Conflict``
        when the ticket has changed since, ``Retry`` when it may be asked again, ``GiveUp`` when it never will work.
        """

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        """Tickets changed after ``cursor`` and the next cursor; None starts a little before ``now``."""

    def account(self, ticket: Ticket) -> Account | None:
        """What the vendor itself knows of the ticket's account, or None."""

    def examine(self) -> Iterable[Ailment]:
        """Check credentials, rights and configured ids against the vendor, for ``doctor``."""


@dataclass(frozen=True)
class Delivery:
    """One signed request, as it came in: stored before it is parsed."""

    connection: str
    id: str
    """Unique in the connection: the vendor's invocation id, else a digest of the body."""
    received_at: datetime
    headers: dict[str, str]
    body: bytes
    refs: tuple[TicketRef, ...] = ()
    """Tickets it speaks of; empty when it could not be parsed."""
    verdict: str = "accepted"
    """``accepted``, or why it could not be understood."""


@dataclass(frozen=True)
class Claim:
    """The right to review one ticket until ``lease_until``. Finishing is fenced by ``owner`` and ``generation``."""

    ref: TicketRef
    generation: int
    owner: str
    lease_until: datetime
    attempts: int = 0
    """Failed reviews in a row."""
    why: str = "due"
    """What woke it, as in :class:`Review`."""


@dataclass(frozen=True)
class Answer:
    """What somebody said to the bridge itself: through a link, or on the phone to an agent who recorded it."""

    id: str
    """Of a link it follows from the question, so that the link can be used once."""
    ref: TicketRef
    gate: str
    """What was asked for; ``resolution`` for the confirmation that it is solved."""
    granted: bool
    by: str
    """Address of who answered. Whether that person counts is the policy's business."""
    at: datetime
    name: str = ""
    remarks: str = ""
    opened: datetime | None = None
    """When the question was put; None: the answer is to whatever is asked when it comes."""
    recorded_by: str = ""
    """Who wrote down what was said on the phone; empty for a link."""


@dataclass(frozen=True)
class Version:
    """A text of a pack, and since when it is in force."""

    pack: str
    since: datetime
    digest: str
    version: str
    change: str
    """``new_only``, ``from_cutover`` or ``retroactive``: what it means for the tickets of the text before."""
    cutover: datetime | None = None


@dataclass(frozen=True)
class Pin:
    """By which text a ticket is judged, and the verdicts that other rules had closed before the present ones."""

    pack: str
    digest: str
    """Of the text in force when the ticket was created, without the terms of an account."""
    basis: str
    """Fingerprint of everything that was judged by last: text, contract, calendar."""
    settled: Kept = field(default_factory=Kept)


@dataclass(frozen=True)
class AuditLine:
    """Something that changed beside tickets: accounts, or an edit that could not be used."""

    id: str
    """The same for every process that notices the same change."""
    at: datetime
    kind: str
    """``account``, ``accounts_refused`` or ``policy``."""
    detail: str


@dataclass(frozen=True)
class Review:
    """The record of one look at a ticket: all that is needed to understand and to reproduce it."""

    id: str
    ref: TicketRef
    at: datetime
    why: str
    """What woke it: ``delivery``, ``due``, ``sweep``, ``command``."""
    outcome: str
    """``nothing``, ``applied``, ``withheld`` (by the mode), ``not_governed``, ``conflict``, ``retry``, ``gave_up``,
    ``breaker``, ``broken``.
    """
    detail: str = ""
    ticket: Ticket | None = None
    account: Account | None = None
    decision: Decision | None = None
    plan: Plan | None = None
    pack: dict[str, Any] | None = None
    """The pack's effective text, present the first time its digest is seen."""
    kept: Kept | None = None
    """Clocks that other rules had judged, as the decision found them; None: none."""
    pin: Pin | None = None
    """How the ticket is pinned from now on; None: as it was."""


class Store(Protocol):
    """Durable state. One store serves every process of an installation. Instants in and out are aware UTC."""

    def accept(self, delivery: Delivery, due: datetime) -> bool:
        """Store a delivery and wake its tickets at ``due`` in one transaction; returns after the commit.

        False: this delivery was already there, and nothing was woken. Raises ``Retry`` when the store is down.
        """

    def count_rejected(self, connection: str, reason: str, at: datetime) -> None:
        """Count a request that was refused; nothing of it is stored."""

    def wake(self, ref: TicketRef, due: datetime, why: str) -> None:
        """Make sure the ticket is looked at by ``due``: an earlier due time stays, and the generation moves on."""

    def claim(self, now: datetime, *, limit: int, lease_s: float) -> list[Claim]:
        """Lease up to ``limit`` due tickets, oldest due first; no two holders ever share one."""

    def give_back(self, claim: Claim, due: datetime) -> None:
        """End a claim without having looked: the ticket is due at ``due``. Nothing happens when it was lost."""

    def said(self, ref: TicketRef) -> list[Said]:
        """The ledger of a ticket."""

    def written(self, ref: TicketRef, since: datetime) -> list[Plan]:
        """The plans that the helpdesk answered after an instant, carried out or not, newest first."""

    def intend(self, claim: Claim, review: str, actions: Sequence[Action], at: datetime) -> None:
        """Write-ahead: record effects about to be made. Raises ``Conflict`` when the claim is no longer ours."""

    def finish(
        self, claim: Claim, review: Review, *, confirmed: Iterable[str], due: datetime | None, attempts: int = 0
    ) -> bool:
        """End a claim in one transaction: review, confirmed effects, snapshot, next due time.

        If the ticket was woken meanwhile it stays due. False when the claim was lost: nothing is written then.
        """

    def park(self, claim: Claim, review: Review) -> bool:
        """End a claim on a ticket that needs a person: it is not looked at again until it is woken."""

    def hold_connection(self, connection: str, until: datetime) -> None:
        """Claim no ticket of a connection before ``until`` (the vendor asked all callers to wait)."""

    def snapshot(self, ref: TicketRef) -> Ticket | None:
        """The newest snapshot of a ticket that a review has seen, or None."""

    def last_version(self, ref: TicketRef) -> str:
        """The newest vendor stamp seen for a ticket, or an empty string."""

    def siblings(self, ref: TicketRef, account: str) -> list[OpenTicket]:
        """Open tickets of the same account, without this one."""

    def cursor(self, connection: str) -> str | None:
        """Where the catch-up sweep of a connection stands."""

    def move_cursor(self, connection: str, cursor: str, refs: Sequence[TicketRef], due: datetime) -> None:
        """Wake swept tickets and move the cursor in one transaction."""

    def reviews(self, ref: TicketRef | None = None, *, limit: int = 50) -> list[Review]:
        """Recorded reviews, newest first."""

    def review(self, review: str) -> Review | None:
        """One recorded review with everything it saw, its pack text included."""

    def answer(self, answer: Answer) -> bool:
        """Record an answer and wake its ticket in one transaction. False: it was there already, nothing happens."""

    def answers(self, ref: TicketRef) -> list[Answer]:
        """The answers to what was asked on a ticket, oldest first."""

    def pin(self, ref: TicketRef) -> Pin | None:
        """How a ticket is pinned; None until it was reviewed once."""

    def last_decision(self, ref: TicketRef) -> Decision | None:
        """The decision of the review that saw a ticket last."""

    def versions(self) -> list[Version]:
        """Every text that is, was or will be in force, by the time it came into force."""

    def pack(self, digest: str) -> dict[str, Any] | None:
        """The text of a pack by its digest."""

    def announce(self, version: Version, text: Mapping[str, Any], now: datetime) -> None:
        """Record a text that is or will be in force, in the place of any that was announced and never came into force.

        Unless it is ``new_only`` every open ticket is woken.
        """

    def take_accounts(self, accounts: Mapping[str, Account], now: datetime) -> list[AuditLine]:
        """Compare accounts with those taken last: record what changed, and wake the open tickets of these accounts."""

    def audit(self, line: AuditLine) -> None:
        """Record something; the same line again changes nothing."""

    def audited(self, *, limit: int = 50) -> list[AuditLine]:
        """What was recorded, newest first."""

    def prune(self, before: datetime) -> int:
        """Forget the bodies of deliveries that came before and have been looked at; returns how many."""

    def forget_reviews(self, before: datetime) -> Iterator[int]:
        """Forget reviews that began before, batch by batch, and texts of packs that nothing refers to any more.

        Kept are all reviews of open tickets, and of every ticket the one with its newest snapshot. Yields how many went
        with each batch; who stops asking stops the work.
        """

    def repin(self, ref: TicketRef, before: Pin, digest: str, line: AuditLine) -> None:
        """Pin a ticket to another text of its pack, record it, and wake it if it is open, in one transaction.

        Verdicts stay with the pin. Raises ``Conflict`` when the ticket is under review or is not pinned as ``before``.
        """

    def last_audited(self, *kinds: str) -> AuditLine | None:
        """The newest line of one of these kinds."""


class WallClock(Protocol):
    """The only source of the present; given to ``app``, ``jobs`` and the command line, never to the core."""

    def __call__(self) -> datetime: ...
