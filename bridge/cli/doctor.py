"""``doctor``: is this installation well, and if not, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.ports import Ailment


@click.command()
@json_option
def doctor(*, as_json: bool) -> Exit:
    """Examine settings, database, packs, accounts and every connection to a helpdesk; say what to do."""
    from bridge.cli.logs import log_to_stderr

    log_to_stderr("error", "console")
    found = list(_examination())
    well = all(each.well for each in found)
    if as_json:
        lines = [{"subject": each.subject, "well": each.well, "advice": each.advice} for each in found]
        print_json({"well": well, "lines": lines})
    else:
        print_lines(_told(each) for each in found)
    return Exit.OK if well else Exit.FINDINGS


def _told(found: Ailment) -> list[Styled]:
    sign: Styled = ("✓", "bold green") if found.well else ("✗", "bold red")
    return [sign, f" {found.subject}: ", found.advice]


def _examination() -> Iterator[Ailment]:
    """One after the other; what needs something that is ill is left out."""
    from bridge.settings import load_settings
    from bridge.yamlfile import load_model
    from mappings.connection import Configuration

    settings = yield from _tried("settings", load_settings, lambda _: "can be used")
    if settings is None:
        return
    yield from _tried("database", lambda: _database(settings.database_url), str)
    configuration = yield from _tried(
        str(settings.config), lambda: load_model(settings.config, Configuration), lambda _: "can be used"
    )
    if configuration is not None:
        yield from _configured(configuration)
