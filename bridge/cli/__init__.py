"""The ``policybridge`` command. Only click is imported here: every command imports what it needs when it runs."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

from bridge.cli.activity import activity
from bridge.cli.adopt import adopt
from bridge.cli.amend import amend
from bridge.cli.approve import approve
from bridge.cli.backfill import backfill
from bridge.cli.backtest import backtest
from bridge.cli.check import check
from bridge.cli.conflicts import conflicts
from bridge.cli.console_token import console_token
from bridge.cli.coverage import coverage
from bridge.cli.demo import demo
from bridge.cli.diff import diff
from bridge.cli.doctor import doctor
from bridge.cli.enforce import enforce
from bridge.cli.exits import Commands, Exit
from bridge.cli.explain import explain
from bridge.cli.forecast import forecast
from bridge.cli.history import history
from bridge.cli.import_ import import_
from bridge.cli.init import init
from bridge.cli.install import install
from bridge.cli.migrate import migrate
from bridge.cli.mutation import mutation
from bridge.cli.parked import parked
from bridge.cli.preview import preview
from bridge.cli.prove import prove
from bridge.cli.release import release
from bridge.cli.render import render
from bridge.cli.repin import repin
from bridge.cli.replay import replay
from bridge.cli.report import report
from bridge.cli.resume import resume
from bridge.cli.review import review
from bridge.cli.schema import schema
from bridge.cli.serve import serve
from bridge.cli.simulate import simulate
from bridge.cli.stop import stop
from bridge.cli.takeover import takeover
from bridge.cli.test import test
from bridge.cli.undo import undo
from bridge.cli.upgrade import upgrade

__all__ = ["cli", "main"]

EPILOG = """\b
Exit codes:
  0  success
  1  something was found: a problem, a failed scenario, a ticket that needs attention
  2  the command line, a file or a setting cannot be used

\b
Settings come from the environment (POLICYBRIDGE_..., ZENDESK_..., ODOO_...) and from policybridge.yaml.
Results go to standard output, everything else to standard error. NO_COLOR is respected.
"""


def _show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        click.echo(f"policybridge {version('policybridge')}")
    except PackageNotFoundError:
        click.echo("policybridge (run from source, not installed)")
    context.exit()


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Enforce written support policies in Zendesk and Odoo."""


@cli.result_callback()
@click.pass_context
def _leave(context: click.Context, code: Exit) -> None:
    context.exit(code)


_COMMANDS = (
    init,
    *(serve, demo, doctor, install, import_, conflicts),
    *(check, coverage, mutation, prove, render, simulate, test),
    *(explain, review, replay, approve, amend, adopt, repin, parked, report, activity),
    *(backtest, diff, history),
    *(backfill, preview, forecast, enforce, stop, resume, release, undo, takeover),
    *(upgrade, migrate, console_token, schema),
)
for _command in _COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Entry point of the ``policybridge`` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that cannot show a letter is not a reason to fail
            stream.reconfigure(errors="replace")
    cli(prog_name="policybridge")
