"""One look at one ticket: fetch, decide, plan, write ahead, apply, confirm, record.

Webhook, timer, sweep, restart and command all end here with a ticket reference and nothing more. Errors are sorted by
what to do next in one place, :meth:`Reconciler.review`.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bridge.account import Account
from bridge.decision import Decision, KeptClocks, Plan
from bridge.decision.records import action_value
from bridge.errors import BridgeError, Conflict, GiveUp, Retry
from bridge.evaluate import decide, evaluate
from bridge.plan import Ledger, plan, restrict
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.recorded import recorded_policy
from bridge.ports.helpdesk import Helpdesk, WriteResult
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.ports.store import Store
from bridge.ports.versions import Pin
from bridge.runtime.approvals import Links, with_answers, with_links
from bridge.runtime.pinning import Governed
from bridge.ticket import Ticket, TicketRef

LEASE_S = 120.0
"""Longer than the slowest look: every call to a vendor is bounded well below."""
SETTLE = timedelta(seconds=2)
"""After a write the ticket is looked at once more, together with the echo of our own change."""
LONGEST_WAIT = timedelta(hours=1)

log = structlog.get_logger()

Governs = Callable[[Ticket, Account, datetime], Governed | None]
"""The rules for a ticket at an instant; None: no configured pack applies."""
Accounts = Callable[[Ticket, Account | None], Account]
"""The account of a ticket: what the admin configured, over what the helpdesk knows."""


@dataclass(frozen=True)
class Look:
    """What was seen and decided; nothing of it has been written."""

    policy: Policy
    """The version that governs, with the terms of the contract."""
    context: Context
    """What the rules were evaluated against."""
    decision: Decision
    plan: Plan
    """What is left to do, as far as the connection has fields for it."""
    permitted: Plan
    """The part of it that the connection's mode allows to be written."""
    proven: frozenset[str] = frozenset()
    """Keys of effects that were intended, and that the audit trail shows although nobody got to record it."""
    pin: Pin | None = None
    """How the ticket is to be pinned; None: as it is."""
    until: datetime | None = None
    """When another version of the pack takes over."""

    @property
    def ticket(self) -> Ticket:
        """The ticket as it was seen, with the answers that were given to the bridge."""
        return self.context.ticket

    @property
    def account(self) -> Account:
        """The customer's account."""
        return self.context.account

    @property
    def kept(self) -> KeptClocks:
        """Clocks of other versions of the policy, as the decision found them."""
        return self.context.kept

    @property
    def wake_at(self) -> datetime | None:
        """When to look again if nothing happens."""
        return min(filter(None, (self.decision.wake_at, self.until)), default=None)


class NotGoverned(BridgeError):
    """No configured policy applies to this ticket."""


