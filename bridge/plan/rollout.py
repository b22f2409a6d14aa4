"""Rollout by rule: which rule says how far the bridge may go on a ticket, now. Pure.

The rules are asked at every review, so it makes no difference what woke the ticket, and a tag that is set later counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bridge.account import Account
from bridge.decision.effects import Action
from bridge.decision.plan import Mode, Plan
from bridge.decision.rollout import RolloutMode, RolloutRule
from bridge.decision.withheld import WithheldCause
from bridge.plan.permission import permits
from bridge.ticket import Ticket


@dataclass(frozen=True)
class Rollout:
    """The rules of an installation, for one ticket as it is now."""

    rules: Sequence[RolloutRule]
    ticket: Ticket
    account: Account
    mode: Mode
    """The mode of the connection, where no rule matches."""
    unconfirmed: str = ""
    """Why it is not the mode of the file; empty: it is."""

    def withhold(self, plan: Plan) -> Plan:
        """A plan without permission for what the mode of its rule, or else of the connection, does not permit."""
        for action in plan.permitted.actions:
            place = self._place(action)
            mode = self.mode if place is None else self.rules[place].mode
            if mode == "off" or not permits(mode, action):
                plan = plan.withhold(*self._reason(place), which=action.__eq__)
        return plan

    def lines(self) -> Iterator[str]:
        """The rules that apply to the ticket: those for some packs or clauses, then the one for everything else."""
        applying = False
        for place, rule in enumerate(self.rules):
            if self._matches_ticket(rule):
                yield f"{_describe(place, rule)}: mode {rule.mode}"
                if not (rule.pack or rule.clause):
                    return
                applying = True
        pending = f" ({self.unconfirmed})" if self.unconfirmed else ""
        mode = f"{self.ticket.ref.connection} is in mode {self.mode}{pending}"
        yield f"no {'other ' if applying else ''}rollout rule applies: {mode}" if self.rules else mode

    @property
    def permits_nothing(self) -> bool:
        """Whether no action of any clause may be written to the ticket."""
        return all(mode in ("shadow", "off") for mode in self._modes())

    def _modes(self) -> Iterator[Mode | RolloutMode]:
        """The modes that some of the ticket's actions have."""
        for rule in filter(self._matches_ticket, self.rules):
            yield rule.mode
            if not (rule.pack or rule.clause):
                return
        yield self.mode

    def _place(self, action: Action) -> int | None:
        matching = (
            place
            for place, rule in enumerate(self.rules)
            if (not rule.pack or action.cite.pack in rule.pack)
            and (not rule.clause or action.cite.clause in rule.clause)
            and self._matches_ticket(rule)
        )
        return next(matching, None)

    def _reason(self, place: int | None) -> tuple[WithheldCause, str]:
        if place is None and self.unconfirmed:
            return WithheldCause.CONFIRMATION, self.unconfirmed
        if place is None:
            return WithheldCause.MODE, f"mode {self.mode}"
        rule = self.rules[place]
        cause = WithheldCause.OFF if rule.mode == "off" else WithheldCause.ROLLOUT
        return cause, f"{_describe(place, rule)}: mode {rule.mode}"

    def _matches_ticket(self, rule: RolloutRule) -> bool:
        ticket = self.ticket
        values = (
            (rule.connection, {ticket.ref.connection}),
            (rule.group, {ticket.group}),
            (rule.team, {ticket.team}),
            (rule.brand, {ticket.brand}),
            (rule.account, {ticket.account, self.account.name or None}),
            (frozenset(tag.lower() for tag in rule.tag), {tag.lower() for tag in ticket.tags}),
        )
        return all(not named or not found.isdisjoint(named) for named, found in values) and self._is_in_share(rule)

    def _is_in_share(self, rule: RolloutRule) -> bool:
        return (
            rule.share == 100
            or _percentile(self._customer if rule.by == "account" else str(self.ticket.ref)) < rule.share
        )

    @property
    def _customer(self) -> str:
        """Who sees one behaviour: the account, without one the requester."""
        requester = self.ticket.requester
        return self.ticket.account or requester.email or requester.name or str(self.ticket.ref)


def _describe(place: int, rule: RolloutRule) -> str:
    return f"rollout rule {place + 1} ({rule})"


def _percentile(who: str) -> int:
    """A number from 0 to 99 that is always the same for the same text."""
    return int.from_bytes(sha256(who.encode()).digest()[:8]) % 100
