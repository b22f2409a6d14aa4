"""``replay``: make recorded decisions again and compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import open_database
from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.decision import Decision
    from bridge.policy.model import Policy
    from bridge.runtime.replay import DecisionPart, Replayed, Skipped
    from bridge.store import SqlStore

EXAMPLES = 5
"""Reviews that are named for each part."""


@click.command()
@click.argument("ident", metavar="[REVIEW]", required=False)
@click.option("--last", type=click.IntRange(1), metavar="N", help="Replay the last N reviews instead of one.")
@click.option("--pack", metavar="PACK", help="Decide by this pack instead of the recorded one.")
@json_option
def replay(ident: str | None, last: int | None, pack: str | None, *, as_json: bool) -> Exit:
    """Reproduce recorded decisions.

    They are made again from what the reviews saw, and compared byte for byte. REVIEW is the id of a review; "explain
    TICKET --recorded" prints the last one of a ticket. Use --last before an upgrade, with the new program, and before
    an edit, with --pack: it exits with 1 if a decision differs in more than its wording.
    """
    from bridge.cli.history_options import chosen_pack

    if (ident is None) == (last is None):
        raise InputError("replay: name one review, or --last N")
    policy = chosen_pack(pack) if pack else None
    with open_database() as store:
        if last is not None:
            return _replay_many(store, last, policy, as_json=as_json)
        return _replay_one(store, str(ident), policy, as_json=as_json)


def _replay_one(store: SqlStore, ident: str, policy: Policy | None, *, as_json: bool) -> Exit:
    from bridge.runtime.replay import Replayed
    from bridge.runtime.replay import replay as made_again

    found = Replayed(ident, *made_again(store, ident, policy))
    difference = _difference(found.recorded, found.again)
    if as_json:
        described = {"identical": not difference, "same_decision": found.is_same, "diff": difference}
        print_json({"review": ident, **described})
    elif difference and found.is_same:
        reason = "is the same decision; this version words its reasons differently:"
        print_lines([(f"review {ident} {reason}", "bold yellow"), *difference])
    elif difference:
        by = "by this pack" if policy else "by this version"
        print_lines([(f"review {ident} is not reproduced {by}:", "bold red"), *difference])
    else:
        print_lines([(f"review {ident} is reproduced byte for byte", "bold green")])
    return Exit.FINDINGS if difference else Exit.OK


def _replay_many(store: SqlStore, last: int, policy: Policy | None, *, as_json: bool) -> Exit:
    from bridge.runtime.replay import replay_last

    counts = _Counts()
    for each in replay_last(store, last, policy):
        counts.add(each)
    if as_json:
        print_json(counts.as_json())
    else:
        print_lines(counts.lines(policy))
    return Exit.FINDINGS if counts.different or counts.skipped else Exit.OK


class _Counts:
    """What became of many decisions that were made again."""

    def __init__(self) -> None:
        self.identical = self.reworded = self.different = self.skipped = 0
        self.parts: dict[DecisionPart, list[str]] = {}
        """Part -> the reviews in which it differs, each with its ticket."""
        self.reasons: list[str] = []
        """Why reviews could not be replayed."""

    def add(self, each: Replayed | Skipped) -> None:
        from bridge.runtime.replay import Skipped

        if isinstance(each, Skipped):
            self.skipped += 1
            self.reasons.append(f"{each.review}: {each.because}")
        elif each.is_same:
            self.identical += each.is_identical
            self.reworded += not each.is_identical
        else:
            self.different += 1
            for part in each.parts:
                self.parts.setdefault(part, []).append(f"{each.review} ({each.recorded.ref})")

    def as_json(self) -> dict[str, Any]:
        return {
            "identical": self.identical,
            "same_decision": self.reworded,
            "different": self.different,
            "not_replayed": self.reasons,
            "parts": dict(sorted(self.parts.items())),
        }

    def lines(self, policy: Policy | None) -> Iterator[Styled]:
        replayed = self.identical + self.reworded + self.different
        decisions = "decision" if replayed == 1 else "decisions"
        by = f"the pack {policy.pack} {policy.version}" if policy else "this version of the program"
        yield (f"{replayed} {decisions} made again by {by}", "bold")
        yield f"  {self.identical:>7}  the same byte for byte"
        yield f"  {self.reworded:>7}  the same decision, worded differently"
        yield (f"  {self.different:>7}  different", "red" if self.different else "")
        for part, reviews in sorted(self.parts.items()):
            yield f"    {len(reviews):>7}  {part}, such as {', '.join(reviews[:EXAMPLES])}"
        if self.skipped:
            yield (f"  {self.skipped:>7}  could not be replayed", "yellow")
            yield from (f"    {reason}" for reason in self.reasons[:EXAMPLES])
        if self.different:
            yield "`policybridge replay REVIEW` shows one of them in full"


def _difference(recorded: Decision, reproduced: Decision) -> list[str]:
    """A unified diff of two decisions; empty if their JSON is the same, byte for byte."""
    from difflib import unified_diff

    if recorded.model_dump_json() == reproduced.model_dump_json():
        return []
    old, new = (decision.model_dump_json(indent=2).splitlines() for decision in (recorded, reproduced))
    return list(unified_diff(old, new, "recorded", "reproduced", lineterm=""))
