"""Undo with every vendor: the ticket is as it was, a person's change stays, and nothing is written again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from bridge.errors import Retry
from bridge.runtime.undo import Undo, UndoRequest

from .conftest import VendorScenario


def undo_of(scenario: VendorScenario) -> Undo:
    running = scenario.running
    return Undo(running.store, running.helpdesks, running.jobs.clock)


def test_undo_restores_what_nobody_has_touched_and_it_stays_so(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    before = scenario.vendor.see(number)
    scenario.settle()
    after = scenario.vendor.see(number)
    assert after.tags > before.tags, scenario.outcomes()
    scenario.later(seconds=5)
    done = undo_of(scenario).apply(scenario.vendor.ref(number), UndoRequest(), "pat")
    assert not done.refused
    now = scenario.vendor.see(number)
    had_priority = before.priority is not None
    assert replace(now, notes=(), priority=before.priority) == replace(before, notes=())
    assert (now.priority == before.priority) is had_priority
    assert "pat took back these changes that the policy made" in now.notes[-1]
    written = list(scenario.vendor.line.writes)
    scenario.settle()
    scenario.sweep()
    assert list(scenario.vendor.line.writes) == written
    assert not undo_of(scenario).plan(scenario.vendor.ref(number), UndoRequest()).undoing.actions


def test_an_undo_whose_answer_was_lost_goes_on(scenario: VendorScenario) -> None:
    """It is tried again at once where the helpdesk asks for no pause, else by the next run of the command."""
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    before = {tag for tag in scenario.vendor.see(number).tags if not tag.startswith("policy_")}
    scenario.later(seconds=5)
    scenario.vendor.line.lose_answer()
    work = undo_of(scenario)
    with suppress(Retry):
        work.apply(scenario.vendor.ref(number), UndoRequest(), "pat")
    scenario.later(seconds=95)
    work.apply(scenario.vendor.ref(number), UndoRequest(), "pat")
    now = scenario.vendor.see(number)
    assert now.tags == before
    assert sum("took back" in note for note in now.notes) <= 1
