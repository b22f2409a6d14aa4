"""``install``: create what the policies need in a helpdesk, and remove it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from bridge.helpdesks.installer import InstallLine
    from bridge.helpdesks.setup.shown_plan import ShownPlan
    from bridge.policy.model import Policy
    from mappings.connection import Configuration

    Steps = Callable[..., Iterator[InstallLine]]

UNCHANGED = "nothing was changed"
SIGNS = {"create": ("+", "bold green"), "change": ("~", "bold yellow"), "remove": ("-", "bold red")}


@click.command()
@click.argument("vendor", metavar="VENDOR")
@click.option("--plan", is_flag=True, help="Show what would change, without changing anything.")
@click.option("--apply", "apply_", is_flag=True, help="Create what is missing.")
@click.option(
    "--remove",
    is_flag=True,
    help="Remove what was created, and nothing else; with --plan, only show what would be removed.",
)
@click.option("--connection", metavar="NAME", help="Connection to set up, if several have this vendor.")
@click.option(
    "--url", metavar="URL", help="Address at which the helpdesk reaches the bridge; overrides POLICYBRIDGE_PUBLIC_URL."
)
@click.option(
    "--stages", "--statuses", "stages", is_flag=True, help="Allow creating stages or custom statuses that are missing."
)
@click.option("--groups", is_flag=True, help="Zendesk: allow creating groups for tiers that have none.")
@click.option(
    "--form",
    "forms",
    metavar="NAME",
    multiple=True,
    help="Zendesk: name or id of a ticket form that gets the fields; may be repeated.",
)
@click.option("--history", is_flag=True, help="Odoo: allow the integration user to read the history of tickets.")
@click.option("--tags", is_flag=True, help="Zendesk, with --remove: take the policy_ tags off open tickets as well.")
@json_option
def install(
    vendor: str,
    *,
    plan: bool,
    apply_: bool,
    remove: bool,
    connection: str | None,
    url: str | None,
    stages: bool,
    groups: bool,
    forms: tuple[str, ...],
    history: bool,
    tags: bool,
    as_json: bool,
) -> Exit:
    """Set up a helpdesk through its API.

    It creates the fields, views, tags and webhooks that the configured policies need. Run it with --plan first, which
    exits with 2 if something differs, then with --apply, which may be repeated: it refuses if the account has changed
    since the plan was shown. VENDOR is the vendor of a connection, such as odoo; the credentials of an administrator
    come from the environment.
    """
    from bridge.cli.context import connection_of_vendor
    from bridge.config.configuration import read_configuration
    from bridge.config.settings import load_settings
    from bridge.helpdesks.installer import InstallOptions, installer
    from bridge.helpdesks.setup.shown_plan import ShownPlan

    if plan + apply_ + remove != 1 and not (plan and remove):
        raise click.UsageError("give one of --plan, --apply and --remove (--plan --remove shows what would be removed)")
    settings = load_settings()
    configuration = read_configuration(settings.config)
    name, chosen = connection_of_vendor(configuration, vendor, connection)
    address = _public_url(url) if url else settings.public_url
    options = InstallOptions(address, stages, history, groups, forms, tags, settings.config)
    made = installer(name, chosen, [] if remove and not tags else _policies(configuration), options)
    steps = made.remove if remove else made.install
    shown = ShownPlan(made.journal, "remove" if remove else "install")
    return _plan(steps, shown, as_json=as_json) if plan else _apply(steps, shown, as_json=as_json)


def _plan(steps: Steps, shown: ShownPlan, *, as_json: bool) -> Exit:
    """Show what would be done and remember it. As in Terraform, 2 stands for "something differs"."""
    from bridge.helpdesks.installer import InstallStep

    code, lines = _print(steps(apply=False), apply=False, as_json=as_json)
    shown.show(lines)
    differs = any(isinstance(line, InstallStep) for line in lines)
    return Exit.DIFFERS if differs and code is Exit.OK else code


def _apply(steps: Steps, shown: ShownPlan, *, as_json: bool) -> Exit:
    """Do it, unless the account has changed since the plan was shown, or it can be seen that a step cannot be done."""
    with _outcome(UNCHANGED):
        planned = list(steps(apply=False))
    shown.begin(planned)
    code = _print(steps(apply=True), apply=True, as_json=as_json)[0]
    shown.end()
    return code


@contextmanager
def _outcome(of: str) -> Iterator[None]:
    """Add to an error what became of the account."""
    try:
        yield
    except BridgeError as error:
        kind = InputError if isinstance(error, InputError) else BridgeError
        raise kind(f"{error}; {of}") from error


def _policies(configuration: Configuration) -> list[Policy]:
    """The configured packs, and their variants under the contract of an account."""
    from bridge.config.accounts_file import read_accounts
    from bridge.config.configured_packs import load_pack

    packs = [load_pack(configuration, name) for name in configuration.policy]
    accounts = read_accounts(configuration.accounts, packs).values() if configuration.accounts else []
    special = [pack.fitted(account)[0] for account in accounts if account.overrides for pack in packs]
    return [*packs, *special]


def _public_url(url: str) -> str | None:
    from pydantic import ValidationError

    from bridge.config.settings import Settings

    try:
        return Settings.model_validate({"public_url": url}).public_url
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError(f"--url: found {url!r}; {message}") from error


def _print(lines: Iterator[InstallLine], *, apply: bool, as_json: bool) -> tuple[Exit, list[InstallLine]]:
    """Print every step that was done, even if a later one fails; of a plan that fails, nothing."""
    found: list[InstallLine] = []
    try:
        for line in lines if apply else list(lines):
            found.append(line)
            if not as_json:
                print_lines([_line(line)])
    except BridgeError:
        if as_json and apply:
            print_json(_as_json(found, apply=apply))
        done = "the listed steps were done" if found else "no step was finished"
        with _outcome(f"{done}; fix this and run it again" if apply else UNCHANGED):
            raise
    if as_json:
        print_json(_as_json(found, apply=apply))
    else:
        print_lines([_summary(found, apply=apply)])
    return Exit.OK if all(getattr(line, "ok", True) for line in found) else Exit.FINDINGS, found


def _line(line: InstallLine) -> list[Styled]:
    from bridge.helpdesks.installer import InstallStep

    if isinstance(line, InstallStep):
        return [SIGNS[line.verb], f" {line.model} ", (line.name, "bold"), f": {line.why}"]
    warning: Styled = ("!", "bold yellow") if line.warns else ("·", "dim")
    sign: Styled = warning if line.ok else ("✗", "bold red")
    return [sign, f" {line.subject}: ", line.advice]


def _summary(found: Sequence[InstallLine], *, apply: bool) -> Styled:
    from bridge.helpdesks.installer import InstallStep

    steps = [line.verb for line in found if isinstance(line, InstallStep)]
    if not steps:
        well = all(getattr(line, "ok", True) for line in found)
        return ("nothing to do", "bold green") if well else ("nothing was done; see the lines marked ✗", "bold red")
    if apply:
        return (", ".join(f"{steps.count(verb)} {verb}d" for verb in SIGNS if verb in steps), "bold green")
    return ", ".join(f"{steps.count(verb)} to {verb}" for verb in SIGNS if verb in steps) + f"; {UNCHANGED}"


def _as_json(found: Sequence[InstallLine], *, apply: bool) -> dict[str, Any]:
    from bridge.helpdesks.installer import InstallStep

    steps = [asdict(line) for line in found if isinstance(line, InstallStep)]
    diagnoses = [asdict(line) for line in found if not isinstance(line, InstallStep)]
    return {"done": apply, "steps": steps, "diagnoses": diagnoses}
