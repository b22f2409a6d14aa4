"""``conflicts``: which of a helpdesk's own rules fight or double the policies, and switching them off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.rule_switch import note_rules, switch_rules
from bridge.cli.scenario_files import count, scenarios_option
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.conflicts.trial import Trial
    from bridge.conflicts.verdict import Conflict, Verdict
    from bridge.ports.examined_rules import ExaminedRule
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
    policies. For each one that fights or doubles them, the command shows who acts first, on which scenario, and what
    to do. Exit code 2 if there is a conflict, 1 if some rule cannot be examined.

    Nothing is changed without --apply, which only switches off, never deletes, and refuses a rule that was changed
    after it was examined.
    """
    if apply_ and restore:
        raise click.UsageError("give one of --apply and --restore")
    if chosen and not (apply_ or restore):
        raise click.UsageError("--rule goes with --apply or --restore")
    configuration, name, of_vendor = _connection(vendor, connection)
    if apply_ or restore:
        return switch_rules(name, of_vendor, chosen, off=apply_, yes=yes, as_json=as_json)
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

    with open_database(must_exist=False) as store:
        native = read_acting_rules(name, connection)
        trials = _trials(configuration, scenarios)
        verdicts = examine(native, trials, lambda each: counted(each, len(each), "scenarios"))
        _record(store, name, verdicts)
        note_rules(store, name, connection, native)
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
