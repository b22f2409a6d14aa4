"""What a review costs for each entry of a ticket's timeline, and business-time arithmetic beside a known library.

    python -m benchmarks.engine
    python -m benchmarks.engine --pack maas360 --runs 9

The engine is linear: for every pack, an entry of a long timeline costs no more than one of a short. Time is processor
time, the least of several runs, without garbage collection.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as dt_time
from importlib import import_module
from importlib.util import find_spec
from zoneinfo import ZoneInfo

import click

from bridge.account import Account
from bridge.evaluate import evaluate
from bridge.plan import Ledger, plan
from bridge.policy.calendars.calendar import Calendar, CalendarSpec
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.ticket import (
    Actor,
    Approval,
    Changed,
    Confirmation,
    FactValue,
    Message,
    Person,
    PhoneContact,
    Role,
    Ticket,
    TicketRef,
    TimelineEntry,
)

CREATED = datetime(2024, 1, 8, 9, 0, tzinfo=UTC)
CUSTOMER = Actor(role=Role.CUSTOMER, email="help@acme.example")
AGENTS = [Actor(role=Role.AGENT, email=f"agent{number}@vendor.example") for number in range(3)]
BRIDGE = Actor(role=Role.BRIDGE)
ACCOUNT = Account(name="Acme", plan="standard", time_zone="Europe/Berlin", contacts=frozenset({CUSTOMER.email}))
SIZES = (100, 1_500, 3_000)
WITHIN = (1.3, 1.2)
"""How much an entry may cost in the longest timeline, against the shortest and against the middle one."""


@dataclass
class History:
    """Writes the timeline of one ticket: people talk, wait, hand over, solve and reopen."""

    policy: Policy
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  # chance that repeats
    at: datetime = CREATED
    values: dict[str, FactValue] = field(default_factory=lambda: {"status": "new", "tags": ""})
    entries: list[TimelineEntry] = field(default_factory=list)

    def ticket(self, size: int) -> Ticket:
        """A ticket with so many entries; a longer one begins as a shorter one does."""
        turn = self._turns()
        while len(self.entries) < size:
            next(turn)()
            self.at += timedelta(minutes=self.chance.choice((1, 4, 15, 50, 180, 900)))
        entries, values = tuple(self.entries[:size]), dict(self.values)
        for entry in reversed(self.entries[size:]):
            if isinstance(entry, Changed):
                values[entry.field] = entry.old
        return Ticket.model_validate(
            {
                "ref": TicketRef(connection="benchmark", id="7"),
                "created_at": CREATED,
                "type": self.policy.ticket_types[0],
                "requester": Person(email=CUSTOMER.email),
                "subject": "Nothing syncs",
                "timeline": entries,
                "facts": {name: values.get(f"fact:{name}") for name in self.policy.facts},
                "tags": frozenset(filter(None, str(values["tags"] or "").split(","))),
                **{name: values.get(name) for name in ("status", "priority", "assignee", "group", "tier")},
            }
        )

    def _turns(self) -> Iterator[Callable[[], None]]:
        """One turn of the conversation after the other, in a mixture as of real tickets."""
        gates = [gate.name for gate in self.policy.gates] or ["change"]
        while True:
            agent = self.chance.choice(AGENTS)
            yield lambda: self._say(CUSTOMER)
            yield lambda agent=agent: self._set("assignee", agent.email, agent)  # type: ignore[misc]
            yield lambda agent=agent: self._set("status", "in_progress", agent)  # type: ignore[misc]
            yield lambda agent=agent: self._note(agent)  # type: ignore[misc]
            yield lambda agent=agent: self._say(agent)  # type: ignore[misc]
            yield self._fact
            yield lambda: self._set("tags", self.chance.choice(("", "vip", "vip,beta")), AGENTS[0])
            yield lambda agent=agent: self._set("status", "waiting_customer", agent)  # type: ignore[misc]
            yield lambda: self._say(CUSTOMER, auto_reply=True)
            yield lambda: self._set("priority", self.chance.choice(("low", "normal", "high", "urgent")), AGENTS[1])
            yield lambda: self._say(CUSTOMER)
            yield lambda: self._set("status", "open", BRIDGE)
            yield lambda agent=agent: self.entries.append(PhoneContact(at=self.at, actor=agent))  # type: ignore[misc]
            gate = self.chance.choice(gates)
            yield lambda gate=gate: self.entries.append(  # type: ignore[misc]
                Approval(at=self.at, actor=CUSTOMER, gate=gate, granted=self.chance.random() < 0.7)
            )
            if self.chance.random() < 0.3:
                yield lambda: self.entries.append(Confirmation(at=self.at, actor=CUSTOMER))
                yield lambda agent=agent: self._set("status", "solved", agent)  # type: ignore[misc]
                yield lambda: self._say(CUSTOMER)
                yield lambda: self._set("status", "open", CUSTOMER)

    def _say(self, actor: Actor, *, auto_reply: bool = False) -> None:
        text = "It still happens" if actor is CUSTOMER else "Please try again"
        self.entries.append(Message(at=self.at, actor=actor, public=True, text=text, auto_reply=auto_reply))

    def _note(self, actor: Actor) -> None:
        self.entries.append(Message(at=self.at, actor=actor, public=False, text="Seen in the log"))

    def _fact(self) -> None:
        name = self.chance.choice(sorted(self.policy.facts))
        self._set(f"fact:{name}", self.chance.choice(_values(self.policy.facts[name])), AGENTS[2])

    def _set(self, name: str, value: FactValue, actor: Actor) -> None:
        old = self.values.get(name)
        if old != value:
            self.entries.append(Changed(at=self.at, actor=actor, field=name, old=old, new=value))
            self.values[name] = value


def _values(spec: FactSpec) -> tuple[FactValue, ...]:
    if spec.values:
        return spec.values
    return {"bool": (True, False), "number": (1, 40), "instant": ("2026-03-28T15:00:00Z",)}.get(spec.type, ("a", "b"))


ENOUGH_S = 0.02
"""Processor time that a run takes at least, so that the grain of the clock does not show."""


def least(work: Callable[[], object], runs: int) -> float:
    """The least processor time that ``work`` takes, of several runs, in seconds."""
    gc.collect()
    gc.disable()
    try:
        times = max(1, round(ENOUGH_S / max(_measured(work, 1), 1e-6)))
        return min(_measured(work, times) for _ in range(runs))
    finally:
        gc.enable()


def _measured(work: Callable[[], object], times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begun) / times


def review_cost(policy: Policy, size: int, runs: int) -> tuple[float, float]:
    """Microseconds for each entry that evaluating and planning take on a timeline of a length."""
    ticket = History(policy).ticket(size)
    now = ticket.timeline[-1].at + timedelta(hours=1)
    decision = evaluate(ticket, ACCOUNT, policy, now)
    evaluating = least(lambda: evaluate(ticket.model_copy(), ACCOUNT, policy, now), runs)
    planning = least(lambda: plan(decision, copied := ticket.model_copy(), Ledger((), copied)), runs)
    return evaluating / size * 1e6, planning / size * 1e6


def report(name: str, costs: list[float]) -> bool:
    """Print one row: the cost at each size, and the two ratios; whether both are small enough."""
    ratios = costs[-1] / costs[0], costs[-1] / costs[1]
    linear = all(ratio <= bound for ratio, bound in zip(ratios, WITHIN, strict=True))
    cells = "".join(f"{cost:12.1f}" for cost in costs)
    click.echo(f"{name:24}{cells}{ratios[0]:12.2f}{ratios[1]:12.2f}{'' if linear else '   not linear'}")
    return linear


LIBRARY = "businesstimedelta"


def business_time(runs: int) -> None:
    """Print what adding and measuring business time takes, beside a known library."""
    zone = ZoneInfo("Europe/Berlin")
    calendar = Calendar.of(CalendarSpec(time_zone=zone.key, hours={"mon-fri": ("08:00-17:00",)}))
    start, amount = datetime(2026, 3, 2, 9, 30, tzinfo=zone), timedelta(hours=40)
    end = calendar.add(start, amount)
    rows: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "policybridge": (lambda: calendar.add(start, amount), lambda: calendar.measure(start, end))
    }
    if find_spec(LIBRARY):
        rows[LIBRARY] = _by_the_library(zone.key, start, end)
    click.echo(f"\n{'business time, us':24}{'add 40 h':>12}{'measure':>12}")
    for name, works in rows.items():
        cells = "".join(f"{least(work, runs) * 1e6:12.1f}" for work in works)
        click.echo(f"{name:24}{cells}")
    if LIBRARY not in rows:
        click.echo(f"{LIBRARY} is not installed; to compare with it: pip install {LIBRARY}")


def _by_the_library(zone: str, start: datetime, end: datetime) -> tuple[Callable[[], object], Callable[[], object]]:
    """The same two questions put to ``businesstimedelta``, which takes zones of ``pytz`` only."""
    library, pytz = import_module(LIBRARY), import_module("pytz")
    hours = {"start_time": dt_time(8), "end_time": dt_time(17), "working_days": [0, 1, 2, 3, 4]}
    rules = library.Rules([library.WorkDayRule(**hours, tz=pytz.timezone(zone))])
    amount = library.BusinessTimeDelta(rules, hours=40)
    return (lambda: start + amount), (lambda: rules.difference(start, end))


@click.command()
@click.option("--pack", "chosen", multiple=True, help="Measure this pack only; may be given several times.")
@click.option("--runs", default=7, show_default=True, help="Runs of which the fastest counts.")
def main(chosen: tuple[str, ...], runs: int) -> None:
    """Print what a review costs for each entry of a timeline, for every shipped pack."""
    head = "".join(f"{f'at {size:,}':>12}" for size in SIZES)
    click.echo(f"{'us an entry':24}{head}{f'{SIZES[-1]}/{SIZES[0]}':>12}{f'{SIZES[-1]}/{SIZES[1]}':>12}")
    linear = True
    for name in chosen or packs():
        policy = load_policy(name)
        costs = [review_cost(policy, size, runs) for size in SIZES]
        for step, values in zip(("evaluate", "plan"), zip(*costs, strict=True), strict=True):
            linear &= report(f"{name} {step}", list(values))
    business_time(runs)
    raise SystemExit(0 if linear else 1)


if __name__ == "__main__":
    main()
