"""Pinning: the pack and version that a ticket keeps, and the effect of later edits.

Of the configured packs whose ``applies_when`` holds at the first review the one with the highest ``precedence``
governs, and it is pinned. While its ``applies_when`` does not hold, nothing is written to the ticket. A version is in
force from the day it says, but not before this installation has read it; its ``change`` says what it means for tickets
that were there before:

``new_only``
    nothing.
``from_cutover``
    clocks that start at the cutover or later follow the new text, those that began before run on by the old one;
    everything else follows the new text from the cutover on.
``retroactive``
    everything is evaluated again.

A clock that a review has recorded as met or breached keeps its verdict, whatever becomes of text and contract.
An admin may move a ticket to another version, as if it had been created under that (:mod:`bridge.runtime.repin`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

import structlog

from bridge.account import Account
from bridge.config.configured_packs import pack_conflicts
from bridge.decision import LATE_AFTER, ClockState, KeptClocks
from bridge.errors import BridgeError, GiveUp, InputError
from bridge.evaluate import applies, applies_since
from bridge.policy.model import Policy
from bridge.policy.recorded import recorded_policy
from bridge.policy.renamed import in_current_terms
from bridge.ports.outcomes import ReviewOutcome
from bridge.ports.store import Store
from bridge.ports.versions import PackVersion, Pin
from bridge.runtime.contracts import contracts_over_time
from bridge.runtime.pinned_rules import PinnedRules, layered
from bridge.ticket import Ticket, TicketRef

log = structlog.get_logger()

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""The first version of a pack is in force since then: it governs every ticket that is found."""
CLOSED = (ClockState.MET, ClockState.BREACHED)


class PolicyPinning:
    """Finds the rules of each ticket among the configured packs and their versions."""

    def __init__(self, policies: Sequence[Policy], store: Store, now: datetime) -> None:
        """Record what is new. Raises ``InputError`` when two packs could govern the same ticket."""
        self.policies = tuple(sorted(policies, key=lambda policy: -policy.precedence))
        if found := pack_conflicts([(policy.pack, policy) for policy in self.policies]):
            raise InputError("\n".join(found))
        self._store = store
        self._loaded = {policy.digest: policy for policy in policies}
        self._policy = lru_cache(256)(self._read)
        for policy in policies:
            _announce(policy, store, now)
        self._versions = _by_pack(store.pack_versions())

    def over(self, store: Store) -> PolicyPinning:
        """The same packs and versions, with the pins of another store."""
        other = copy(self)
        other._store = store
        return other

    def __call__(self, ticket: Ticket, account: Account, now: datetime) -> PinnedRules | None:
        """The rules for a ticket; None: no configured pack applies.

        Raises ``GiveUp`` when the ticket is pinned to a text that this program cannot read.
        """
        if pin := self._store.pin(ticket.ref):
            pinned = self.rules_for(pin, ticket, account, now)
            return replace(pinned, out_of_scope=self._out_of_scope(pin.pack, pinned.policy, ticket, account, now))
        rules = self._select(ticket, account, now)
        return rules and self._keep_verdicts(rules, None, ticket.ref, account)

    def _out_of_scope(self, pack: str, pinned: Policy, ticket: Ticket, account: Account, now: datetime) -> str:
        """Why a pack does not apply to a ticket now, by its present text where it is configured; empty: it does."""
        policy = next((policy for policy in self.policies if policy.pack == pack), pinned)
        if applies(policy, ticket, account, now):
            return ""
        return f"{pack} does not apply to the ticket now: {policy.applies_when.worded()}"

    def rules_for(self, pin: Pin, ticket: Ticket, account: Account, now: datetime) -> PinnedRules:
        """The rules for a ticket that is pinned so. Raises ``GiveUp`` as above."""
        return self._keep_verdicts(self._pinned(pin, ticket, account, now), pin, ticket.ref, account)

    def _select(self, ticket: Ticket, account: Account, now: datetime) -> PinnedRules | None:
        policy = next((policy for policy in self.policies if applies(policy, ticket, account, now)), None)
        if policy is None:
            return None
        versions = self._versions[policy.pack]
        before = [version for version in versions if version.since <= ticket.created_at] or versions[:1]
        at_creation, *later = versions[len(before) - 1 :]
        if began := self._began_later(policy, ticket, account, now):
            current = [version for version in versions if version.since <= began][-1]
            pin = Pin(policy.pack, current.digest, basis="", since=began)
        elif applying := self._first_applying(at_creation, later, ticket, account, now):
            pin = Pin(policy.pack, applying.digest, basis="", since=applying.since)
        else:
            pin = Pin(policy.pack, at_creation.digest, basis="")
        rules = self._pinned(pin, ticket, account, now)
        return replace(rules, pin=replace(pin, contracts=rules.contracts))

    def _began_later(self, policy: Policy, ticket: Ticket, account: Account, now: datetime) -> datetime | None:
        """When the pack began to apply, if that was only after the creation of the ticket.

        An earlier review has found that no pack applies, or the timeline shows it.
        """
        if any(each.outcome is ReviewOutcome.NOT_GOVERNED for each in self._store.reviews(ticket.ref)):
            return now
        began = applies_since(policy, ticket, account, now)
        return began if began and began - ticket.created_at > LATE_AFTER else None

    def _first_applying(
        self, at_creation: PackVersion, later: Sequence[PackVersion], ticket: Ticket, account: Account, now: datetime
    ) -> PackVersion | None:
        """The first later version that applies, where the one in force at the creation did not."""
        if not later or applies(self._policy(at_creation.digest), ticket, account, now):
            return None
        return next((each for each in later if applies(self._policy(each.digest), ticket, account, now)), None)

    def _pinned(self, pin: Pin, ticket: Ticket, account: Account, now: datetime) -> PinnedRules:
        """The rules by the text of the ticket's creation, and what later versions and contracts made of it."""
        texts: list[tuple[datetime | None, Policy]] = [(None, self._policy(pin.digest))]
        until = None
        for version in self._later(pin, ticket.created_at):
            if version.change == "new_only":
                continue
            starts = max(version.since, version.cutover or version.since)
            if now < starts:
                until = min(starts, until or starts)
            elif version.change == "retroactive":
                texts = [(None, self._policy(version.digest))]
            else:
                texts.append((version.cutover or version.since, self._policy(version.digest)))
        contracts = contracts_over_time(pin.contracts, ticket, account, now)
        return replace(
            layered(texts, contracts, ticket, account), until=until, began=pin.since, watched_until=pin.watched_until
        )

    def _later(self, pin: Pin, created: datetime) -> Sequence[PackVersion]:
        """The versions that came after the one a ticket is pinned to: that of its creation, or one it was moved to."""
        if all(version.digest != pin.digest for version in self._versions.get(pin.pack, ())):
            self._versions = _by_pack(self._store.pack_versions())  # another process may have announced it
        versions = self._versions.get(pin.pack, [])
        same = [at for at, each in enumerate(versions) if each.digest == pin.digest]
        own = [at for at in same if versions[at].since <= created] or same
        return versions[own[-1] + 1 :] if own else [each for each in versions if each.since > created]

    def _keep_verdicts(self, rules: PinnedRules, pin: Pin | None, ref: TicketRef, account: Account) -> PinnedRules:
        """Keep the verdicts that other rules than these have closed."""
        basis = _fingerprint(rules, account)
        if pin is None:
            return replace(rules, pin=rules.pin and replace(rules.pin, basis=basis))
        if (pin.basis, pin.contracts) == (basis, rules.contracts):
            return replace(rules, settled=pin.settled)
        pin = replace(pin, basis=basis, contracts=rules.contracts)
        last = self._store.last_decision(ref)
        closed = tuple(clock for clock in last.clocks if clock.state in CLOSED) if last else ()
        settled = KeptClocks(clocks=pin.settled.among(closed))
        return replace(rules, settled=settled, pin=replace(pin, settled=settled))

    def _read(self, digest: str) -> Policy:
        if digest in self._loaded:
            return self._loaded[digest]
        try:
            return recorded_policy(self._store.pack_text(digest) or {})
        except BridgeError as error:
            raise GiveUp(f"the ticket is pinned to a text that cannot be used: {error}") from error


