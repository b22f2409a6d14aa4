"""Playing a scenario: evaluate -> plan -> apply as in production, on a virtual clock, against a helpdesk in memory.

At each instant: first the events of that second in the order of the file, then what the bridge does, again and again
until nothing is left to do; then the clock jumps to the next event or to the decision's ``wake_at``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bridge.account import Account
from bridge.decision import Decision
from bridge.evaluate import evaluate as production_evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.playback import Evaluate, Governing, Happening, Playback, SimulationError
from bridge.history.rows import clock_row_of, row_of
from bridge.policy.model import Policy
from bridge.scenarios.events import apply_event
from bridge.scenarios.outcome import FinalTicket, Outcome
from bridge.scenarios.resolve import ResolvedScenario

__all__ = ["Evaluate", "SimulationError", "simulate"]


def simulate(
    scenario: ResolvedScenario, *, policy: Policy | None = None, evaluate: Evaluate = production_evaluate
) -> Outcome:
    """Play a scenario to its end. Raises ``SimulationError`` when the bridge repeats its actions without end.

    ``policy`` replaces the scenario's own, to try a change.
    """
    policy = policy or scenario.policy
    played = playback(scenario, policy, evaluate)
    return _outcome(scenario, policy, played, played.run(scenario.until))


def playback(scenario: ResolvedScenario, policy: Policy, evaluate: Evaluate = production_evaluate) -> Playback:
    """A run of a scenario that has not begun."""
    governing = Governing(policy)
    return Playback(
        helpdesk=InMemoryHelpdesk(scenario.ticket, scenario.account),
        ticket=scenario.ticket,
        rules=lambda *_: governing,
        happenings=_happenings(scenario),
        in_force=scenario.in_force,
        where=lambda now: f"{scenario.document.where()} scenario {scenario.name!r} at {now:%Y-%m-%dT%H:%M:%SZ}",
        evaluate=evaluate,
    )


def _happenings(scenario: ResolvedScenario) -> Iterator[Happening]:
    for at, event in scenario.events:
        yield at, partial(apply_event, scenario, event)


def _outcome(scenario: ResolvedScenario, policy: Policy, played: Playback, decision: Decision | None) -> Outcome:
    ticket = played.helpdesk.fetch(scenario.ticket.ref)
    account = played.helpdesk.account(ticket) or Account()
    policy = policy.for_account(account)
    rows = (row_of(act.at, act.action) for act in played.acts)
    return Outcome(
        scenario=scenario.name,
        policy=decision.pack if decision else policy.pack,
        version=decision.version if decision else policy.version,
        timeline=tuple(sorted(rows, key=lambda row: (row.at, row.action, str(row.value)))),
        clocks=tuple(
            clock_row_of(clock, policy.elapsed(clock, account, scenario.until))
            for clock in (decision.clocks if decision else ())
        ),
        final=FinalTicket(
            priority=ticket.priority,
            status=ticket.status,
            tier=ticket.tier,
            tags=tuple(sorted(ticket.tags)),
            fields=ticket.fields,
            assignee=ticket.assignee,
            group=ticket.group,
        ),
        findings=tuple(played.findings.values()),
    )
