"""Proving an edit: is a customer worse off in any scenario? And of one pack: can a clause act, does it never end?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.errors import BridgeError
from bridge.policy.model import Policy
from bridge.scenarios.check import check
from bridge.scenarios.search.candidate import Candidate, resolved, scenario_text
from bridge.scenarios.search.edit import Edit
from bridge.scenarios.search.harms import Course, Harm, HarmKind, find_harm
from bridge.scenarios.search.search import Alphabet, Extent, Played, Search, rows_of
from bridge.scenarios.search.starts import starts_of
from bridge.scenarios.search.words import Word, status_words, words_of
from bridge.scenarios.simulate import SimulationError, simulate

ALWAYS = 3
"""Words that are tried whatever an edit is about: replies of both sides and a call."""
CONCERNED = 8
"""At most so many words that an edit is about."""


@dataclass(frozen=True)
class Proof:
    """What a search found: a scenario as a scenario file, or nothing within a bound."""

    text: str
    """What happens in the candidate, or the bound."""
    scenario: str = ""
    """The file; empty: no such scenario was found."""
    events: int = 0
    tried: int = 0
    """How many scenarios were played."""
    kind: str = ""


@dataclass
class Prover:
    """Searches for scenarios: first made of what an edit names, at last of all that a pack knows."""

    out_of_time: Callable[[], bool]
    longest: int = 5
    """Events of a scenario, at most."""

    def compare(self, old: Policy, new: Policy, kinds: Sequence[HarmKind], name: str) -> Proof:
        """A scenario in which a customer is worse off under ``new``; ``name`` is what its scenario calls that pack."""
        found: list[tuple[Harm, str]] = []

        def goal(played: Played) -> bool:
            harm = find_harm(_course(played, 0), _course(played, 1), kinds)
            file = _proven(played, harm, old, new, name) if harm else ""
            if harm and file:
                found.append((harm, file))
            return bool(file)

        search = Search((old, new), goal, self.out_of_time, Edit.between(old, new))
        played = self._search(search, old, new)
        if played is None:
            return Proof(self._bound(search), tried=search.searched.scenarios)
        harm, file = found[-1]
        return Proof(harm.text, file, len(played.candidate.events), search.searched.scenarios, harm.kind)

    def can_act(self, policy: Policy, clause: str, name: str) -> Proof:
        """A scenario in which a clause does something."""

        def goal(played: Played) -> bool:
            return any(row.clause == clause for row in rows_of(played.courses[0], played.until))

        search = Search((policy,), goal, self.out_of_time, Edit.of_clause(policy, clause))
        played = self._search(search, policy, policy)
        if played is None:
            return Proof(self._bound(search), tried=search.searched.scenarios)
        row = next(row for row in rows_of(played.courses[0], played.until) if row.clause == clause)
        expected = {"at": _stamp(row.at), "clause": clause, row.action: row.value}
        keys = played.candidate.scenario(name, row.at, f"{clause} acts", expect=[expected])
        return Proof(
            f"{clause}: {row.action} {row.value} on {_stamp(row.at)}",
            scenario_text(keys),
            len(played.candidate.events),
            search.searched.scenarios,
        )

    def loops(self, policy: Policy, name: str) -> Proof:
        """A scenario in which the bridge makes changes without end."""
        search = Search((policy,), _loops, self.out_of_time, Edit.between(policy, policy))
        played = self._search(search, policy, policy)
        if played is None:
            return Proof(self._bound(search), tried=search.searched.scenarios)
        at = next(state.at for state in played.courses[0] if state.loops)
        keys = played.candidate.scenario(name, at, "the bridge makes changes without end")
        return Proof(
            f"the bridge makes changes without end on {_stamp(at)}",
            scenario_text(keys),
            len(played.candidate.events),
            search.searched.scenarios,
        )

    def _search(self, search: Search, old: Policy, new: Policy) -> Played | None:
        words = _ranked(dict.fromkeys((*words_of(old), *words_of(new))), search.edit)
        concerned = [word for word in words if word.names & search.edit.words][:CONCERNED]
        always = [word for word in words_of(old)[:ALWAYS] if word not in concerned]
        starts = starts_of(old, new, search.edit, limit=60)
        few, focus = starts[:4], [*concerned, *always]
        passes = (
            (Alphabet(starts[:40], [], 25, 0), 0),
            (Alphabet(few, focus, 25, 0), 2),
            (Alphabet(starts[:12], focus, 20, 3), 1),
            (Alphabet(few[:1], [*concerned[:3], *always[:2]], 25, 1), 2),
            (Alphabet(few[:2], list(dict.fromkeys((*concerned, *status_words(old)))), 25, 0), 2),
            (Alphabet(few, concerned, 25, 0), 3),
            (Alphabet(starts, words, 30, 4, is_whole=True), self.longest),
        )
        for alphabet, longest in passes:
            if (played := search.run(alphabet, min(longest, self.longest))) or self.out_of_time():
                return played
        return None

    def _bound(self, search: Search) -> str:
        searched = search.searched
        tried = f"no such scenario: {searched.scenarios} {'was' if searched.scenarios == 1 else 'were'} tried"
        if searched.whole is None:
            return f"{tried}, not even all without events"
        whole = f"all that people can do, {_extent(searched.whole)}"
        if searched.named is None or searched.named.events <= searched.whole.events:
            return f"{tried}; {whole}"
        return f"{tried}; {whole}; what the edit names, {_extent(searched.named)}"


def _extent(extent: Extent) -> str:
    events = f"up to {extent.events} {'event' if extent.events == 1 else 'events'}" if extent.events else "no event"
    return f"{events}, on {extent.starts} starting {'ticket' if extent.starts == 1 else 'tickets'}"


def _ranked(words: dict[Word, None], edit: Edit) -> list[Word]:
    return sorted(words, key=lambda word: -len(word.names & edit.words))


def _loops(played: Played) -> bool:
    return any(state.loops for state in played.courses[0])


def _course(played: Played, index: int) -> Course:
    course = played.courses[index]
    last = next(state for state in reversed(course) if state.at <= played.until)
    return Course(tuple(rows_of(course, played.until)), last.clocks, last.ticket.priority, played.until)


def _proven(played: Played, harm: Harm, old: Policy, new: Policy, name: str) -> str:
    """The scenario that the old pack passes and the new one fails, as short as it can be; empty if there is none."""
    instants = {state.at for course in played.courses for state in course if state.at <= played.until}
    for until in sorted({*instants, played.until}):
        keys = played.candidate.scenario(name, until, harm.text, **harm.expectation)
        try:
            if _passes(keys, old) and not _passes(keys, new):
                return scenario_text(keys)
        except (BridgeError, SimulationError):
            continue
    return ""


def _passes(keys: dict[str, Any], policy: Policy) -> bool:
    scenario = resolved(keys, policy)
    return not check(scenario, simulate(scenario))


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


__all__ = ["Candidate", "Proof", "Prover"]
