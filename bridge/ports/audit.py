"""The audit log: what changed apart from tickets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from bridge.account import Account


@dataclass(frozen=True)
class AuditEntry:
    """A change apart from tickets: in accounts or pins, or an edit of a file that could not be used."""

    id: str
    """The same for every process that notices the same change."""
    at: datetime
    kind: str
    """``account``, ``accounts_refused``, ``accounts_accepted``, ``repin``, ``adoption``, ``enforce``, ``stop``,
    ``resume``, ``release``, ``taken_out``, ``let_back_in``, ``rule_off`` or ``rule_on``."""
    detail: str


def audit_entry(kind: str, what: str, because: str, now: datetime) -> AuditEntry:
    """An entry about what a person did, and why."""
    detail = f"{what}: {because}" if because else what
    return AuditEntry(sha256(f"{now.isoformat()}/{detail}".encode()).hexdigest(), now, kind, detail)


class AuditStore(Protocol):
    """Keeps the accounts as they were read last, and a log of changes."""

    def replace_accounts(self, accounts: Mapping[str, Account], now: datetime) -> list[AuditEntry]:
        """Compare accounts with those read last: record what changed, and wake the open tickets of these accounts."""

    def record_audit(self, entry: AuditEntry) -> None:
        """Record an entry; the same entry again changes nothing."""

    def audit_entries(self, *, limit: int = 50) -> list[AuditEntry]:
        """The entries, newest first."""

    def last_audit_entry(self, *kinds: str) -> AuditEntry | None:
        """The newest entry of one of these kinds."""
