"""``install``: put into a helpdesk what the policies need there, and take it away again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from bridge.helpdesks.installer import Line
    from bridge.policy.model import Policy
    from mappings.connection import Configuration, Connection

SIGNS = {"create": ("+", "bold green"), "change": ("~", "bold yellow"), "remove": ("-", "bold red")}


@click.command()
@click.argument("vendor", metavar="VENDOR")
@click.option("--plan", is_flag=True, help="Only show it; nothing is changed.")
@click.option("--apply", "apply_", is_flag=True, help="Make what is missing.")
@click.option("--remove", is_flag=True, help="Take away what was made, and nothing else; with --plan only show it.")
@click.option("--connection", metavar="NAME", help="Which connection, where several have this vendor.")
@click.option("--url", metavar="URL", help="Where the helpdesk finds the bridge, instead of POLICYBRIDGE_PUBLIC_URL.")
@click.option("--stages", is_flag=True, help="Agree to new stages for statuses that have none.")
@click.option("--history", is_flag=True, help="Agree that the integration user reads the history of tickets.")
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
    history: bool,
    as_json: bool,
) -> Exit:
    """Set up a helpdesk through its API.

    Fields, views, tags and webhooks are made for the configured policies: first --plan, then --apply, which may be
    repeated. VENDOR is the word of a connection, such as odoo; the administrator's credentials come from the
    environment.
    """
    from bridge.config.settings import load_settings
    from bridge.helpdesks.installer import Wishes, installer
    from bridge.yamlio.validate import load_model
    from mappings.connection import Configuration

    if plan + apply_ + remove != 1 and not (plan and remove):
        raise click.UsageError("give one of --plan, --apply and --remove (--plan --remove shows what would go)")
    settings = load_settings()
    configuration = load_model(settings.config, Configuration)
    name, chosen = _chosen(configuration, vendor, connection)
    wishes = Wishes(_public_url(url) if url else settings.public_url, stages, history)
    made = installer(name, chosen, [] if remove else _policies(configuration), wishes)
    return _tell((made.remove if remove else made.install)(doing=not plan), doing=not plan, as_json=as_json)


def _chosen(configuration: Configuration, vendor: str, name: str | None) -> tuple[str, Connection]:
    from mappings.connection import vendors

    if vendor not in vendors():
        raise InputError(f"VENDOR: found {vendor!r}; allowed: {', '.join(vendors())}")
    found = {each: value for each, value in configuration.connections.items() if value.vendor == vendor}
    if not found:
        raise InputError(f"VENDOR: no connection is to {vendor}; add one as docs/connect-{vendor}.md says")
    if name is None and len(found) == 1:
        name = next(iter(found))
    if name not in found:
        raise InputError(f"--connection: found {name or 'none'}; allowed: {', '.join(found)}")
    return name, found[name]


def _policies(configuration: Configuration) -> list[Policy]:
    """The configured packs, and each as it is under the terms of a customer's contract."""
    from bridge.config.accounts_file import read_accounts
    from bridge.policy.load import load_policy

    packs = [load_policy(name, configuration.overrides.get(name)) for name in configuration.policy]
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


def _tell(lines: Iterator[Line], *, doing: bool, as_json: bool) -> Exit:
    """Print what was done as far as it went, also when it could not be finished."""
    found: list[Line] = []
    try:
        for line in lines:
            found.append(line)
            if not as_json:
                print_lines([_line(line)])
    except BridgeError as error:
        if as_json:
            print_json(_as_json(found, doing=doing))
        done = "what is listed was done; correct this and run it again" if doing and found else "nothing was changed"
        raise BridgeError(f"{error}; {done}") from error
    if as_json:
        print_json(_as_json(found, doing=doing))
    else:
        print_lines([_sum(found, doing=doing)])
    return Exit.OK if all(getattr(line, "well", True) for line in found) else Exit.FINDINGS


def _line(line: Line) -> list[Styled]:
    from bridge.helpdesks.installer import Step

    if isinstance(line, Step):
        return [SIGNS[line.verb], f" {line.model} ", (line.name, "bold"), f": {line.why}"]
    sign: Styled = ("·", "dim") if line.well else ("✗", "bold red")
    return [sign, f" {line.subject}: ", line.advice]


def _sum(found: Sequence[Line], *, doing: bool) -> Styled:
    from bridge.helpdesks.installer import Step

    steps = [line.verb for line in found if isinstance(line, Step)]
    if not steps:
        well = all(getattr(line, "well", True) for line in found)
        return (
            ("nothing to do", "bold green")
            if well
            else ("nothing was done; see what is marked with a cross", "bold red")
        )
    if doing:
        return (", ".join(f"{steps.count(verb)} {verb}d" for verb in SIGNS if verb in steps), "bold green")
    return ", ".join(f"{steps.count(verb)} to {verb}" for verb in SIGNS if verb in steps) + "; nothing was changed"


def _as_json(found: Sequence[Line], *, doing: bool) -> dict[str, Any]:
    from bridge.helpdesks.installer import Step

    steps = [asdict(line) for line in found if isinstance(line, Step)]
    remarks = [asdict(line) for line in found if not isinstance(line, Step)]
    return {"done": doing, "steps": steps, "remarks": remarks}
