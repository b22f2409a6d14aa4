"""``check``: find errors in packs and in the configuration before they reach a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.cli.pack_check import CheckResult


@click.command()
@click.argument("packs", metavar="[PACK]...", nargs=-1)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Configuration file to check; overrides POLICYBRIDGE_CONFIG.",
)
@json_option
def check(packs: tuple[str, ...], config: Path | None, *, as_json: bool) -> Exit:
    """Check policy packs and the configuration.

    PACK is the name of a shipped pack, or the path of a pack file.

    Without PACK, policybridge.yaml and the packs that it names are checked: its overrides must fit, and no ticket may
    be governed by two of its packs. Where there is no such file, every shipped pack is checked.

    Each problem is one line: file, line, column, code, what was found, what is allowed and what to do. A pack with an
    error is not loaded (exit code 1); warnings and notes are advice.
    """
    from bridge.cli.config_check import check_config, effective_packs
    from bridge.cli.pack_check import check_pack, default_packs
    from bridge.config.configuration import configuration_file
    from bridge.config.settings import load_settings

    file = config or configuration_file(load_settings())
    is_checked = file is not None and (config is not None or not packs)
    effective = effective_packs(file) if file and is_checked else {}
    results = [check_pack(pack, effective.get(pack)) for pack in packs or default_packs(file)]
    if file and is_checked:
        results.append(check_config(file))
    if as_json:
        print_json([each.as_json() for each in results])
    else:
        print_lines(_lines(results))
    return Exit.OK if all(each.valid for each in results) else Exit.FINDINGS


def _lines(results: Sequence[CheckResult]) -> Iterator[Styled | list[Styled]]:
    for each in results:
        if each.valid and each.policy:
            contents = ", ".join(
                f"{number} {what if number != 1 else what.removesuffix('s')}"
                for what, number in each.contents().items()
            )
            yield [("✓", "bold green"), f" {each.policy.pack} {each.policy.version}: {contents}"]
        else:
            yield [("✓", "bold green") if each.valid else ("✗", "bold red"), f" {each.pack}"]
        yield from (str(problem) for problem in each.problems)
