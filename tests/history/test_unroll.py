"""A ticket's history taken apart and played again: what the bridge did is decided again, and comes out the same."""

from __future__ import annotations

from pathlib import Path

import pytest

import mappings
from bridge.history.line import HistoryLine
from bridge.history.past_ticket import PastEvaluator, Period
from bridge.history.rows import row_of
from bridge.scenarios.load import load_scenarios
from bridge.scenarios.resolve import ResolvedScenario
from bridge.scenarios.run import scenario_files
from bridge.scenarios.simulate import playback

SCENARIOS = Path(mappings.__file__).parent / "scenarios"
STEP = 20
"""Every so many of the shipped scenarios are played, which keeps this short."""


def lived(pack: str) -> list[ResolvedScenario]:
    """Scenarios of a pack whose whole story is in the ticket: no backlog, no change of the customer's plan."""
    found = load_scenarios(scenario_files([SCENARIOS / pack]))
    return [each for each in found if each.written.in_force_since is None and not _needs_more(each)][::STEP]


def _needs_more(scenario: ResolvedScenario) -> bool:
    changes_plan = any(event.set_ and event.set_.plan for event in scenario.written.events)
    own_tags = any(tag.startswith("policy_") for tag in scenario.ticket.tags)
    return changes_plan or own_tags or bool(scenario.account and scenario.account.open_tickets)


@pytest.mark.parametrize("pack", sorted(path.name for path in SCENARIOS.iterdir()))
def test_what_the_bridge_did_is_decided_again(pack: str) -> None:
    scenarios = lived(pack)
    assert len(scenarios) > 2
    for scenario in scenarios:
        played = playback(scenario, scenario.policy)
        played.run(scenario.until)
        ticket = played.helpdesk.fetch(scenario.ticket.ref)
        line = HistoryLine.model_validate_json(HistoryLine(ticket=ticket, account=scenario.account).as_line())
        assert line.ticket.timeline == ticket.timeline
        result = PastEvaluator([scenario.policy], Period(ticket.created_at, scenario.until)).evaluate(line)
        rows = [
            row_of(act.at, act.action).model_copy(update={"text": ""}) for act in played.acts
        ]  # results keep no texts
        assert sorted(map(str, rows)) == sorted(str(row_of_act(act)) for act in result.timeline), scenario.name


def row_of_act(act: object) -> object:
    from bridge.history.result import ActRow
    from bridge.history.rows import Row

    assert isinstance(act, ActRow)
    return Row(**act.model_dump(exclude={"kind"}))
