"""What organizations hold and no account can use, for ``doctor``: one line for each property, however many hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.account import Account
from bridge.ports.helpdesk import Diagnosis

MANY_ORGANIZATIONS = 1_000
"""How many organizations are examined; what the others hold is found on their tickets."""


def unusable_values(accounts: Iterable[Account]) -> Iterator[Diagnosis]:
    """A problem for each property that cannot be used of some accounts, with the first of them; else one good line."""
    found: dict[str, list[str]] = {}
    count = 0
    for account in accounts:
        count += 1
        for name, why in account.unusable.items():
            found.setdefault(name, []).append(why)
    for name, reasons in found.items():
        others = f" (and {len(reasons) - 1} more like it)" if len(reasons) > 1 else ""
        yield Diagnosis(f"organizations.{name}", ok=False, advice=f"{reasons[0]}{others}")
    if not found:
        yield Diagnosis("organizations", ok=True, advice=f"what {count} of them hold can be used")
