"""``check`` and ``schema``: packs and files, before they touch a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.cli.lint import Checked


@click.command()
@click.argument("packs", metavar="[PACK]...", nargs=-1)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check the packs of this file, instead of POLICYBRIDGE_CONFIG.",
)
@json_option
def check(packs: tuple[str, ...], config: Path | None, *, as_json: bool) -> Exit:
    """Check policy packs for faults.

    PACK is the name of a shipped pack, or the path of a pack file.

    Without PACK every shipped pack and every pack of policybridge.yaml is checked, and that file itself: that its
    overrides fit, and that no ticket could be governed by two of its packs.
    Each remark is one line: file, line, column, code, what was found, what is allowed and what to do. A pack
    with an error is not loaded (exit code 1); warnings and notes change nothing.
    """
    from bridge.cli.lint import checked, usual_packs
    from bridge.cli.together import together
    from bridge.config.settings import load_settings

    file = config or load_settings().config
    found = [checked(pack) for pack in packs or usual_packs(file)]
    if config or (file.is_file() and not packs):
        whole = together(file)
        found += [] if whole.valid else [whole]
    if as_json:
        print_json([each.as_json() for each in found])
    else:
        print_lines(_told(found))
    return Exit.OK if all(each.valid for each in found) else Exit.FINDINGS


def _told(found: Sequence[Checked]) -> Iterator[Styled | list[Styled]]:
    for each in found:
        if each.valid and each.policy:
            contents = ", ".join(f"{number} {what}" for what, number in each.contents().items())
            yield [("✓", "bold green"), f" {each.policy.pack} {each.policy.version}: {contents}"]
        else:
            yield [("✗", "bold red"), f" {each.pack}"]
        yield from (str(remark) for remark in each.remarks)


@click.command()
@click.argument("kind", type=click.Choice(["pack", "scenario", "connection", "accounts"]))
def schema(kind: str) -> Exit:
    """Print the JSON Schema of a kind of file.

    An editor completes and checks such files with it. connection is policybridge.yaml; accounts is the file
    it names under that word.
    """
    from bridge.cli.schemas import schema_of

    print_json(schema_of(kind))
    return Exit.OK
