"""Whatever happens between two fetches, the timeline leads to the current values and repeats or invents nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.plan import Ledger
from bridge.ticket import Actor, Changed, FactValue, Request, Role, Ticket, TicketRef
from mappings.event_marks import EVIDENCE
from mappings.history_diff import BridgeWrite, LastChange, with_observed_changes

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
US = Actor(role=Role.BRIDGE, id="6")
AGENT = Actor(role=Role.AGENT, id="7", email="agent@vendor.example")
SYSTEM = Actor(role=Role.SYSTEM)

values = st.one_of(
    st.tuples(st.just("priority"), st.sampled_from(["low", "normal", "urgent"])),
    st.tuples(st.just("status"), st.sampled_from(["open", "waiting_customer", "solved"])),
    st.tuples(st.just("fact:devices"), st.sampled_from([None, 1, 40])),
    st.tuples(st.sampled_from(["tag:policy_late", "tag:vip"]), st.sampled_from(["present", ""])),
    st.tuples(st.just("field:severity"), st.sampled_from(["S1", "S2", ""])),
)
own_values = values.filter(lambda change: change[0] != "tag:vip")
events = st.one_of(
    st.tuples(st.just("agent"), values),
    st.tuples(st.just("bridge"), own_values),
    st.tuples(st.just("mark"), st.booleans()),
    st.tuples(st.just("touch"), st.none()),
    st.tuples(st.just("fetch"), st.none()),
)


@dataclass
class SimulatedTicket:
    """A ticket at a vendor that tracks the status at most, and a bridge that fetches it now and then."""

    tracked: bool
    now: datetime = START
    present: dict[str, FactValue] = field(
        default_factory=lambda: {"priority": "normal", "status": "open", "fact:devices": None}
    )
    tags: set[str] = field(default_factory=set)
    marked: bool = False
    latest: LastChange = field(default_factory=lambda: LastChange(START, AGENT))
    log: list[BridgeWrite] = field(default_factory=list)
    proven: list[Changed] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Fields that really changed, once for each time."""
    marks: int = 0
    before: Ticket | None = None
    fetches: list[tuple[datetime, dict[str, FactValue]]] = field(default_factory=list)

    def apply(self, event: tuple[str, Any]) -> None:
        self.now += timedelta(minutes=1)
        kind, change = event
        match kind:
            case "agent" | "bridge":
                actor = AGENT if kind == "agent" else US
                name, value = change
                if self._set(name, value, actor) and kind == "bridge":
                    tags = {name.removeprefix("tag:"): value == "present"} if name.startswith("tag:") else {}
                    key = f"7/MA-1/{len(self.log)}"
                    self.log.append(BridgeWrite(self.now, (key,), {} if tags else {name: value}, tags))
                self.latest = LastChange(self.now, AGENT if kind == "agent" else SYSTEM)
            case "mark":
                self.marks += change and not self.marked
                self.marked = change
                self.latest = LastChange(self.now, AGENT)
            case "touch":
                self.latest = LastChange(self.now, AGENT)
            case "fetch":
                self.fetch()

    def fetch(self) -> Ticket:
        self.before = self.as_seen(self.before)
        self.fetches.append((self.now, self._values()))
        return self.before

    def as_seen(self, before: Ticket | None) -> Ticket:
        plain = Ticket(
            ref=TicketRef(connection="acme", id="7"),
            created_at=START,
            priority=self.present["priority"],
            status=self.present["status"],
            tags=frozenset(self.tags),
            facts={"devices": self.present["fact:devices"]},
            fields={"severity": str(self.present["field:severity"])} if self.present.get("field:severity") else {},
            timeline=tuple(self.proven),
        )
        marked = ["escalation"] if self.marked else []
        return with_observed_changes(plain, before, self.latest, bridge=US, ours=self.log[-8:], marked=marked)

    def _set(self, name: str, value: FactValue, actor: Actor) -> bool:
        if name.startswith("tag:"):
            tag = name.removeprefix("tag:")
            if (tag in self.tags) == (value == "present"):
                return False
            self.tags ^= {tag}
            name = "tags"
        elif (self.present.get(name) or None) == (value or None):
            return False
        else:
            if name == "status" and self.tracked:
                self.proven.append(Changed(at=self.now, actor=actor, field=name, old=self.present[name], new=value))
            self.present[name] = value
        self.changed.append(name)
        return True

    def _values(self) -> dict[str, FactValue]:
        return {name: self.present[name] for name in ("priority", "status", "fact:devices")} | {
            "tags": ",".join(sorted(self.tags))
        }


