"""What is about to happen, in numbers: by hour, account, role and person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from bridge.decision import Say, Set, Tag
from bridge.decision.display import role_title
from bridge.decision.effects import MessageKind
from bridge.decision.kinds import ActionKind
from bridge.decision.targets import TAG_PREFIX
from bridge.ports.forecasts import ForecastAction
from bridge.ports.store import Store
from bridge.ticket import TicketRef

BREACHES = "breached"
"""Promises that are broken unless somebody acts; beside the kinds of actions."""
FIGURES = (BREACHES, *(str(kind) for kind in ActionKind))

FindAssignee = Callable[[TicketRef], str | None]
Groups = dict[str, Counter[str]]


@dataclass
class ForecastSummary:
    """Adds up what is due within some hours."""

    assignee: FindAssignee
    tickets: set[TicketRef] = field(default_factory=set)
    by_hour: dict[datetime, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_account: Groups = field(default_factory=lambda: defaultdict(Counter))
    by_role: Groups = field(default_factory=lambda: defaultdict(Counter))
    """Notifications to each role."""
    by_person: Groups = field(default_factory=lambda: defaultdict(Counter))
    """Of the tickets that are assigned to each; the empty name: to nobody."""

    @classmethod
    def of(cls, actions: Iterable[ForecastAction], assignee: FindAssignee, until: datetime) -> ForecastSummary:
        """The summary of actions, the next due first, that are due by an instant and that nothing keeps back."""
        summary = cls(lru_cache(10_000)(assignee))
        for each in actions:
            if each.due > until:
                break
            if each.is_expected:
                summary._add(each)
        return summary

    @property
    def by_role_title(self) -> Groups:
        """Notifications to each role, as people write it."""
        return {role_title(role): counts for role, counts in self.by_role.items()}

    def as_json(self) -> dict[str, Any]:
        """JSON-able figures, without zeros."""
        return {
            "tickets": len(self.tickets),
            "by_hour": [
                {"hour": f"{hour:%Y-%m-%dT%H:%M:%SZ}", **_sorted(counts)}
                for hour, counts in sorted(self.by_hour.items())
            ],
            "by_account": _groups(self.by_account),
            "by_role": _groups(self.by_role),
            "by_person": _groups(self.by_person),
        }

    def _add(self, each: ForecastAction) -> None:
        self.tickets.add(each.ref)
        groups = [
            self.by_hour[each.due.replace(minute=0, second=0, microsecond=0)],
            self.by_account[each.account],
            self.by_person[self.assignee(each.ref) or ""],
        ]
        if isinstance(each.action, Say) and each.action.kind is MessageKind.NOTIFY:
            groups.append(self.by_role[each.action.template])
        for counts in groups:
            counts[each.kind] += 1
            counts[BREACHES] += is_breach(each)


def assignees(store: Store) -> FindAssignee:
    """To whom each ticket was assigned when it was seen last."""

    def assignee(ref: TicketRef) -> str | None:
        seen = store.snapshot(ref)
        return seen.assignee if seen else None

    return assignee


def is_breach(each: ForecastAction) -> bool:
    """Whether an action marks a promise as broken."""
    action = each.action
    return isinstance(action, Set) and isinstance(action.target, Tag) and _marks_breach(action.target.name)


def _marks_breach(tag: str) -> bool:
    return tag.startswith(f"{TAG_PREFIX}breached_")


def _groups(groups: Groups) -> dict[str, dict[str, int]]:
    return {name: _sorted(counts) for name, counts in sorted(groups.items())}


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in FIGURES if counts[name]}