@dataclass(frozen=True)
class Reconciler:
    """Brings tickets in line with the policy that governs them."""

    store: Store
    helpdesks: Mapping[str, Helpdesk]
    governs: Governs
    accounts: Accounts
    writes_per_hour: int = 20
    """A ticket written to more often than this is left alone for an hour, with one loud finding."""
    pace: float = 1.0
    """Seconds of the tickets' clock in a real second: vendors ask to wait in real ones."""
    links: Links | None = None
    """Makes the links by which customers answer; None: messages do without."""

    def look(self, ref: TicketRef, now: datetime) -> Look:
        """See a ticket and decide, without writing anything. Raises :mod:`bridge.errors`."""
        helpdesk = self.helpdesk(ref)
        ticket = helpdesk.fetch(ref, self.store.snapshot(ref))
        if ticket.version and ticket.version < self.store.last_version(ref):
            raise Retry(f"{ref}: the helpdesk answered with an older state than it had shown before", after=2)
        account = self.accounts(ticket, helpdesk.account(ticket))
        if ticket.account:
            account = account.model_copy(
                update={"open_tickets": tuple(self.store.other_open_tickets(ref, ticket.account))}
            )
        governed = self.governs(ticket, account, now)
        if governed is None:
            raise NotGoverned(f"{ref}: no configured policy applies; see applies_when of the packs")
        policy, misfit = governed.policy.fitted(account)
        ticket = with_answers(ticket, self.store.approvals(ref), account, policy, now)
        kept = governed.kept(ticket, account, now)
        context = Context(ticket, account, policy, now, kept)
        decision = decide(context, misfit)
        said = self.store.ledger(ref)
        ledger = Ledger(said, ticket)
        todo = restrict(plan(decision, ticket, ledger), ticket, fields=helpdesk.known_fields)
        permitted = restrict(todo, ticket, fields=helpdesk.known_fields, mode=helpdesk.mode)
        proven = frozenset(item.key for item in said if not item.confirmed and ledger.is_confirmed(item.key))
        return Look(policy, context, decision, todo, permitted, proven, governed.pin, governed.until)

    def helpdesk(self, ref: TicketRef) -> Helpdesk:
        """The connection of a ticket. Raises ``GiveUp`` with the names there are."""
        if ref.connection not in self.helpdesks:
            known = ", ".join(sorted(self.helpdesks)) or "none"
            raise GiveUp(f"{ref}: no connection is called {ref.connection!r}; configured: {known}")
        return self.helpdesks[ref.connection]

    def review(self, claim: Claim, now: datetime) -> Review:
        """Look at a claimed ticket, do what is left to do, and end the claim. Never raises for one ticket's trouble."""
        review = Review(id=uuid.uuid4().hex, ref=claim.ref, at=now, why=claim.why, outcome=ReviewOutcome.NOTHING)
        logged = log.bind(ticket=str(claim.ref), review=review.id, why=claim.why)
        try:
            seen = self.look(claim.ref, now)
            review = replace(
                review,
                ticket=seen.ticket,
                account=seen.account,
                decision=seen.decision,
                plan=seen.plan,
                pack=seen.policy.source,
                kept=seen.kept if seen.kept != KeptClocks() else None,
                pin=seen.pin,
            )
            review = self._write(claim, review, seen, now)
        except NotGoverned as error:
            review = self._end(claim, replace(review, outcome=ReviewOutcome.NOT_GOVERNED, detail=str(error)), due=None)
        except Conflict as error:
            review = self._again(claim, review, ReviewOutcome.CONFLICT, error, now + self._wait(claim, None))
        except Retry as error:
            review = self._again(claim, review, ReviewOutcome.RETRY, error, now + self._wait(claim, error))
            if error.all_tickets:
                self.store.pause_connection(claim.ref.connection, now + self._wait(claim, error))
        except GiveUp as error:
            review = replace(review, outcome=ReviewOutcome.GAVE_UP, detail=str(error))
            self.store.park(claim, review)
        except Exception as error:  # our own mistake must not lose the ticket, nor stop the others
            logged.exception("review_failed")
            review = self._again(claim, review, ReviewOutcome.BROKEN, error, now + self._wait(claim, None))
        logged.info("reviewed", outcome=review.outcome, detail=review.detail, actions=_count(review))
        return review

    def _write(self, claim: Claim, review: Review, seen: Look, now: datetime) -> Review:
        if not seen.permitted:
            if seen.plan:
                mode = self.helpdesk(claim.ref).mode
                detail = f"the connection's mode is {mode}: what is planned is shown, and not written"
                review = replace(review, outcome=ReviewOutcome.WITHHELD, detail=detail)
            return self._end(claim, review, due=seen.wake_at, confirmed=seen.proven)
        if halt := self._halted(seen, now):
            until = now + LONGEST_WAIT
            review = replace(
                review, outcome=ReviewOutcome.BREAKER, detail=f"{halt}; not written again until {until:%H:%M} UTC"
            )
            return self._end(claim, review, due=_earliest(until, seen.wake_at))
        self.store.record_intent(claim, review.id, seen.permitted.actions, now)
        receipt = self.helpdesk(claim.ref).apply(
            seen.ticket, with_links(seen.permitted, self.links, seen.context), review.id
        )
        refused = [f"{key}: {why}" for key, why in receipt.refused.items()]
        if held := len(seen.plan.actions) - len(seen.permitted.actions):
            mode = self.helpdesk(claim.ref).mode
            refused.append(f"the connection's mode is {mode}: {held} more are planned, and not written")
        review = replace(review, outcome=ReviewOutcome.APPLIED, plan=seen.permitted, detail="; ".join(refused))
        return self._end(
            claim,
            review,
            due=self._next(seen, receipt, now),
            confirmed=seen.proven | receipt.confirmed,
            attempts=_tries(claim, receipt),
        )

    def _next(self, seen: Look, receipt: WriteResult, now: datetime) -> datetime | None:
        """Soon for what a second write must carry and to see that it settled, later if all was refused."""
        if receipt.refused and not (receipt.confirmed or receipt.deferred):
            return _earliest(now + LONGEST_WAIT, seen.wake_at)
        return now + max(SETTLE, self._settling_time(seen.ticket.ref))

    def _end(
        self,
        claim: Claim,
        review: Review,
        *,
        due: datetime | None,
        confirmed: frozenset[str] = frozenset(),
        attempts: int = 0,
    ) -> Review:
        if claim.why is ReviewCause.DELIVERY and (settling_time := self._settling_time(claim.ref)):
            due = _earliest(review.at + settling_time, due)  # what it told of may not have been visible yet
        if not self.store.finish(claim, review, confirmed=confirmed, due=due, attempts=attempts):
            return replace(review, outcome=ReviewOutcome.SUPERSEDED, detail="another worker took the ticket over")
        return review

    def _settling_time(self, ref: TicketRef) -> timedelta:
        return self.helpdesk(ref).settling_time * self.pace

    def _again(self, claim: Claim, review: Review, outcome: ReviewOutcome, error: Exception, due: datetime) -> Review:
        review = replace(review, outcome=outcome, detail=str(error) or type(error).__name__)
        return self._end(claim, review, due=due, attempts=claim.attempts + 1)

    def _wait(self, claim: Claim, error: Retry | None) -> timedelta:
        """What the vendor asked for, else longer each time, with jitter so that tickets do not return in step."""
        if error and error.after is not None:
            return timedelta(seconds=error.after) * self.pace
        backoff = min(timedelta(seconds=2 ** min(claim.attempts + 1, 12)), LONGEST_WAIT)
        return backoff * random.uniform(0.75, 1.25) * self.pace  # noqa: S311 - jitter, not a secret

    def _halted(self, seen: Look, now: datetime) -> str:
        """Why nothing may be written now: it would be once too often, or the very plan that has just been in vain."""
        ref, todo = seen.ticket.ref, seen.permitted
        written = self.store.plans_written(ref, now - LONGEST_WAIT)
        if len(written) >= self.writes_per_hour:
            return f"written {self.writes_per_hour} times within an hour"
        confirmed = {said.key for said in self.store.ledger(ref) if said.confirmed}
        if not (written and _effects(written[0]) == _effects(todo) and confirmed.isdisjoint(_effects(todo))):
            return ""
        then = next((review for review in self.store.reviews(ref) if review.outcome == ReviewOutcome.APPLIED), None)
        if then and then.ticket and _fields(then.ticket) != _fields(seen.ticket):
            return ""  # what stood in the way may be gone
        reason = f" ({then.detail})" if then and then.detail else ""
        return f"the helpdesk has answered this very update within the hour and carried none of it out{reason}"