def simulated(tracked: bool, history: list[tuple[str, Any]]) -> tuple[SimulatedTicket, Ticket]:
    ticket_simulation = SimulatedTicket(tracked)
    ticket_simulation.fetch()
    for event in history:
        ticket_simulation.apply(event)
    ticket_simulation.now += timedelta(minutes=1)
    return ticket_simulation, ticket_simulation.fetch()


simulations = given(st.booleans(), st.lists(events, max_size=25))


@simulations
@settings(max_examples=200, deadline=None)
def test_the_timeline_is_sorted_unbroken_and_ends_in_the_present(tracked: bool, history: list[Any]) -> None:
    _, ticket = simulated(tracked, history)
    assert list(ticket.timeline) == sorted(ticket.timeline, key=lambda entry: entry.at)
    for name in ("priority", "status", "tags", "fact:devices"):
        present = ticket.history(name)
        assert present[-1][1] == ticket.value(name)
        assert [change.old for change in ticket.changes(name)] == [value for _, value in present[:-1]]


@simulations
@settings(max_examples=200, deadline=None)
def test_entries_never_change_once_they_were_seen(tracked: bool, history: list[Any]) -> None:
    ticket_simulation, ticket = simulated(tracked, history)
    for at, values in ticket_simulation.fetches:
        assert {name: ticket.value_at(name, at) for name in values} == values


@simulations
@settings(max_examples=200, deadline=None)
def test_fetching_again_finds_nothing_new(tracked: bool, history: list[Any]) -> None:
    ticket_simulation, ticket = simulated(tracked, history)
    assert ticket_simulation.as_seen(ticket) == ticket
    stored = Ticket.model_validate_json(ticket.model_dump_json())
    assert ticket_simulation.as_seen(stored) == ticket


@simulations
@settings(max_examples=200, deadline=None)
def test_no_change_is_invented(tracked: bool, history: list[Any]) -> None:
    ticket_simulation, ticket = simulated(tracked, history)
    for name in ("priority", "status", "tags", "fact:devices"):
        assert len(ticket.changes(name)) <= ticket_simulation.changed.count(name)
    assert len([entry for entry in ticket.timeline if isinstance(entry, Request)]) <= ticket_simulation.marks


@given(st.booleans(), st.lists(events, max_size=15), own_values, values)
@settings(max_examples=200, deadline=None)
def test_our_change_is_ours_and_the_agents_later_change_is_the_agents(
    tracked: bool, history: list[Any], ours: Any, theirs: Any
) -> None:
    ticket_simulation, _ = simulated(tracked, history)
    real = len(ticket_simulation.changed)
    ticket_simulation.apply(("bridge", ours))
    wrote = len(ticket_simulation.changed) > real
    ticket_simulation.apply(("agent", theirs))
    overruled = len(ticket_simulation.changed) > real + wrote
    ticket = ticket_simulation.fetch()
    superseded = overruled and ours[0].startswith("field:")  # only the last change of a display field is kept
    if wrote and not superseded:
        write = ticket_simulation.log[-1]
        assert Ledger((), ticket).is_confirmed(write.keys[0])
        at_once = [e for e in ticket.timeline if isinstance(e, Changed) and e.at == write.at and e.field != EVIDENCE]
        assert [entry.actor.role for entry in at_once] == [Role.BRIDGE]
    if overruled:
        last = ticket.changes("tags" if theirs[0].startswith("tag:") else theirs[0])[-1]
        assert (last.actor, last.at) == (AGENT, ticket_simulation.now)


@simulations
@settings(max_examples=100, deadline=None)
def test_the_log_is_the_evidence_of_our_writes(tracked: bool, history: list[Any]) -> None:
    ticket_simulation, ticket = simulated(tracked, history)
    assert [(entry.at, entry.keys) for entry in ticket.changes(EVIDENCE)] == [
        (w.at, w.keys) for w in ticket_simulation.log[-8:]
    ]
