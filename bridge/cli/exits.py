"""Exit codes and error messages of commands."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click

from bridge.cli.output import printable
from bridge.errors import BridgeError, InputError

REPORT = (
    "This is a bug in Policybridge. Please report it: this traceback, the command line, and the output of "
    "`policybridge --version`. Remove customer data first."
)


class Exit(IntEnum):
    """Exit codes; every command returns one. A public interface."""

    OK = 0
    FINDINGS = 1
    """Something was found or failed: a problem, a scenario, a ticket."""
    UNUSABLE = 2
    """The command line, a file or a setting cannot be used; click uses the same code for wrong usage."""
    DIFFERS = 2
    """Of `install --plan`: something differs, as in Terraform. Errors print nothing on standard output."""


class Failed(click.ClickException):
    """An error of ours; its text says what was found and what to do next."""

    exit_code = Exit.FINDINGS

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on standard error without a prefix, so that tools find ``file:line:column`` at the start."""
        click.echo(printable(self.message), file=file, err=True)


class Unusable(Failed):
    """The command line, a file or a setting cannot be used."""

    exit_code = Exit.UNUSABLE


class Commands(click.Group):
    """A group that keeps the order of its commands and turns our errors into a line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise Unusable(str(error)) from error
        except BridgeError as error:
            raise Failed(str(error)) from error
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            error.add_note(REPORT)
            raise
