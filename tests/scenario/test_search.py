"""The search for scenarios: it plays them as scenarios are played, and finds what it should in few events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.pack_parts import conditions
from bridge.scenarios.mutants import alterations, altered
from bridge.scenarios.search.candidate import Candidate, event_of, resolved
from bridge.scenarios.search.edit import Edit
from bridge.scenarios.search.harms import HarmKind
from bridge.scenarios.search.instants import MONDAY
from bridge.scenarios.search.prove import Prover
from bridge.scenarios.search.search import Alphabet, Search
from bridge.scenarios.search.starts import StartingTicket, starts_of
from bridge.scenarios.search.state import ScenarioState, begin, happen, unfold
from bridge.scenarios.search.words import words_of
from bridge.scenarios.simulate import simulate
from bridge.yamlio.problems import dotted

NEVER = list(HarmKind)
FOLDER = Path(__file__).parent / "companies"
SAAS = str(FOLDER / "saas.yaml")
COMPANIES = [str(path) for path in FOLDER.glob("*.yaml") if not path.stem.endswith("_scenarios")]


def never_late() -> bool:
    return False


def edited(pack: str, place: str, becomes: Any = None) -> Policy:
    """A pack in which one word is changed, as mutation changes it."""
    policy = load_policy(pack)
    found = [each for each in alterations(policy.source, policy) if dotted(each.path) == place]
    change = next((each for each in found if becomes is None or each.becomes == becomes), found[0])
    return Policy.of(altered(policy.source, change))


@pytest.mark.parametrize("pack", packs())
def test_the_search_plays_what_the_scenario_plays(pack: str) -> None:
    policy = load_policy(pack)
    edit = Edit.between(policy, policy)
    start = starts_of(policy, policy, edit, limit=1)[0]
    for word in words_of(policy)[::4]:
        at = start.at + timedelta(minutes=1)
        until = at + timedelta(hours=5)
        candidate = Candidate(start).then(at, word)
        scenario = resolved(candidate.scenario(pack, until), policy)
        states = _states(begin(scenario, policy), policy, at - timedelta(seconds=1))
        state = happen(states[-1], policy, scenario, at, [event_of(word, at)])
        last = _states(state, policy, until)[-1]
        played = simulate(scenario).timeline
        assert sorted(map(_row, last.rows)) == sorted(map(_row, played)), word


def _row(row: Any) -> tuple[Any, ...]:
    return row.at, row.clause, row.action, str(row.value)


def _states(state: ScenarioState, policy: Policy, until: Any) -> list[ScenarioState]:
    return [state, *unfold(state, policy, until, 1000)]


@pytest.mark.parametrize(
    ("pack", "place", "becomes", "kind", "events"),
    [
        ("maas360", "clocks[0].targets.high", None, "later deadline", 0),
        ("maas360", "waiting[1].close_after", "7h", "earlier closing", 1),
        ("erp_maestro", "calendars.business.hours.mon-fri[0]", "10:00-17:00", "later deadline", 0),
        ("oncleversoft", "support_period.renewal.before", "30h", "later escalation", 0),
        ("oncleversoft", "gates[1].when.schedule.known", None, "fewer customer messages", 0),
        ("oncleversoft", "calendars.business.hours.mon-fri", None, "later deadline", 0),
        ("mattermost", "severity.default", "low", "lower priority", 0),
        ("mattermost", "clocks[0].conditional_calendars[0].when.level[1]", "normal", "later deadline", 0),
        ("mattermost", "calendars.always.hours", None, "later deadline", 0),
        ("maintmaster", "calendars.business.from_account", None, "later deadline", 0),
        (SAAS, "clocks[0].plan_targets.enterprise.critical.within", None, "later deadline", 0),
        (SAAS, "clocks[0].plan_targets.enterprise.normal", None, "later deadline", 0),
        pytest.param(
            *("maas360", "escalation.stages[7].relaxed_update_every", "1d1h", "later deadline", 2),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_harmful_edit_is_found_in_few_events(
    pack: str, place: str, becomes: str | None, kind: str, events: int
) -> None:
    proof = Prover(never_late).compare(load_policy(pack), edited(pack, place, becomes), NEVER, pack)
    assert (proof.kind, proof.events) == (kind, events), proof
    assert YAML(typ="safe").load(proof.scenario)["policy"] == pack


def test_tickets_whose_customers_differ_in_nothing_but_their_contract_are_all_played() -> None:
    policy = load_policy("maintmaster")
    search = Search((policy,), lambda _: False, never_late, Edit.between(policy, policy))
    known = (("ticket", "type"), "user_support")
    zones = [(("account", "time_zone"), zone) for zone in ("America/Los_Angeles", "Europe/Berlin")]
    starts = [StartingTicket(MONDAY, (zone, known)) for zone in zones]
    search.run(Alphabet([*starts, starts[0]], [], 1, 0), 0)
    assert search.searched.scenarios == 2


def test_a_shorter_target_does_no_harm() -> None:
    pack = load_policy("maas360")
    source = {**pack.source, "clocks": [dict(clock) for clock in pack.source["clocks"]]}
    source["clocks"][0]["targets"] = {**source["clocks"][0]["targets"], "critical": "20m"}
    assert not Prover(never_late, 0).compare(pack, Policy.of(source), NEVER, "maas360").scenario


def test_out_of_time_says_what_was_searched() -> None:
    pack = load_policy("maas360")
    proof = Prover(lambda: True).compare(pack, pack, NEVER, "maas360")
    assert proof.text == "no such scenario: 1 was tried, not even all without events"


@pytest.mark.parametrize("pack", [*packs(), *COMPANIES], ids=lambda pack: Path(pack).stem)
def test_tickets_on_which_any_condition_turns_can_be_written_as_scenarios(pack: str) -> None:
    policy = load_policy(pack)
    nothing = Edit.between(policy, policy)
    edit = replace(nothing, conditions=tuple((when, when) for _, when in conditions(policy)))
    starts = starts_of(policy, policy, edit, limit=400)
    assert len(starts) > len(policy.severity.levels)
    for start in starts:
        resolved(Candidate(start).scenario(policy.pack, start.at), policy)
