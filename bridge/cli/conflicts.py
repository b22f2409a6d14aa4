"""``conflicts``: which of a helpdesk's own rules fight or double the policies, and switching them off."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.scenario_files import count, scenarios_option
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.conflicts.trial import Trial
    from bridge.conflicts.verdict import Conflict, Verdict
    from bridge.ports.examined_rules import ExaminedRule
    from bridge.runtime.rule_switching import Switched
    from bridge.store import SqlStore
    from mappings.acting_rules import ActingRules
    from mappings.connection import Configuration, Connection

Lines = Iterator[Styled | list[Styled]]


@click.command()
@click.argument("vendor", metavar="VENDOR")
@click.option("--connection", metavar="NAME", help="Connection to look at, if several have this vendor.")
@scenarios_option
@click.option("--apply", "apply_", is_flag=True, help="Switch off the rules for which that was proposed, after asking.")
@click.option("--restore", is_flag=True, help="Switch on again what --apply has switched off.")
@click.option(
    "--rule",
    "chosen",
    metavar="ID",
    multiple=True,
    help="With --apply or --restore: only this rule, whatever was proposed; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def conflicts(
    vendor: str,
    *,
    connection: str | None,
    scenarios: tuple[Path, ...],
    apply_: bool,
    restore: bool,
    chosen: tuple[str, ...],
    yes: bool,
    as_json: bool,
) -> Exit:
    """Find a helpdesk's own rules that fight the policies.

    Triggers, automations and SLA policies are played on the scenarios of the configured packs, together with the
    policies. For each one that fights or doubles them it is shown who acts first and on which scenario, and what to do.
    Exit code 2 if there is a conflict, 1 if some rule cannot be examined.

    Nothing is changed without --apply, which only switches off, never deletes, and refuses a rule that was changed
    after it was examined.
    """
    if apply_ and restore:
        raise click.UsageError("give one of --apply and --restore")
    if chosen and not (apply_ or restore):
        raise click.UsageError("--rule goes with --apply or --restore")
    configuration, name, of_vendor = _connection(vendor, connection)
    if apply_ or restore:
        return _switch(name, of_vendor, chosen, off=apply_, yes=yes, as_json=as_json)
    return _examine(configuration, name, of_vendor, scenarios, as_json=as_json)


def _connection(vendor: str, connection: str | None) -> tuple[Configuration, str, Connection]:
    from bridge.cli.context import command_settings, connection_of_vendor
    from bridge.config.configuration import read_configuration
    from bridge.helpdesks.native_rules import playable_vendors

    if vendor not in playable_vendors():
        raise InputError(f"VENDOR: found {vendor!r}; allowed: {', '.join(playable_vendors())}")
    configuration = read_configuration(command_settings().config)
    return configuration, *connection_of_vendor(configuration, vendor, connection)


def _examine(
    configuration: Configuration, name: str, connection: Connection, scenarios: Sequence[Path], *, as_json: bool
) -> Exit:
    from bridge.cli.context import open_database
    from bridge.cli.progress import counted
    from bridge.conflicts.examine import examine
    from bridge.conflicts.verdict import in_conflict, not_examined
    from bridge.helpdesks.native_rules import read_acting_rules

    with open_database() as store:
        native = read_acting_rules(name, connection)
        trials = _trials(configuration, scenarios)
        verdicts = examine(native, trials, lambda each: counted(each, len(each), "scenarios"))
        _record(store, name, verdicts)
        _note(store, name, connection, native)
        off = [rule for rule in store.examined_rules(name) if rule.switched_off_at]
    if as_json:
        print_json(_as_json(verdicts, native, trials, off))
    else:
        print_lines(_lines(verdicts, native, trials, off))
    if in_conflict(verdicts):
        return Exit.DIFFERS
    return Exit.FINDINGS if not_examined(verdicts) or native.unreadable else Exit.OK


def _trials(configuration: Configuration, scenarios: Sequence[Path]) -> list[Trial]:
    """What is played: the scenarios of each configured pack, with its overrides."""
    from bridge.cli.scenario_files import pack_scenarios
    from bridge.config.configured_packs import load_packs
    from bridge.conflicts.trial import trials_of
    from bridge.scenarios.load import load_scenarios

    return [
        trial
        for _, policy in load_packs(configuration)
        for trial in trials_of(policy, load_scenarios(pack_scenarios(policy.pack, scenarios)))
    ]


def _record(store: SqlStore, name: str, verdicts: Sequence[Verdict]) -> None:
    from bridge.runtime.ticket_clock import wall_clock

    now = wall_clock()
    store.record_examined(name, [_examined(name, verdict, now) for verdict in verdicts])


def _note(store: SqlStore, name: str, connection: Connection, native: ActingRules | None = None) -> None:
    """Let everybody who watches the installation know how it stands now; without ``native`` it is read again."""
    from bridge.helpdesks.native_rules import read_acting_rules
    from bridge.runtime.native_rules_check import NativeRulesCheck
    from bridge.runtime.ticket_clock import TicketClock

    read = read_acting_rules if native is None else lambda *_: native
    NativeRulesCheck(store, TicketClock(), {name: connection}, read).check()


def _examined(name: str, verdict: Verdict, now: Any) -> ExaminedRule:
    from bridge.ports.examined_rules import ExaminedRule

    source = verdict.source
    about = ", ".join(f"{each.kind} over {each.about}" for each in verdict.conflicts)
    outcome = "conflict" if verdict.conflicts else "not_examined" if verdict.not_examined else "clear"
    return ExaminedRule(
        name,
        source.kind,
        source.id,
        source.title,
        verdict.digest,
        outcome,  # type: ignore[arg-type]
        about or verdict.not_examined,
        verdict.proposal or "",
        now,
    )


def _lines(
    verdicts: Sequence[Verdict], native: ActingRules, trials: Sequence[Trial], off: Sequence[ExaminedRule]
) -> Lines:
    from bridge.conflicts.verdict import in_conflict, not_examined

    for verdict in in_conflict(verdicts):
        yield [("✗ ", "bold red"), (str(verdict.source), "bold")]
        for conflict in verdict.conflicts:
            yield from _conflict_lines(conflict)
        yield f"    proposal  {verdict.advice}"
    for verdict in not_examined(verdicts):
        yield [("? ", "bold yellow"), f"{verdict.source}: not examined: {verdict.not_examined}"]
    for path in native.unreadable:
        yield [
            ("? ", "bold yellow"),
            f"{path}: not examined: the helpdesk does not show it to this user",
        ]
    for rule in off:
        yield [("· ", "dim"), f"{rule}: switched off on {rule.switched_off_at:%Y-%m-%d %H:%M} UTC by this command"]
    yield _summary(verdicts, trials)


def _conflict_lines(conflict: Conflict) -> Lines:
    yield f"    {conflict.kind} over {conflict.about}"
    clause = f" ({conflict.policy_does.clause})" if conflict.policy_does.clause else ""
    rule, policy = conflict.rule_does, conflict.policy_does
    yield [("      rule    ", "dim"), f"{rule.at:%Y-%m-%d %H:%M} UTC  {rule.what}"]
    yield [("      policy  ", "dim"), f"{policy.at:%Y-%m-%d %H:%M} UTC  {policy.what}{clause}"]
    given = f", on a ticket with {conflict.given}" if conflict.given else ""
    more = f"; {count(conflict.scenarios, 'scenario')} in all" if conflict.scenarios > 1 else ""
    yield [("      first   ", "dim"), f"{conflict.first}, in “{conflict.scenario}” of {conflict.pack}{given}{more}"]


def _summary(verdicts: Sequence[Verdict], trials: Sequence[Trial]) -> Styled:
    from bridge.conflicts.verdict import in_conflict, not_examined

    fighting, unclear = len(in_conflict(verdicts)), len(not_examined(verdicts))
    clear = len(verdicts) - fighting - sum(1 for each in not_examined(verdicts) if not each.conflicts)
    played = f"{count(len(verdicts), 'rule')} played on {count(len(trials), 'scenario')}"
    text = f"{played}: {fighting} in conflict, {unclear} not examined, {clear} without conflict"
    if fighting:
        return (f"{text}; nothing was changed", "bold red")
    return (text, "bold yellow" if unclear else "bold green")


def _as_json(
    verdicts: Sequence[Verdict], native: ActingRules, trials: Sequence[Trial], off: Sequence[ExaminedRule]
) -> dict[str, Any]:
    return {
        "scenarios": len(trials),
        "rules": [verdict.as_json() for verdict in verdicts],
        "unreadable": list(native.unreadable),
        "switched_off": [{"kind": each.kind, "id": each.id, "title": each.title} for each in off],
    }


def _switch(name: str, connection: Connection, chosen: Sequence[str], *, off: bool, yes: bool, as_json: bool) -> Exit:
    from getpass import getuser

    from bridge.cli.context import open_database
    from bridge.helpdesks.rule_switch import rule_switch
    from bridge.runtime.rule_switching import RuleSwitching
    from bridge.runtime.ticket_clock import wall_clock

    with open_database() as store:
        rules = _chosen(store.examined_rules(name), chosen, off=off)
        if not as_json:
            print_lines(f"{rule}: {rule.detail}" if off else str(rule) for rule in rules)
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
                _note(store, name, connection)
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
        raise InputError("nobody can be asked here; add --yes to go on without a question")
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
