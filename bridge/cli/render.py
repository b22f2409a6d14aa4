"""``render``: a pack as a document to read and sign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit

if TYPE_CHECKING:
    from mappings.connection import Configuration


@click.command()
@click.argument("pack", metavar="PACK")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html"]),
    help="Markdown or printable HTML; the default follows the name of --output, else Markdown.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write; standard output by default.",
)
def render(pack: str, form: str | None, output: Path | None) -> Exit:
    """Render a pack as a document to read and sign.

    It holds the severity, response and escalation tables, reminders, calendars, all other rules, interpretations and
    clauses, taken from the rules that run; the overrides of policybridge.yaml apply if that lists the pack. PACK is the
    name of a shipped pack, or the path of a pack file.
    """
    from bridge.config.configured_packs import load_pack
    from bridge.errors import InputError
    from bridge.policy.document import document, html, markdown
    from bridge.policy.load import load_policy

    configuration = _configuration()
    page = document(load_pack(configuration, pack) if configuration else load_policy(pack))
    wanted = form or ("html" if output and output.suffix in (".html", ".htm") else "md")
    text = html(page) if wanted == "html" else markdown(page)
    if output is None:
        click.echo(text, nl=False)
        return Exit.OK
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{output}: cannot be written: {reason}; give another file with -o") from error
    return Exit.OK


def _configuration() -> Configuration | None:
    """The configuration with its overrides, if there is one."""
    from bridge.config.configuration import configuration_file, read_configuration
    from bridge.config.settings import load_settings

    file = configuration_file(load_settings())
    return read_configuration(file) if file else None
