"""How scenarios begin: tickets that a pack can tell apart, each created at several instants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product
from typing import Any

from bridge.policy.condition_space import OTHER, ConditionSpace, Point, Value, allowed_values, holds_at
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.scenarios.search.edit import Edit
from bridge.scenarios.search.instants import INSTANTS, MONDAY, calendar_turns
from bridge.scenarios.search.words import MANAGER, Frozen

WITNESSES = 3
"""Starting tickets for one condition."""
CONTRACT_TARGET = "8h"
"""Of a clock to which the pack leaves it to contracts what they promise."""

Patch = dict[tuple[str, str], Any]
"""Sections (``ticket``, ``facts``, ``account``, ``requester``) and keys of a scenario, and their values."""


_TICKET = frozenset({"type", "channel", "priority", "status", "brand", "form", "group"})
ACCOUNTS: tuple[tuple[frozenset[str], Patch], ...] = (
    (
        frozenset({"support_period", "renewal"}),
        {("account", "support"): Frozen(starts="2026-01-01", ends="2026-03-30")},
    ),
    (frozenset({"support_period"}), {("account", "support"): Frozen(starts="2025-01-01", ends="2025-12-31")}),
    (
        frozenset({"calendars", "time_zone", "fixed_time_zone"}),
        {("account", "time_zone"): "America/Los_Angeles"},
    ),
    (
        frozenset({"calendars", "from_account"}),
        {("account", "calendar"): Frozen(time_zone="America/Los_Angeles", hours=Frozen({"mon-fri": ["06:00-09:00"]}))},
    ),
    (
        frozenset({"calendars", "from_account"}),
        {("account", "calendar"): Frozen(time_zone="Europe/Berlin", hours="always")},
    ),
    (frozenset({"contact_list"}), {("requester", "email"): "somebody@acme.example"}),
    (frozenset({"language"}), {("requester", "locale"): "ja"}),
    (frozenset({"language"}), {("requester", "locale"): "de"}),
    (frozenset({"onboarding"}), {("account", "onboarding"): "sla_established"}),
    (frozenset({"severity", "default"}), {}),  # a ticket of which nothing is known
)
"""What accounts and tickets have that an edit of some section concerns."""


@dataclass(frozen=True)
class StartingTicket:
    """A ticket as it is created."""

    at: datetime
    patch: tuple[tuple[tuple[str, str], Any], ...]

    @property
    def customer(self) -> tuple[tuple[tuple[str, str], Any], ...]:
        """What its account and its requester have that others may not have."""
        return tuple(each for each in self.patch if each[0][0] in ("account", "requester"))

    def sections(self) -> dict[str, Any]:
        """``account`` and ``ticket`` of a scenario."""
        ticket: dict[str, Any] = {"at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}", "channel": "email"}
        account: dict[str, Any] = {"name": "Acme", "contacts": ["pat@acme.example"], "management": [MANAGER]}
        facts: dict[str, Any] = {}
        requester = {"email": "pat@acme.example"}
        sections = {"ticket": ticket, "facts": facts, "account": account, "requester": requester}
        for path, value in self.patch:
            sections[path[0]][path[1]] = value
        return {"account": account, "ticket": {**ticket, "requester": requester, **({"facts": facts} if facts else {})}}


def starts_of(old: Policy, new: Policy, edit: Edit, *, limit: int) -> list[StartingTicket]:
    """Starting tickets, those first that an edit concerns."""
    instants, contract = [*islice(calendar_turns(old, new, edit), 4), *INSTANTS], _contract(old, edit)
    patches = [{**contract, **patch} for patch in _patches(old, edit)]
    made = (StartingTicket(at, _key(patch)) for at, patch in _by_rank(instants, patches))
    return list(islice(dict.fromkeys(made), limit))


def starts_by_level(policy: Policy) -> dict[str, StartingTicket]:
    """For each severity level a ticket that gets it."""
    found: dict[str, StartingTicket] = {}
    for level, patch in _levels(policy):
        found.setdefault(level, StartingTicket(MONDAY, _key(patch)))
    return found


def _by_rank(instants: list[datetime], patches: list[Patch]) -> list[tuple[datetime, Patch]]:
    """All pairs; the earlier in both lists, the earlier here."""
    ranked = sorted(product(range(len(instants)), range(len(patches))), key=lambda pair: (2 * pair[0] + pair[1], pair))
    return [(instants[at], patches[patch]) for at, patch in ranked]


def _patches(policy: Policy, edit: Edit) -> Iterator[Patch]:
    levels: dict[str, Patch] = {}
    for level, patch in _levels(policy):
        levels.setdefault(level, patch)
    by_level = sorted(levels.items(), key=lambda pair: pair[0] not in edit.words)
    first = by_level[0][1] if by_level else {}
    concerned = [_patch(policy, point, levels) for pair in edit.conditions for point in _witnesses(policy, *pair)] + [
        patch for names, patch in ACCOUNTS if edit.words & names
    ]
    concerned += [_on_plan(policy, row.name) for row in policy.plans if row.name in edit.words]
    for patch in concerned:
        yield {**first, **patch}
        yield {("ticket", "type"): policy.ticket_types[0], **patch}
    yield from (patch for _, patch in by_level)
    for patch, (_, of_level) in product(concerned, by_level[1:]):
        yield {**of_level, **patch}
    for patch in sorted(_single(policy), key=lambda patch: not _is_named(patch, edit)):
        yield {**first, **patch}


def _contract(policy: Policy, edit: Edit) -> Patch:
    """For an edit of clocks or calendars: targets for clocks without one in the pack, because contracts give them."""
    bare = [clock.name for clock in policy.clocks if not clock.has_targets]
    if not bare or edit.words.isdisjoint({"clocks", "calendars"}):
        return {}
    targets = dict.fromkeys(policy.severity.levels, CONTRACT_TARGET)
    return {("account", "overrides"): Frozen(clocks=[{"name": name, "targets": targets} for name in bare])}


def _is_named(patch: Patch, edit: Edit) -> bool:
    return any(name in edit.words or str(value) in edit.words for (_, name), value in patch.items())


def _levels(policy: Policy) -> Iterator[tuple[str, Patch]]:
    """For each severity level a ticket that gets it."""
    table = policy.severity
    base: Patch = {("ticket", "type"): policy.ticket_types[0]}
    if table.chosen_in and table.chosen_in.fact:
        for level in table.levels:
            yield level, base | {("facts", table.chosen_in.fact): _typed(policy, table.chosen_in.fact, level)}
    elif table.chosen_in:
        for level, priority in table.levels.items():
            yield level, base | {("ticket", "priority"): priority.value}
    rows = [row.when for row in table.rows]
    found: set[str] = set()
    for point in ConditionSpace.of(policy, [*rows, *([table.unless] if table.unless else [])]).points():
        if table.unless and holds_at(table.unless, point):
            continue
        row = next((row for row in table.rows if holds_at(row.when, point)), None)
        if row and row.level not in found:
            found.add(row.level)
            yield row.level, base | _patch(policy, point, {})


def _witnesses(policy: Policy, old: Predicate, new: Predicate) -> Iterator[Point]:
    """Tickets on which a condition holds under one pack only; then others on which it holds, and does not."""
    points = list(islice(ConditionSpace.of(policy, [old, new], known=True).points(), 2000))
    holds = [(holds_at(old, point), holds_at(new, point)) for point in points]
    for wanted, number in (
        ((True, False), WITNESSES),
        ((False, True), WITNESSES),
        ((True, True), 2),
        ((False, False), 1),
    ):
        yield from islice((point for point, found in zip(points, holds, strict=True) if found == wanted), number)


def _patch(policy: Policy, point: Point, levels: dict[str, Patch]) -> Patch:
    """What of a point can be said of a ticket when it is created."""
    patch: Patch = dict(levels.get(str(point.get("level")), {}))
    for name, value in point.items():
        if value is None:
            continue
        if name in policy.facts:
            patch["facts", name] = sample(policy.facts[name]) if value == OTHER else value
        elif name == "assignee":
            patch["ticket", name] = "agent@vendor.example"
        elif value != OTHER and name in _TICKET and isinstance(value, str):
            patch["ticket", name] = value
        elif name == "plan" and value != OTHER:
            patch = {**_on_plan(policy, str(value)), **patch}
        elif name == "language" and (language := _one_of(value)):
            patch["requester", "locale"] = language
        elif name == "tags" and isinstance(value, frozenset):
            patch["ticket", name] = tuple(sorted(value - {OTHER}))
    return patch


def _on_plan(policy: Policy, plan: str) -> Patch:
    """What gives a ticket a plan: the plan of its account, or what a plan of the pack follows from."""
    names = [row.name for row in policy.plans]
    if plan not in names:
        return {("account", "plan"): plan}
    *before, row = [row.when for row in policy.plans[: names.index(plan) + 1]]
    for point in ConditionSpace.of(policy, [*before, row], known=True).points():
        if holds_at(row, point) and not any(holds_at(when, point) for when in before):
            return _patch(policy, point, {})
    return {}


def _one_of(value: Value) -> str:
    """A value that is known; of several, such as languages, one: a requester has one locale. Empty: none is known."""
    values = value if isinstance(value, frozenset) else {str(value)}
    return min(values - {OTHER}, default="")


def sample(spec: FactSpec) -> Any:
    """A value of a fact whose values are not listed."""
    return {"bool": True, "number": 1, "datetime": "+1d"}.get(spec.type, "x")


def _single(policy: Policy) -> Iterator[Patch]:
    """Each listed value of type, channel, plan and facts by itself."""
    yield from ({("ticket", "type"): word} for word in policy.ticket_types)
    yield from ({("ticket", "channel"): word} for word in allowed_values(policy, "channel") or ())
    yield from (_on_plan(policy, str(plan)) for plan in allowed_values(policy, "plan") or ())
    for name, spec in policy.facts.items():
        values: tuple[Any, ...] = (True, False) if spec.type == "bool" else tuple(spec.values or ())
        yield from ({("facts", name): value} for value in values)


def _typed(policy: Policy, fact: str, level: str) -> Any:
    listed = policy.facts[fact].values or ()
    return next((value for value in listed if str(value) == level), level)


def _key(patch: Patch) -> tuple[tuple[tuple[str, str], Any], ...]:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in sorted(patch.items()))
