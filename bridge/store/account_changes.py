"""What differs between two states of the accounts file, as entries of the audit log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from bridge.account import Account
from bridge.contacts import without_tokens
from bridge.ports.audit import AuditEntry


@dataclass(frozen=True)
class AccountChange:
    """A changed account, before and after; None if it did not exist, or no longer exists."""

    key: str
    before: str | None
    after: str | None

    def names(self) -> set[str]:
        """The key and the names by which tickets may refer to the account."""
        texts = (text for text in (self.before, self.after) if text)
        return {self.key, *(json.loads(text).get("name") or self.key for text in texts)}

    def entry(self, now: datetime) -> AuditEntry:
        """The change as an entry of the audit log."""
        detail = self._detail()
        return AuditEntry(sha256(f"{now.isoformat()}/{detail}".encode()).hexdigest(), now, "account", detail)

    def _detail(self) -> str:
        if self.before is None:
            return f"account {self.key} added"
        if self.after is None:
            return f"account {self.key} removed"
        return f"account {self.key}: {'; '.join(_differences(json.loads(self.before), json.loads(self.after)))}"


def account_changes(before: Mapping[str, str], accounts: Mapping[str, Account]) -> list[AccountChange]:
    """The accounts that differ from their stored texts, by key."""
    after = {key: _to_json(account) for key, account in accounts.items()}
    changes = (AccountChange(key, before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys()))
    return [change for change in changes if change.before != change.after]


def _to_json(account: Account) -> str:
    given = account.model_dump(exclude_unset=True, exclude={"open_tickets"})
    return json.dumps(
        given, sort_keys=True, default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)
    )


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in sorted(before | after):
        old, new = before.get(name), after.get(name)
        if isinstance(old, list) and isinstance(new, list):
            removed, added = _joined(set(old) - set(new)), _joined(set(new) - set(old))
            yield from (f"{name} {what} {which}" for what, which in (("without", removed), ("with", added)) if which)
        elif old != new:
            yield f"{name} {_shown(old)} -> {_shown(new)}"


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, values)))


def _shown(value: Any) -> str:
    return "nothing" if value in (None, [], {}) else without_tokens(json.dumps(value, ensure_ascii=False))
