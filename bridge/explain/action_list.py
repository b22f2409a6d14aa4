"""A list of actions on many tickets, as people and programs read it: what was done, or what would be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.decision import Action
from bridge.decision.kinds import ActionKind, action_kind
from bridge.decision.records import action_json
from bridge.ticket import TicketRef


@dataclass(frozen=True)
class ListedAction:
    """One action with its ticket, when it was due or done, and what keeps it from being written."""

    ref: TicketRef
    action: Action
    at: datetime
    subject: str = ""
    account: str = ""
    """The name of the customer, or the key of the account."""
    account_key: str = ""
    status: str | None = None
    """The status of the ticket before it."""
    review: str = ""
    because_withheld: str = ""
    """Why it is not written; empty: it is."""

    @property
    def kind(self) -> ActionKind:
        return action_kind(self.action, self.status)

    def as_json(self) -> dict[str, Any]:
        """The action as programs read it."""
        action = self.action
        return {
            "at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "ticket": str(self.ref),
            "subject": self.subject,
            "account": self.account,
            "pack": action.cite.pack,
            **action_json(action),
            "kind": self.kind,
            "because": action.because,
            "withheld": self.because_withheld,
            "review": self.review,
            "key": action.key,
        }


COLUMNS = ("at", "ticket", "subject", "account", "pack", "clause", "kind", "action", "value", "text", "because")
"""Columns of the list as a table for spreadsheets."""


def count_kinds(listed: Iterable[ListedAction]) -> dict[ActionKind, int]:
    """How many actions there are of each kind."""
    totals = dict.fromkeys(ActionKind, 0)
    for each in listed:
        totals[each.kind] += 1
    return totals


def with_new_reasons(listed: Iterable[ListedAction]) -> Iterator[tuple[ListedAction, str]]:
    """Each action and its reason; the reason is empty where the action before it has the same one."""
    shown: tuple[object, ...] = ()
    for each in listed:
        reason = (each.ref, each.action.cite.clause, each.action.because)
        yield each, "" if reason == shown else each.action.because
        shown = reason


def spreadsheet_row(listed: ListedAction) -> list[str]:
    """An action as a row under ``COLUMNS``. Text of strangers must not become a formula."""
    values = listed.as_json()
    return [_no_formula(str(values[column])) for column in COLUMNS]


def _no_formula(text: str) -> str:
    # https://owasp.org/www-community/attacks/CSV_Injection
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
