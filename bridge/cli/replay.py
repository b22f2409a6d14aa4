"""``replay``: make a recorded decision again and compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bridge.cli.context import open_database
from bridge.cli.exits import Exit
from bridge.cli.output import json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.decision import Decision


WORDING = frozenset({"because", "rule", "text"})
"""What a decision says to people; versions of this program may word it differently."""


@click.command()
@click.argument("ident", metavar="REVIEW")
@json_option
def replay(ident: str, *, as_json: bool) -> Exit:
    """Reproduce a recorded decision.

    It is made again from what the review saw, and compared byte for byte. REVIEW is the id of a review; "explain
    TICKET --recorded" prints the last one of a ticket.
    """
    from bridge.runtime.replay import replay as reproduced

    with open_database() as store:
        recorded, again = reproduced(store, ident)
    difference = _difference(recorded, again)
    is_same_decision = _without_wording(recorded.model_dump()) == _without_wording(again.model_dump())
    if as_json:
        comparison = {"identical": not difference, "same_decision": is_same_decision, "diff": difference}
        print_json({"review": ident, **comparison})
    elif difference and is_same_decision:
        message = f"review {ident} is the same decision; this version words its reasons differently:"
        print_lines([(message, "bold yellow"), *difference])
    elif difference:
        print_lines([(f"review {ident} is not reproduced by this version:", "bold red"), *difference])
    else:
        print_lines([(f"review {ident} is reproduced byte for byte", "bold green")])
    return Exit.FINDINGS if difference else Exit.OK


def _without_wording(value: Any) -> Any:
    """A dumped decision without its sentences."""
    if isinstance(value, dict):
        return {key: _without_wording(inner) for key, inner in value.items() if key not in WORDING}
    return [_without_wording(inner) for inner in value] if isinstance(value, list | tuple) else value


def _difference(recorded: Decision, reproduced: Decision) -> list[str]:
    """A unified diff of two decisions; empty if their JSON is the same, byte for byte."""
    from difflib import unified_diff

    if recorded.model_dump_json() == reproduced.model_dump_json():
        return []
    old, new = (decision.model_dump_json(indent=2).splitlines() for decision in (recorded, reproduced))
    return list(unified_diff(old, new, "recorded", "reproduced", lineterm=""))
