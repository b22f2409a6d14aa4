"""Scenario files that commands read: those of the command line, or those shipped with a pack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bridge.errors import InputError

scenarios_option = click.option(
    "--scenarios",
    metavar="PATH",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Scenario file or folder of a pack that is not shipped; may be repeated.",
)


def pack_scenarios(pack: str, given: Sequence[Path]) -> list[Path]:
    """The scenario files that were given, or those shipped with the pack."""
    from bridge.scenarios.run import scenario_files

    shipped = shipped_scenarios() / pack
    return scenario_files(given or ([shipped] if shipped.is_dir() else []))


def shipped_scenarios() -> Path:
    """The folder of all shipped scenarios."""
    import mappings

    return Path(mappings.__file__).parent / "scenarios"


def scenario_files(paths: Sequence[Path]) -> list[Path]:
    """The scenario files in ``paths``. Raises ``InputError`` for a folder without any: an empty test must not pass."""
    from bridge.scenarios.run import scenario_files

    for path in paths:
        if not scenario_files([path]):
            raise InputError(f"{path}: found no scenario in this folder; give a .yaml file or a folder that has some")
    return scenario_files(paths)


def count(number: int, noun: str) -> str:
    """A number with its noun, such as ``1 scenario`` and ``2 scenarios``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
