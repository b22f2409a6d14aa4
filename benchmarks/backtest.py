"""A quarter of made-up tickets backtested: how long it takes, how much memory, and whether a rerun is the same.

    python -m benchmarks.backtest
    python -m benchmarks.backtest --tickets 100000 --pack maas360
    python -m benchmarks.backtest --tickets 500 --save quarter.ndjson

Tickets arrive through the quarter, are answered, wait for customers, are solved and sometimes reopened; each has some
30 entries. The same number of tickets is always the same history.
"""

from __future__ import annotations

import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import click

from bridge.account import Account
from bridge.history.backtest import Backtest
from bridge.history.line import HistoryLine, end_line, head_line
from bridge.history.past_ticket import Period
from bridge.history.source import HistoryFile
from bridge.history.summary import Summary
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.ticket import Actor, Changed, FactValue, Message, Person, Role, Ticket, TicketRef, TimelineEntry, fact_field

START, END = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
AGENTS = [Actor(role=Role.AGENT, id=str(n), email=f"agent{n}@vendor.example") for n in range(12)]
ACCOUNTS = [
    Account(name=f"Account {n}", plan="standard", time_zone=zone)
    for n, zone in enumerate(["Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"] * 25)
]
ENTRIES = 30
PAUSES_MIN = (2, 6, 15, 40, 120, 360, 900, 1500)


@dataclass
class Lifecycle:
    """Writes the life of one ticket."""

    policy: Policy
    number: int
    entries: list[TimelineEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)  # noqa: S311  # chance that repeats
        self.account = self.chance.choice(ACCOUNTS)
        self.customer = Actor(role=Role.CUSTOMER, id="c", email=f"pat@account{self.account.name[8:]}.example")
        self.agent = self.chance.choice(AGENTS)
        self.created = START + timedelta(minutes=self.chance.randrange(int((END - START).total_seconds() // 60)))
        self.at = self.created
        self.values: dict[str, FactValue] = {"status": "new"}

    def line(self) -> HistoryLine:
        """The ticket at the end of the quarter."""
        facts = {name: self._fact(name) for name in self.policy.facts if self.chance.random() < 0.8}
        self._work()
        entries = tuple(entry for entry in self.entries if entry.at <= END)
        values = {"status": "new"} | {e.field: e.new for e in entries if isinstance(e, Changed)}
        facts |= {name[5:]: value for name, value in values.items() if name.startswith("fact:")}
        ticket = Ticket(
            ref=TicketRef(connection="benchmark", id=str(self.number)),
            created_at=self.created,
            account=self.account.name,
            channel="email",
            type=self.policy.ticket_types[0],
            requester=Person(email=self.customer.email, name="Pat", locale="en-US"),
            subject=f"Report {self.number}",
            description="It does not work any more since this morning.",
            facts=facts,
            timeline=entries,
            **{name: value for name, value in values.items() if not name.startswith("fact:")},
        )
        return HistoryLine(ticket=ticket, account=self.account)

    def _work(self) -> None:
        self._pass()
        self._change("assignee", self.agent.email)
        self._change("status", "in_progress")
        while len(self.entries) < ENTRIES - 2:
            self._round()
        self._say(self.agent, "This is fixed now.")
        self._change("status", "solved")
        if self.chance.random() < 0.1:
            self._pass()
            self._say(self.customer, "It happened again.")
            self._change("status", "open", self.customer)
            self._round()
            self._change("status", "solved")

    def _round(self) -> None:
        """A question and an answer."""
        self._say(self.agent, "Could you try this and send the log?")
        self._change("status", "waiting_customer")
        self._pass()
        self._say(self.customer, "Here is the log.")
        self._change("status", "open", self.customer)
        self._pass()
        self._say(self.agent, "Seen in the log", public=False)
        self._change("status", "in_progress")
        if self.policy.facts and self.chance.random() < 0.1:
            name = self.chance.choice(sorted(self.policy.facts))
            self._change(fact_field(name), self._fact(name))

    def _fact(self, name: str) -> FactValue:
        spec = self.policy.facts[name]
        if spec.values:
            return self.chance.choice(list(spec.values))
        return {"bool": self.chance.random() < 0.5, "number": 3, "datetime": None}.get(spec.type, "known")

    def _pass(self) -> None:
        self.at += timedelta(minutes=self.chance.choice(PAUSES_MIN), seconds=self.chance.randrange(60))

    def _say(self, actor: Actor, text: str, *, public: bool = True) -> None:
        self.entries.append(Message(at=self.at, actor=actor, public=public, text=text))

    def _change(self, name: str, new: FactValue, actor: Actor | None = None) -> None:
        old = self.values.get(name)
        if old != new:
            self.entries.append(Changed(at=self.at, actor=actor or self.agent, field=name, old=old, new=new))
        self.values[name] = new


def written(policy: Policy, tickets: int) -> Iterator[str]:
    """The lines of a history."""
    yield head_line("benchmarks/backtest.py", END, texts=True)
    for number in range(1, tickets + 1):
        yield Lifecycle(policy, number).line().as_line()
    yield end_line(tickets, {})


def save(policy: Policy, tickets: int, path: Path) -> None:
    """Write a history to a file."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in written(policy, tickets))


def measure(policy: Policy, path: Path, results: Path) -> tuple[Summary, float]:
    """The figures of a backtest, and how many seconds it took."""
    begun, summary = time.monotonic(), Summary()
    for result in Backtest(HistoryFile(path), [policy], Period(START, END)).run(results):
        summary.add(result)
    return summary, time.monotonic() - begun


@click.command()
@click.option("--tickets", default=1_000, show_default=True)
@click.option("--pack", default="maas360", show_default=True, type=click.Choice(packs()))
@click.option("--save", "kept", type=click.Path(path_type=Path), help="Only write the history to this file.")
def main(tickets: int, pack: str, kept: Path | None) -> None:
    """Backtest a quarter of made-up tickets."""
    policy = load_policy(pack)
    if kept:
        save(policy, tickets, kept)
        return
    with tempfile.TemporaryDirectory() as folder:
        path, results, again = (Path(folder) / name for name in ("history", "results", "again"))
        save(policy, tickets, path)
        summary, took = measure(policy, path, results)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        click.echo(f"{pack}: {summary.evaluated} of {summary.read} tickets evaluated in {took:.1f} s")
        click.echo(f"  {path.stat().st_size / tickets / 1000:.1f} kB and {ENTRIES} entries a ticket")
        click.echo(f"  processor time {1000 * (used.ru_utime + used.ru_stime) / tickets:.1f} ms a ticket")
        click.echo(f"  100,000 tickets: {took / tickets * 100_000 / 60:.0f} min on {os.cpu_count()} processors")
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        click.echo(f"  memory: {own / 1024:.0f} MB, and {used.ru_maxrss / 1024:.0f} MB in each process")
        if tickets <= 5_000:
            measure(policy, path, again)
            same = _digest(results) == _digest(again)
            click.echo(f"  a rerun is {'the same byte for byte' if same else 'DIFFERENT'}")


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
