"""Moving a ticket to another version of its pack, deliberately: what would change, and the change itself.

The ticket is evaluated as if it had been created under that version; what later versions say of tickets that were there
before still holds. Verdicts that a review has recorded as closed stay, as after every edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from bridge.decision import Clock, Decision
from bridge.errors import BridgeError, InputError
from bridge.ports.audit import AuditEntry
from bridge.ports.versions import PackVersion, Pin
from bridge.runtime.pinning import PolicyPinning
from bridge.store import SqlStore
from bridge.ticket import TicketRef

CURRENT = "current"
"""Stands for the version that is in force now."""


@dataclass(frozen=True)
class Move:
    """A move of a ticket from one version of its pack to another, with its decision under each at one instant."""

    ref: TicketRef
    pin: Pin
    """How it is pinned before."""
    old: str
    new: PackVersion
    before: Decision
    after: Decision

    @property
    def changes(self) -> bool:
        """Whether the ticket is not there already."""
        return self.pin.digest != self.new.digest

    def clocks(self) -> Iterator[tuple[Clock | None, Clock | None]]:
        """Each clock before and after, oldest first; None where one side does not have it."""
        before, after = ({(c.started_at, c.name): c for c in d.clocks} for d in (self.before, self.after))
        yield from ((before.get(key), after.get(key)) for key in sorted(before | after))


def planned(store: SqlStore, ref: TicketRef, to: str, now: datetime) -> Move:
    """The effect of moving a ticket, by the snapshot of its last review; nothing is written.

    ``to``: a version of the pack, or ``current``. Raises ``InputError`` for a version that is not in force, and
    ``BridgeError`` for a ticket without a recorded decision.
    """
    pin, found = store.pin(ref), store.queue_entry(ref)
    seen = store.review(found.snapshot) if found and found.snapshot else None
    if pin is None or seen is None or seen.ticket is None or seen.account is None:
        raise BridgeError(f"{ref}: no decision is recorded yet; `policybridge review {ref}` does")
    new = _version(store, pin.pack, to, now)
    pinning = PolicyPinning((), store, now)
    before, after = (
        pinning.rules_for(each, seen.ticket, seen.account, now).evaluate(seen.ticket, seen.account, now)
        for each in (pin, replace(pin, digest=new.digest))
    )
    return Move(ref, pin, str((store.pack_text(pin.digest) or {}).get("version", "unknown")), new, before, after)


def carry_out(store: SqlStore, move: Move, who: str, because: str, now: datetime) -> None:
    """Move the ticket, record who did it and why, and have it reviewed if it is open.

    Raises ``Conflict`` when it is under review, or was moved again since this move was planned.
    """
    detail = f"{move.ref} moved from {move.pin.pack} {move.old} to {move.new.version} by {who}: {because}"
    ident = sha256(f"{now.isoformat()}/{detail}".encode()).hexdigest()
    store.repin(move.ref, move.pin, move.new.digest, AuditEntry(ident, now, "repin", detail))


def _version(store: SqlStore, pack: str, to: str, now: datetime) -> PackVersion:
    versions = [version for version in store.pack_versions() if version.pack == pack]
    in_force = [version for version in versions if version.since <= now]
    found = [version for version in in_force if to in (CURRENT, version.version)]
    if found:
        return found[-1]
    coming = next((version for version in versions if version.version == to), None)
    why = f", which comes into force on {coming.since:%Y-%m-%d %H:%M} UTC" if coming else ""
    allowed = ", ".join(dict.fromkeys([*(version.version for version in in_force), CURRENT]))
    raise InputError(f"--to: found {to!r}{why}; allowed for pack {pack}: {allowed}")