def _by_pack(versions: Sequence[PackVersion]) -> dict[str, list[PackVersion]]:
    found: dict[str, list[PackVersion]] = {}
    for version in versions:
        found.setdefault(version.pack, []).append(version)
    return found


def _announce(policy: Policy, store: Store, now: datetime) -> None:
    """Record a text that is new as the next version of its pack."""
    known = [version for version in store.pack_versions() if version.pack == policy.pack]
    if known and known[-1].digest == policy.digest:
        return
    current = [version for version in known if version.since <= now]
    effective = datetime.combine(policy.effective, time(), ZoneInfo(policy.time_zone)).astimezone(UTC)
    since = max(effective, now) if current else ALWAYS
    version = PackVersion(policy.pack, since, policy.digest, policy.version, policy.change, policy.cutover)
    if current and current[-1].version == policy.version and not _is_reworded(current[-1], policy, store):
        log.warning("pack_edited", pack=policy.pack, version=policy.version, advice=_EDITED)
    store.announce_version(version, policy.source, now)


_EDITED = "if you edited the pack, give it a new `version`; after an upgrade of Policybridge there is nothing to do"


def _is_reworded(version: PackVersion, policy: Policy, store: Store) -> bool:
    """Whether a text is a recorded one in which only old words of policy files have been replaced."""
    text = store.pack_text(version.digest)
    return text is not None and in_current_terms(text) == json.loads(json.dumps(policy.source, default=str))


def _fingerprint(rules: PinnedRules, account: Account) -> str:
    """A fingerprint of all that verdicts rest on beside the ticket itself."""
    contract = account.model_dump(mode="json", include={"calendar", "overrides", "plan", "support", "time_zone"})
    digests = []
    each: PinnedRules | None = rules
    while each:
        digests.append(each.policy.digest)
        each = each.former
    return sha256(json.dumps([digests, contract], sort_keys=True).encode()).hexdigest()
