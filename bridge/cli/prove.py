"""``prove``: search for a scenario in which a customer is worse off under an edited pack."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.policy.model import Policy
    from bridge.scenarios.search.harms import HarmKind
    from bridge.scenarios.search.prove import Proof


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@click.option(
    "--never",
    "kinds",
    metavar="WHAT",
    multiple=True,
    help="What must never follow, such as 'later deadline'; may be repeated.",
)
@click.option("--can-fire", "clause", metavar="CLAUSE", help="Search for a scenario in which this clause of OLD acts.")
@click.option("--loop", is_flag=True, help="Search for a scenario in which the bridge makes changes without end.")
@click.option(
    "--events", metavar="N", type=click.IntRange(0, 8), default=5, show_default=True, help="Longest scenario."
)
@click.option(
    "--seconds", metavar="N", type=click.FloatRange(min=0), default=60, show_default=True, help="When to give up."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write the scenario to FILE.",
)
@json_option
def prove(
    old: str,
    new: str | None,
    kinds: tuple[str, ...],
    clause: str | None,
    events: int,
    seconds: float,
    output: Path | None,
    *,
    loop: bool,
    as_json: bool,
) -> Exit:
    """Search for a scenario in which an edit harms a customer.

    Scenarios of up to --events events are tried, the shortest first: tickets that the packs can tell apart, everything
    that people can do, at once and around each instant at which something is due. If a customer is worse off under NEW
    on one of them, it is printed as a scenario that OLD passes and NEW fails (exit code 1), for `policybridge test`.
    Otherwise the bound within which there is no such scenario is printed. OLD and NEW are packs or pack files.
    """
    from bridge.policy.load import load_policy
    from bridge.scenarios.search.prove import Prover

    if (new is not None) + (clause is not None) + loop != 1 or (kinds and new is None):
        raise InputError("prove: allowed: OLD NEW with or without --never, OLD --can-fire CLAUSE, or OLD --loop")
    pack, prover = load_policy(old), Prover(_timer(seconds), events)
    if new is not None:
        proof = prover.compare(pack, _edited(pack, new), _kinds(kinds), new)
    elif clause is not None:
        proof = prover.can_act(pack, _clause_of(pack, clause), old)
    else:
        proof = prover.loops(pack, old)
    if output and proof.scenario:
        output.write_text(proof.scenario, encoding="utf-8")
    if as_json:
        print_json(_as_json(proof))
    else:
        print_lines(_lines(proof, output))
    return Exit.OK if bool(proof.scenario) == bool(clause) else Exit.FINDINGS


def _edited(old: Policy, name: str) -> Policy:
    """The other version of a pack. Raises ``InputError`` for another pack."""
    from bridge.policy.load import load_policy

    new = load_policy(name)
    if new.pack != old.pack:
        raise InputError(f"{name}: found pack {new.pack}; allowed: another version of {old.pack}")
    return new


def _clause_of(pack: Policy, clause: str) -> str:
    if clause not in pack.clauses:
        raise InputError(f"--can-fire: found {clause!r}; allowed: {', '.join(pack.clauses)}")
    return clause


def _timer(seconds: float) -> Callable[[], bool]:
    begins = time.monotonic()
    return lambda: time.monotonic() - begins > seconds


def _kinds(names: tuple[str, ...]) -> list[HarmKind]:
    from bridge.scenarios.search.harms import HarmKind

    for name in names:
        if name not in list(HarmKind):
            raise InputError(f"--never: found {name!r}; allowed: {', '.join(HarmKind)}")
    return [HarmKind(name) for name in names] or list(HarmKind)


def _as_json(proof: Proof) -> dict[str, Any]:
    return {
        "found": bool(proof.scenario),
        "never": proof.kind,
        "because": proof.text,
        "events": proof.events,
        "tried": proof.tried,
        "scenario": proof.scenario,
    }


def _lines(proof: Proof, output: Path | None) -> Iterator[Styled | list[Styled]]:
    if not proof.scenario:
        yield (proof.text, "bold")
        return
    title = f"{proof.kind}: {proof.text}" if proof.kind else proof.text
    yield (title, "bold red" if proof.kind else "bold")
    yield (
        f"a scenario with {proof.events} {'event' if proof.events == 1 else 'events'}, of {proof.tried} tried",
        "dim",
    )
    yield ""
    yield from [f"written to {output}"] if output else proof.scenario.splitlines()