def _fields(ticket: Ticket) -> Ticket:
    """The ticket without what stands in no write's way: its stamp, which our own write moves, its history, its tags."""
    return ticket.model_copy(update={"version": "", "timeline": (), "tags": frozenset()})


def _effects(todo: Plan) -> dict[str, str | int]:
    return {action.key: action_value(action) for action in todo.actions}


def _earliest(by: datetime, wake_at: datetime | None) -> datetime:
    return min(filter(None, (by, wake_at)))


def _tries(claim: Claim, receipt: WriteResult) -> int:
    return claim.attempts + 1 if receipt.refused and not receipt.confirmed else 0


def _count(review: Review) -> int:
    return len(review.plan.actions) if review.plan else 0


def replay(store: Store, ident: str) -> tuple[Decision, Decision]:
    """A recorded decision and the same one made again from what the review saw. Raises ``BridgeError``."""
    review = store.review(ident)
    if review is None:
        raise BridgeError(f"no review {ident!r} is recorded; `policybridge explain TICKET --recorded` shows their ids")
    if not (review.ticket and review.decision and review.pack):
        raise BridgeError(
            f"review {ident} ended before a decision ({review.outcome}: {review.detail}); nothing to replay"
        )
    try:
        policy = recorded_policy(review.pack)
    except BridgeError as error:
        raise BridgeError(f"review {ident} cannot be replayed: {error}") from error
    again = evaluate(review.ticket, review.account, policy, review.decision.at, review.kept)
    return review.decision, again
