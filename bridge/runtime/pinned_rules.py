"""The rules for one ticket: the texts of its pack and the contracts of its account, each since its cutover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.account import Account
from bridge.decision import Decision, KeptClocks
from bridge.evaluate import evaluate
from bridge.policy.model import Policy
from bridge.ports.versions import Contract, Pin
from bridge.runtime.contracts import account_under, with_plan_changes, without_plan_changes
from bridge.ticket import Ticket

_FIRST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class PinnedRules:
    """The rules for one ticket at one instant, by the version it is pinned to."""

    policy: Policy
    account: Account | None = None
    """The account under the contract of the time; None: under the present one."""
    former: PinnedRules | None = None
    """What governs the clocks that started before ``cutover``."""
    cutover: datetime | None = None
    until: datetime | None = None
    """When the next version takes over; None: none is announced."""
    settled: KeptClocks = field(default_factory=KeptClocks)
    out_of_scope: str = ""
    """Why the pack does not apply to the ticket now; empty: it does."""
    pin: Pin | None = None
    """The new pin of the ticket, where it differs from the recorded one."""
    began: datetime | None = None
    """When the pack began to apply to the ticket; None: at its creation."""
    watched_until: datetime | None = None
    """When a review last found that nothing may be written to the ticket; None: something always might."""
    contracts: tuple[Contract, ...] = ()
    """The contracts of the ticket's account, the present one last."""

    def kept(self, ticket: Ticket, account: Account, now: datetime) -> KeptClocks:
        """Clocks of other versions of the policy, and of former contracts."""
        if self.former is None or self.cutover is None:
            return self.settled
        before = self.former.evaluate(without_plan_changes(ticket, self.contracts), account, now)
        former = self.former.policy.fitted(self.former.account or account)[0]
        ruled = {rule.name for rule in former.clocks}
        running = tuple(c for c in before.clocks if c.name in ruled and c.started_at < self.cutover)
        wanted = {each.key for each in before.due_messages if each.due_at <= self.cutover}
        wanted |= {each.key for each in before.desired if each.since <= self.cutover}
        return KeptClocks(
            clocks=self.settled.among(running),
            before=self.cutover,
            due=frozenset(wanted),
            rules=frozenset(former.named_rules),
        )

    def with_plan_changes(self, ticket: Ticket) -> Ticket:
        """The ticket with the changes of its account's plan in their places."""
        return with_plan_changes(ticket, self.contracts)

    def evaluate(self, ticket: Ticket, account: Account, now: datetime) -> Decision:
        """What these rules say about the ticket."""
        account = self.account or account
        kept = self.kept(ticket, account, now)
        return evaluate(self.with_plan_changes(ticket), account, self.policy, now, kept)


def layered(
    texts: Sequence[tuple[datetime | None, Policy]], contracts: Sequence[Contract], ticket: Ticket, account: Account
) -> PinnedRules:
    """Texts and contracts since their cutovers, each over what was before it."""
    begins = {None, *(at for at, _ in texts), *(contract.since for contract in contracts)}
    rules: PinnedRules | None = None
    for cutover in sorted(begins, key=lambda at: at or _FIRST):
        policy = [text for at, text in texts if _has_begun(at, cutover)][-1]
        begun = tuple(each for each in contracts if _has_begun(each.since, cutover))
        former = None if begun[-1] is contracts[-1] else account_under(begun[-1], ticket, account)
        rules = PinnedRules(policy, former, rules, cutover, contracts=begun)
    if rules is None:
        raise ValueError("a ticket is pinned to a text")
    return rules


def _has_begun(since: datetime | None, at: datetime | None) -> bool:
    return since is None or (at is not None and since <= at)
