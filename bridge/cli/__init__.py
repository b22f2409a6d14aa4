"""The ``policybridge`` command. Only click is imported here: every command imports what it needs when it runs."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

from bridge.cli.agreements import approve
from bridge.cli.coverage import coverage, mutation
from bridge.cli.doctor import doctor
from bridge.cli.exits import Commands, Exit
from bridge.cli.install import install
from bridge.cli.installation import demo, migrate, serve
from bridge.cli.policies import check, schema
from bridge.cli.render import render
from bridge.cli.repin import repin
from bridge.cli.report import report
from bridge.cli.stories import simulate, test
from bridge.cli.tickets import explain, replay, review

__all__ = ["cli", "main"]

EPILOG = """\b
Exit codes:
  0  all is well
  1  something was found: a fault, a failed story, a ticket that could not be reviewed
  2  the command line, a file or a setting cannot be used

\b
Settings come from the environment (POLICYBRIDGE_..., ZENDESK_...) and from policybridge.yaml.
Results go to standard output, everything else to standard error. NO_COLOR is respected.
"""


def _show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        click.echo(f"policybridge {version('policybridge')}")
    except PackageNotFoundError:
        click.echo("policybridge, run from its source without being installed")
    context.exit()


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it.")
def cli() -> None:
    """A written support policy that runs by itself inside the helpdesk people already use."""


@cli.result_callback()
@click.pass_context
def _leave(context: click.Context, code: Exit) -> None:
    context.exit(code)


_COMMANDS = (
    *(serve, demo, doctor, install),
    *(check, coverage, mutation, render, simulate, test),
    *(explain, review, replay, approve, repin, report),
    *(migrate, schema),
)
for _command in _COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Entry point of the ``policybridge`` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a letter is no reason to fail
            stream.reconfigure(errors="replace")
    cli(prog_name="policybridge")
