"""``coverage``: which clauses of a pack have rules and scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Lines, Styled, json_option, print_json, print_lines
from bridge.cli.scenario_files import count, pack_scenarios, scenarios_option

if TYPE_CHECKING:
    from bridge.policy.model import Policy
    from bridge.scenarios.coverage import Clause


@click.command()
@click.argument("packs", metavar="[PACK]...", nargs=-1)
@scenarios_option
@click.option(
    "--ledger",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of clause ledgers (<pack>.yaml) that the packs must agree with.",
)
@json_option
def coverage(packs: tuple[str, ...], scenarios: tuple[Path, ...], ledger: Path | None, *, as_json: bool) -> Exit:
    """Show the rules and scenarios of each clause.

    For every clause: which rules cite it, and which scenarios exercise it. Exit code 1 if a clause is not covered.

    PACK is the name of a shipped pack, or the path of a pack file; without PACK all shipped packs are covered. A
    clause that changes no ticket counts as covered if the pack says where it is shown.
    """
    from bridge.policy.load import load_policy
    from bridge.policy.load import packs as shipped_packs
    from bridge.scenarios.coverage import coverage as coverage_of
    from bridge.scenarios.coverage import read_ledgers
    from bridge.scenarios.load import load_scenarios

    ledgers = read_ledgers(ledger) if ledger else {}
    found = []
    for name in packs or shipped_packs():
        policy = load_policy(name)
        read = load_scenarios(pack_scenarios(name, scenarios))
        own = [scenario for scenario in read if scenario.policy.pack == policy.pack]
        found.append((policy, coverage_of(policy, own, ledgers.get(policy.pack))))
    missing = sum(bool(clause.missing) for _, clauses in found for clause in clauses)
    total = sum(len(clauses) for _, clauses in found)
    if as_json:
        by_pack = [{"pack": p.pack, "version": p.version, "clauses": [c.as_json() for c in each]} for p, each in found]
        print_json({"covered": total - missing, "clauses": total, "packs": by_pack})
    else:
        print_lines(_lines(found, total, missing))
    return Exit.FINDINGS if missing else Exit.OK


def _lines(found: Sequence[tuple[Policy, Sequence[Clause]]], total: int, missing: int) -> Lines:
    for policy, clauses in found:
        covered = sum(not clause.missing for clause in clauses)
        yield [(f"{policy.pack} {policy.version}", "bold"), f": {covered} of {len(clauses)} clauses"]
        yield from (_line(clause) for clause in clauses)
    total_line = f"{total - missing} of {total} clauses"
    yield (total_line, "bold red") if missing else (total_line, "bold green")


def _line(clause: Clause) -> list[Styled]:
    sign: Styled = ("  ✗ ", "bold red") if clause.missing else ("  ✓ ", "bold green")
    parts = [f"cited by {', '.join(clause.cited_by)}"] if clause.cited_by else []
    if clause.exercised_by:
        parts.append(f"{count(len(clause.exercised_by), 'scenario')}, such as: {clause.exercised_by[0]}")
    parts += [f"shown: {clause.shown}"] if clause.shown else []
    because: list[Styled] = [(f"; {clause.missing}", "red")] if clause.missing else []
    return [sign, (f"{clause.id:7}", "cyan"), "; ".join(parts) or clause.says, *because]
