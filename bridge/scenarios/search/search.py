"""The search: scenarios by the number of their events, the shortest first, until one is found or the bound is reached.

What two scenarios have in common is played once. Of two whose tickets and clocks stand alike, and in which people have
done the same kinds of things, only the first goes on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from bridge.errors import InputError
from bridge.history.rows import Row
from bridge.policy.model import Policy
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.search.candidate import Candidate, event_of, resolved
from bridge.scenarios.search.edit import Edit
from bridge.scenarios.search.starts import StartingTicket
from bridge.scenarios.search.state import ScenarioState, begin, happen, unfold
from bridge.scenarios.search.words import Word

HORIZON = timedelta(days=40)
"""How long after its last event a scenario is watched."""
SOON = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

Courses = tuple[tuple[ScenarioState, ...], ...]
"""For each pack the states from the last event on."""


@dataclass(frozen=True)
class Alphabet:
    """What scenarios are made of."""

    starts: Sequence[StartingTicket]
    words: Sequence[Word]
    watched: int
    """Instants at which something happens by itself that are watched after each event."""
    turns: int
    """Instants of one candidate around which something may happen, besides a minute after the last event."""
    is_whole: bool = False
    """Whether the words are all that people can do, and not only what an edit names."""


@dataclass(frozen=True)
class Played:
    """A scenario played under each pack, and watched for a while after its last event."""

    candidate: Candidate
    scenario: ResolvedScenario
    courses: Courses
    until: datetime
    """The end of what was watched under every pack."""

    def differs(self) -> bool:
        """Whether the packs do different things."""
        return (
            len({tuple((row.at, row.action, row.value) for row in rows_of(each, self.until)) for each in self.courses})
            > 1
        )


@dataclass(frozen=True, order=True)
class Extent:
    """All scenarios of up to a number of events, on a number of starting tickets."""

    events: int
    starts: int


@dataclass
class Searched:
    """How much was searched."""

    scenarios: int = 0
    named: Extent | None = None
    """Of what the edit names."""
    whole: Extent | None = None
    """Of all that people can do."""

    def finished(self, alphabet: Alphabet, length: int) -> None:
        """All scenarios of an alphabet up to a number of events were played."""
        extent = Extent(length, len(alphabet.starts))
        if length == 0 or alphabet.is_whole:
            self.whole = max(filter(None, (self.whole, extent)))
        if not alphabet.is_whole:
            self.named = max(filter(None, (self.named, extent)))


@dataclass
class Search:
    """One search under one or two packs."""

    policies: tuple[Policy, ...]
    goal: Callable[[Played], bool]
    out_of_time: Callable[[], bool]
    edit: Edit
    searched: Searched = field(default_factory=Searched)
    _seen: set[Hashable] = field(default_factory=set)

    def run(self, alphabet: Alphabet, longest: int) -> Played | None:
        """The first that the goal accepts, among the shortest of the alphabet; None: none, or no time left."""
        self._seen.clear()
        level = self._begun(alphabet)
        for length in range(longest + 1):
            frontier: list[Played] = []
            for played in level:
                if self.goal(played):
                    return played
                if self.out_of_time():
                    return None
                frontier.append(played)
            self.searched.finished(alphabet, length)
            frontier.sort(key=lambda played: not played.differs())
            level = self._longer(frontier, alphabet)
        return None

    def _begun(self, alphabet: Alphabet) -> Iterator[Played]:
        for start in alphabet.starts:
            candidate = Candidate(start)
            try:
                scenario = resolved(candidate.scenario("pack", start.at), self.policies[0])
            except InputError:
                continue  # a ticket that the pack does not know
            states = tuple(begin(scenario, policy) for policy in self.policies)
            if (played := self._watch(candidate, scenario, states, alphabet.watched * 2)) is not None:
                yield played

    def _longer(self, frontier: Sequence[Played], alphabet: Alphabet) -> Iterator[Played]:
        for played in frontier:
            for at in self._instants(played, alphabet.turns):
                befores = [course[_last_before(course, at)] for course in played.courses]
                for word in alphabet.words:
                    events = [event_of(word, at)]
                    states = tuple(
                        happen(before, policy, played.scenario, at, events)
                        for before, policy in zip(befores, self.policies, strict=True)
                    )
                    longer = self._watch(played.candidate.then(at, word), played.scenario, states, alphabet.watched)
                    if longer is not None:
                        yield longer

    def _watch(
        self, candidate: Candidate, scenario: ResolvedScenario, states: tuple[ScenarioState, ...], watched: int
    ) -> Played | None:
        """A scenario as it goes on if nothing else happens; None for one that stands like another."""
        key = (candidate.start.customer, *map(_standing, states))
        if key in self._seen:
            return None
        self._seen.add(key)
        self.searched.scenarios += 1
        end = states[0].at + HORIZON
        courses: list[tuple[ScenarioState, ...]] = []
        for state, policy in zip(states, self.policies, strict=True):
            course = (state, *unfold(state, policy, end, watched))
            courses.append(course)
            if course[-1].wake_at is not None and course[-1].wake_at <= end:
                end = course[-1].at
        return Played(candidate, scenario, tuple(courses), end)

    def _instants(self, played: Played, turns: int) -> Iterator[datetime]:
        """When something may happen next: at once, and around the instants at which something happens by itself."""
        began = played.courses[0][0].at
        found = dict.fromkeys([began + SOON])
        for turn in _turns(played, self.edit)[:turns]:
            found |= dict.fromkeys(at for at in (turn - SECOND, turn, turn + SECOND) if at > began)
        return iter(found)


def rows_of(course: Sequence[ScenarioState], until: datetime) -> Iterator[Row]:
    """What the bridge did up to an instant."""
    return (row for row in course[-1].rows if row.at <= until)


def _last_before(course: Sequence[ScenarioState], at: datetime) -> int:
    return max(0, bisect_left(course, at, key=lambda state: state.at) - 1)


def _turns(played: Played, edit: Edit) -> list[datetime]:
    """The first instants of each kind at which something happens by itself.

    Those come first at which the packs differ, then those at which a clause acts that the edit names.
    """
    kinds: dict[tuple[tuple[str, str, object], ...], list[datetime]] = {}
    for course in played.courses:
        for before, state in pairwise(course):
            done = tuple((row.clause, row.action, row.value) for row in state.rows[len(before.rows) :])
            found = kinds.setdefault(done, [])
            if state.at not in found and state.at <= played.until:
                found.append(state.at)
    firsts = {at: done for done, instants in kinds.items() for at in instants[:1]}
    both = [{state.at for state in course} for course in played.courses]
    shared = set.intersection(*both) if len(both) > 1 else set()
    named = {at for at, done in firsts.items() if any(clause in edit.words for clause, _, _ in done)}
    return sorted(firsts, key=lambda at: (at in shared, at not in named, at))


def _standing(state: ScenarioState) -> Hashable:
    """What decides how a scenario can go on; times are those that remain."""
    ticket = state.ticket
    plan = state.account.plan if state.account else None
    clocks = tuple((clock.name, clock.state, clock.due_at and clock.due_at - state.at) for clock in state.clocks[-12:])
    happened = frozenset(
        (type(entry).__name__, entry.actor.role, getattr(entry, "field", None), getattr(entry, "new", None))
        for entry in ticket.timeline
    )
    wake = state.wake_at - state.at if state.wake_at else None
    facts = tuple(sorted(ticket.facts.items(), key=lambda pair: pair[0]))
    return (
        *(ticket.status, ticket.priority, ticket.type, ticket.channel, ticket.tier, ticket.assignee, ticket.tags),
        *(ticket.brand, ticket.form, ticket.group),
        *(ticket.requester.locale, plan, facts, clocks, wake, happened, state.at.weekday() if not clocks else None),
    )
