"""The part of ``conflicts`` that changes something: a helpdesk's own rules are switched off, and on again."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, print_json, print_lines
from bridge.cli.scenario_files import count
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.ports.examined_rules import ExaminedRule
    from bridge.runtime.rule_switching import Switched
    from bridge.store import SqlStore
    from mappings.acting_rules import ActingRules
    from mappings.connection import Connection

Lines = Iterator[Styled | list[Styled]]


def switch_rules(
    name: str, connection: Connection, chosen: Sequence[str], *, off: bool, yes: bool, as_json: bool
) -> Exit:
    """Switch rules off, or on again, as they were seen, and say what became of each."""
    from getpass import getuser

    from bridge.cli.context import open_database
    from bridge.helpdesks.rule_switch import rule_switch
    from bridge.runtime.rule_switching import RuleSwitching
    from bridge.runtime.ticket_clock import wall_clock

    with open_database(must_exist=False) as store:
        rules = _chosen(store.examined_rules(name), chosen, off=off)
        if not as_json:
            print_lines(f"{rule}: {rule.detail or 'without conflict'}" if off else str(rule) for rule in rules)
        if rules and not (yes or _confirmed(len(rules), off=off)):
            return Exit.OK
        done: list[Switched] = []
        try:
            if rules:
                switching = RuleSwitching(store, rule_switch(name, connection), getuser())
                for each in (switching.switch_off if off else switching.restore)(rules, wall_clock()):
                    done.append(each)
                    if not as_json:
                        print_lines([_switched_line(each, off=off)])
                note_rules(store, name, connection)
        finally:
            if as_json:
                print_json({"rules": [_switched_json(each) for each in done]})
    if not as_json:
        print_lines(_afterwards(done, off=off))
    return Exit.FINDINGS if any(each.problem for each in done) else Exit.OK


def _chosen(rules: Sequence[ExaminedRule], chosen: Sequence[str], *, off: bool) -> list[ExaminedRule]:
    """The rules to switch. Raises ``InputError`` for one that cannot be."""
    if not rules and off:
        raise InputError("--apply: no rule was examined yet; run `policybridge conflicts` without it first")
    able = [rule for rule in rules if (rule.switched_off_at is None) == off and rule.proposal != "change the pack"]
    if off:
        able = [rule for rule in able if rule.verdict != "clear" or rule.id in chosen]
    if unknown := set(chosen) - {rule.id for rule in able}:
        allowed = ", ".join(rule.id for rule in able) or "none"
        raise InputError(f"--rule: found {min(unknown)!r}; allowed: {allowed}")
    if chosen:
        return [rule for rule in able if rule.id in chosen]
    return [rule for rule in able if not off or rule.proposal == "switch off"]


def _confirmed(number: int, *, off: bool) -> bool:
    """Ask the person at the terminal. Raises ``InputError`` where there is none."""
    if not sys.stdin.isatty():
        raise InputError("no terminal to ask in; add --yes to go on without asking")
    return click.confirm(f"Switch {count(number, 'rule')} {'off' if off else 'on'}?")


def _switched_line(each: Switched, *, off: bool) -> list[Styled]:
    if each.problem:
        return [("✗ ", "bold red"), f"{each.rule}: left as it is: {each.problem}"]
    return [("✓ ", "bold green"), f"{each.rule}: {each.remark or ('switched off' if off else 'switched on')}"]


def _afterwards(done: Sequence[Switched], *, off: bool) -> Lines:
    if all(each.problem for each in done):
        yield "nothing was changed"
    elif off:
        yield "To switch them on again, run the same command with --restore in place of --apply"


def _switched_json(each: Switched) -> dict[str, Any]:
    rule = each.rule
    return {
        "kind": rule.kind,
        "id": rule.id,
        "title": rule.title,
        "off": rule.switched_off_at is not None,
        "problem": each.problem,
        "remark": each.remark,
    }


def note_rules(store: SqlStore, name: str, connection: Connection, native: ActingRules | None = None) -> None:
    """Let everybody who watches the installation know how it stands now; without ``native`` it is read again."""
    from bridge.helpdesks.native_rules import read_acting_rules
    from bridge.runtime.native_rules_check import NativeRulesCheck
    from bridge.runtime.ticket_clock import TicketClock

    read = read_acting_rules if native is None else lambda *_: native
    NativeRulesCheck(store, TicketClock(), {name: connection}, read).check()
