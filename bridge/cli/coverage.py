"""``coverage`` and ``mutation``: is every clause at work, and do the stories guard every word of a pack?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.policy.model import Policy
    from bridge.scenarios.coverage import Clause
    from bridge.scenarios.mutation import Trials

Lines = Iterator[Styled | list[Styled]]

scenarios_option = click.option(
    "--scenarios",
    metavar="PATH",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Scenario file or folder of a pack that is not shipped; may be given again.",
)


@click.command()
@click.argument("packs", metavar="[PACK]...", nargs=-1)
@scenarios_option
@click.option(
    "--ledger",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of clause ledgers (<pack>.yaml) with which the packs must agree.",
)
@json_option
def coverage(packs: tuple[str, ...], scenarios: tuple[Path, ...], ledger: Path | None, *, as_json: bool) -> Exit:
    """Show clause by clause what is at work.

    For every clause: which rules cite it, and which stories exercise it.

    PACK is the name of a shipped pack, or the path of a pack file; without PACK all shipped packs are looked at.
    A clause with nothing to do to tickets counts when the pack says where it is shown. Exit code 1 when a clause
    is not covered.
    """
    from bridge.policy.load import load_policy
    from bridge.policy.load import packs as shipped
    from bridge.scenarios.coverage import coverage as covered
    from bridge.scenarios.coverage import read_ledgers
    from bridge.scenarios.load import read_stories

    ledgers = read_ledgers(ledger) if ledger else {}
    found = []
    for name in packs or shipped():
        policy = load_policy(name)
        stories = [s for s in read_stories(_story_files(name, scenarios)) if s.policy.pack == policy.pack]
        found.append((policy, covered(policy, stories, ledgers.get(policy.pack))))
    missing = sum(bool(clause.missing) for _, clauses in found for clause in clauses)
    total = sum(len(clauses) for _, clauses in found)
    if as_json:
        told = [{"pack": p.pack, "version": p.version, "clauses": [c.as_json() for c in each]} for p, each in found]
        print_json({"covered": total - missing, "clauses": total, "packs": told})
    else:
        print_lines(_told(found, total, missing))
    return Exit.FINDINGS if missing else Exit.OK


def _story_files(pack: str, scenarios: Sequence[Path]) -> list[Path]:
    """The stories that ship beside a pack, or those that were named."""
    from bridge.policy.load import SHIPPED
    from bridge.scenarios.check import story_files

    beside = SHIPPED.parent / "scenarios" / pack
    return story_files(scenarios or ([beside] if beside.is_dir() else []))


def _told(found: Sequence[tuple[Policy, Sequence[Clause]]], total: int, missing: int) -> Lines:
    for policy, clauses in found:
        covered = sum(not clause.missing for clause in clauses)
        yield [(f"{policy.pack} {policy.version}", "bold"), f": {covered} of {len(clauses)} clauses"]
        yield from (_line(clause) for clause in clauses)
    total_line = f"{total - missing} of {total} clauses"
    yield (total_line, "bold red") if missing else (total_line, "bold green")


def _line(clause: Clause) -> list[Styled]:
    sign: Styled = ("  ✗ ", "bold red") if clause.missing else ("  ✓ ", "bold green")
    number = len(clause.exercised_by)
    parts = [f"cited by {', '.join(clause.cited_by)}"] if clause.cited_by else []
    parts += [f"{number} stor{'y' if number == 1 else 'ies'}, such as: {clause.exercised_by[0]}"] if number else []
    parts += [f"shown: {clause.shown}"] if clause.shown else []
    because: list[Styled] = [(f"; {clause.missing}", "red")] if clause.missing else []
    return [sign, (f"{clause.id:7}", "cyan"), "; ".join(parts) or clause.says, *because]


@click.command()
@click.argument("pack", metavar="PACK")
@scenarios_option
@click.option("--sample", type=click.IntRange(min=1), help="Try only so many, chosen at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of that choice.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Processes.")
@json_option
def mutation(
    pack: str, scenarios: tuple[Path, ...], sample: int | None, seed: int, jobs: int, *, as_json: bool
) -> Exit:
    """Find words of a pack that no story guards.

    Each word that decides something is changed, to see whether a story breaks.
    One number, unit, calendar, role, status, level, tag, template or condition at a time. A change that no story
    notices is listed with its place (exit code 1): it wants a story, or has no effect at all.
    """
    from bridge.scenarios.mutation import try_mutants

    trials = try_mutants(pack, _story_files(pack, scenarios), sample=sample, seed=seed, jobs=jobs)
    if as_json:
        print_json({"pack": trials.pack, "tried": trials.tried, "survivors": [str(each) for each in trials.survivors]})
    else:
        print_lines(_survivors(trials))
    return Exit.FINDINGS if trials.survivors else Exit.OK


def _survivors(trials: Trials) -> Lines:
    yield from (str(mutant) for mutant in trials.survivors)
    number = len(trials.survivors)
    told = f"{trials.pack}: {trials.tried} changes, {number} that no story notices"
    yield (told, "bold red" if number else "bold green")
