"""One review of one ticket: fetch, decide, plan, write ahead, apply, confirm, record.

Webhook, timer, sweep, restart and command all end here with a ticket reference and nothing more. Errors are sorted by
what to do next in one place, :meth:`Reconciler.review`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

import structlog

from bridge.decision import KeptClocks, Plan, Say
from bridge.decision.limits import Limits
from bridge.decision.rollout import RolloutRule
from bridge.errors import Conflict, Denied, Forbidden, GiveUp, Gone, Retry, Stopped
from bridge.machine_clock import read_clocks
from bridge.plan import Ledger
from bridge.ports.caps import earliest_of, withhold_excess
from bridge.ports.helpdesk import Helpdesk, WriteResult
from bridge.ports.outcomes import ReviewOutcome
from bridge.ports.queue import Claim
from bridge.ports.reviews import Review
from bridge.ports.store import Store
from bridge.runtime.agent_links import AgentLinks
from bridge.runtime.approval_links import ApprovalLinks, with_links
from bridge.runtime.backlog import Backlog, LeftAlone
from bridge.runtime.breaker import reason_to_stop
from bridge.runtime.holds import Holds, WrongTime
from bridge.runtime.modes import Modes
from bridge.runtime.other_installations import OtherInstallations
from bridge.runtime.partial_write import write_what_stands
from bridge.runtime.preview import FindAccount, FindRules, NotGoverned, Preview, Previewer
from bridge.runtime.retry import BREAKER_S, SETTLE_AFTER_WRITE_S
from bridge.runtime.review_end import ReviewEnd, describe_withheld, earlier
from bridge.runtime.stops import Stops
from bridge.runtime.ticket_clock import TicketClock
from bridge.ticket import TicketRef

log = structlog.get_logger()


@dataclass(frozen=True)
class Reconciler:
    """Brings tickets in line with the policy that governs them."""

    store: Store
    helpdesks: Mapping[str, Helpdesk]
    rules: FindRules
    accounts: FindAccount
    writes_per_hour: int = 20
    """A ticket written to more often than this is left alone for an hour, with one loud finding."""
    clock: TicketClock = field(default_factory=TicketClock)
    """What the real time that vendors ask us to wait is in ticket time."""
    links: ApprovalLinks | None = None
    """Makes the links by which customers approve; None: messages carry none."""
    limits: Limits = field(default_factory=Limits)
    """How much may be written in an hour and in a day."""
    backlog: Backlog | None = None
    """Since when packs are in force; None: since before every ticket."""
    rollout: Sequence[RolloutRule] = ()
    """How far the bridge may go on which tickets; without a rule that matches, as far as the connection's mode says."""
    modes: Modes | None = None
    """How far each connection may go now; None: as far as its mode says."""
    public_url: str | None = None
    """Where people reach the pages of this installation; None: messages have no links to them."""

    @cached_property
    def holds(self) -> Holds:
        """The holds on the connections, which the jobs share."""
        return Holds(self.store, self.helpdesks, self.clock)

    @cached_property
    def others(self) -> OtherInstallations:
        """What is known of other installations on the same helpdesks."""
        return OtherInstallations(self.store, self.clock)

    @cached_property
    def _ending(self) -> ReviewEnd:
        return ReviewEnd(self.store, self.holds, self.clock, lambda ref: self._helpdesk(ref).settling_time)

    def preview(self, ref: TicketRef, now: datetime) -> Preview:
        """Fetch a ticket and decide, without writing anything. Raises :mod:`bridge.errors`."""
        return self.previewer.preview(ref, now)

    def review(self, claim: Claim, now: datetime) -> Review:
        """Review a claimed ticket, do what is left to do, and end the claim. Raises only what the store raises."""
        ident = self.others.new_review(now)
        begun = Review(id=ident, ref=claim.ref, at=now, why=claim.why, outcome=ReviewOutcome.NOTHING)
        logged = log.bind(ticket=str(claim.ref), review=begun.id, why=claim.why)
        try:
            review = self._reviewed(claim, begun, now)
        except Retry:  # the store cannot be reached; the lease ends by itself
            raise
        except Exception as error:  # our own mistake must not lose the ticket, nor stop the others
            logged.exception("review_failed")
            # without what was seen and decided, which may be the very thing that could not be recorded
            review = self._ending.try_again(claim, begun, ReviewOutcome.BROKEN, error)
        logged.info("reviewed", outcome=review.outcome, detail=review.detail, actions=_count_actions(review))
        return review

    def _reviewed(self, claim: Claim, review: Review, now: datetime) -> Review:
        """The review with its outcome, recorded. Raises what the store raises, and bugs of ours."""
        began = read_clocks()
        try:
            preview = self._fetched(claim, now)
            self.holds.check_clock(self._helpdesk(claim.ref), began)
            preview = self._check_others(preview)
            review = _decided(review, preview)
            review = self._write(claim, review, preview, now)
        except WrongTime as error:
            # the ticket stays as it was: nothing that a wrong clock says is recorded, least of all a due time
            self.store.give_back(claim, claim.due or now)
            review = replace(review, outcome=ReviewOutcome.RETRY, detail=str(error))
        except NotGoverned as error:
            review = self._ending.nothing_due(claim, review, ReviewOutcome.NOT_GOVERNED, error)
        except Stopped as error:
            review = self._ending.stopped(claim, review, error)
        except Gone as error:
            review = self._ending.nothing_due(claim, review, ReviewOutcome.ENDED, error)
        except LeftAlone as error:
            review = self._ending.nothing_due(claim, review, ReviewOutcome.LEFT_ALONE, error)
        except Conflict as error:
            review = self._ending.try_again(claim, review, ReviewOutcome.CONFLICT, error)
        except Retry as error:
            self.holds.failed(claim.ref.connection, error)
            review = self._ending.try_again(claim, review, ReviewOutcome.RETRY, error)
        except GiveUp as error:
            review = replace(review, outcome=ReviewOutcome.GAVE_UP, detail=str(error))
            self.store.park(claim, review)
        return review

    def _fetched(self, claim: Claim, now: datetime) -> Preview:
        """Fetch and decide. A refusal concerns the ticket alone if the connection as a whole works."""
        try:
            preview = self.preview(claim.ref, now)
        except Forbidden as error:
            if self.holds.works(self._helpdesk(claim.ref)):
                raise
            raise Denied(str(error)) from error
        self.holds.answered(claim.ref.connection)
        return preview

    def _check_others(self, preview: Preview) -> Preview:
        """The preview without anything to write if another installation is the one that writes."""
        ref = preview.ticket.ref
        mode = self.modes.current(ref.connection).mode if self.modes else self._helpdesk(ref).mode
        if mode == "shadow" or not self.others.check(preview.ticket):
            return preview
        return replace(preview, plan=Stops(self.store).withhold(preview.plan, ref.connection))

    @property
    def previewer(self) -> Previewer:
        """Makes previews with the same rules, permissions and limits."""
        made = Previewer(self.store, self.helpdesks, self.rules, self.accounts, self.limits, self.backlog)
        return replace(made, rollout=self.rollout, modes=self.modes)

    def _helpdesk(self, ref: TicketRef) -> Helpdesk:
        return self.previewer.helpdesk(ref)

    def _write(self, claim: Claim, review: Review, preview: Preview, now: datetime) -> Review:
        if not preview.permitted:
            return self._end_without_write(claim, review, preview)
        if reason := reason_to_stop(self.store, preview, now, self.writes_per_hour, claim.why):
            return self._stop_writing(claim, review, reason, preview, now)
        excesses = self.store.record_plan(claim, review.id, replace(preview.request, plan=preview.plan))
        if excesses:
            preview = replace(preview, plan=withhold_excess(preview.plan, excesses), capped_until=earliest_of(excesses))
            review = replace(review, plan=preview.plan)
            if not preview.permitted:
                return self._end_without_write(claim, review, preview)
        agent_links = AgentLinks(self.public_url, self._helpdesk(claim.ref).ticket_url)
        message_plan = with_links(preview.permitted, self.links, agent_links, preview.context)
        result = write_what_stands(
            lambda each: self._apply(claim, preview, each, review.id),
            message_plan,
            lambda note: self._intend_note(claim, review, preview, note),
            preview.context.policy.language_of_templates,
        )
        if result.refused:
            self.holds.check_setup(self._helpdesk(claim.ref))
        notes = [f"{key}: {why}" for key, why in result.refused.items()]
        notes += filter(None, [describe_withheld(preview.plan)])
        review = replace(review, outcome=ReviewOutcome.APPLIED, detail="; ".join(notes))
        return self._ending.end(
            claim,
            review,
            due=self._due_after(result, preview, now),
            confirmed=preview.proven | result.confirmed,
            attempts=claim.attempts + 1 if result.refused and not result.confirmed else 0,
        )

    def _end_without_write(self, claim: Claim, review: Review, preview: Preview) -> Review:
        if preview.plan:
            review = replace(review, outcome=ReviewOutcome.WITHHELD, detail=describe_withheld(preview.plan))
        return self._ending.end(claim, review, due=preview.wake_at, confirmed=preview.proven)

    def _intend_note(self, claim: Claim, review: Review, preview: Preview, note: Say) -> bool:
        """Record that a note is about to be left, unless it was left before."""
        if Ledger(self.store.ledger(claim.ref), preview.ticket).is_confirmed(note.key):
            return False
        self.store.record_intent(claim, review.id, (note,), review.at)
        return True

    def _apply(self, claim: Claim, preview: Preview, message_plan: Plan, review: str) -> WriteResult:
        """Write. A refusal may be about every ticket, so this one is parked only if others were written to since."""
        self.holds.check_clock(self._helpdesk(claim.ref), read_clocks())
        try:
            result = self._helpdesk(claim.ref).apply(preview.unadopted, message_plan, review)
        except Forbidden as error:
            if self.holds.is_for_ticket(claim, error):
                raise
            raise Retry(str(error)) from error
        self.holds.written(claim.ref.connection)
        return result

    def _stop_writing(self, claim: Claim, review: Review, reason: str, preview: Preview, now: datetime) -> Review:
        until = now + timedelta(seconds=BREAKER_S)
        detail = f"{reason}; next attempt after {until:%H:%M} UTC"
        review = replace(review, outcome=ReviewOutcome.BREAKER, detail=detail)
        return self._ending.end(claim, review, due=earlier(until, preview.wake_at))

    def _due_after(self, result: WriteResult, preview: Preview, now: datetime) -> datetime | None:
        """Soon, for what a second write must carry and to see the write settled; later if all was refused."""
        if result.refused and not (result.confirmed or result.deferred):
            return earlier(now + timedelta(seconds=BREAKER_S), preview.wake_at)
        return now + max(timedelta(seconds=SETTLE_AFTER_WRITE_S), self._ending.settling_time(preview.ticket.ref))


def _decided(review: Review, preview: Preview) -> Review:
    return replace(
        review,
        ticket=preview.ticket,
        account=preview.account,
        decision=preview.decision,
        plan=preview.plan,
        pack=preview.policy.source,
        kept=preview.kept if preview.kept != KeptClocks() else None,
        pin=preview.pin,
    )


def _count_actions(review: Review) -> int:
    return len(review.plan.permitted.actions) if review.plan else 0
