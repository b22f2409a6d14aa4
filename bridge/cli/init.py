"""``init``: connect a helpdesk in a conversation, or from flags and the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.init_prompts import ADMIN, QUESTIONS, SETUP, WEBHOOK
from bridge.cli.output import Styled, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
    from bridge.config.field_proposals import FieldProposal
    from bridge.helpdesks.account_fields import AccountFields
    from bridge.policy.model import Policy
    from bridge.ports.helpdesk import Diagnosis

FILE, ACCOUNTS_FILE, SECRETS = "policybridge.yaml", "accounts.yaml", "secrets"


@click.command()
@click.argument("vendor", metavar="[VENDOR]", required=False)
@click.option("--policy", "packs", metavar="NAME", multiple=True, help="A shipped policy or a pack file.")
@click.option("--name", metavar="NAME", help="Name of the connection.")
@click.option(
    "--directory", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to."
)
@click.option(
    "--yes", is_flag=True, help="Ask nothing: take settings from the environment, and only proposals that are certain."
)
def init(vendor: str | None, packs: Sequence[str], name: str | None, *, directory: Path, yes: bool) -> Exit:
    """Connect a helpdesk: write the first configuration.

    It asks for the address and the credentials, signs in, proposes which of the account's fields holds which fact of
    the policies, and writes policybridge.yaml, an accounts file, and secrets that only you can read. It changes nothing
    in the helpdesk. Settings that are in the environment are not asked for.
    """
    from bridge.policy.load import load_policy

    _refuse_existing(directory)
    _refuse_name(name)
    vendor = _vendor(vendor, ask=not yes)
    chosen = _packs(packs, ask=not yes)
    policies = [load_policy(pack) for pack in chosen]
    given, account = _signed_in(vendor, ask=not yes)
    accepted = _accepted(policies, account, ask=not yes)
    _write(directory, vendor, name or vendor, chosen, policies, given, accepted)
    return _what_is_left(directory, vendor, asked=bool(given))


def _refuse_existing(directory: Path) -> None:
    for path in (directory / FILE, directory / ACCOUNTS_FILE):
        if path.exists():
            raise InputError(
                f"{path}: already exists and was not changed; move it away, or give another folder with --directory"
            )


def _refuse_name(name: str | None) -> None:
    from pydantic import TypeAdapter, ValidationError

    from mappings.connection import Name

    try:
        TypeAdapter(Name | None).validate_python(name)
    except ValidationError as error:
        allowed = "small letters, digits, - and _, beginning with a letter or digit"
        raise InputError(f"--name: found {name!r}; allowed: {allowed}") from error


def _vendor(given: str | None, *, ask: bool) -> str:
    if given is None and ask:
        return str(click.prompt("Which helpdesk?", type=click.Choice(sorted(QUESTIONS))))
    if given not in QUESTIONS:
        raise InputError(f"VENDOR: found {given or 'none'}; allowed: {', '.join(sorted(QUESTIONS))}")
    return given


def _packs(given: Sequence[str], *, ask: bool) -> list[str]:
    from bridge.policy.load import load_policy, packs

    if given:
        return list(given)
    if not ask:
        raise InputError(f"--policy: found none; allowed: {', '.join(packs())}, or the path of a pack file")
    print_lines(f"  {name}: {load_policy(name).title}" for name in packs())
    text = click.prompt("Which policies? Names or paths of pack files, separated by commas")
    return [part.strip() for part in str(text).split(",") if part.strip()]


# -- signing in


def _signed_in(vendor: str, *, ask: bool) -> tuple[dict[str, str], AccountFields]:
    """The settings that were typed, and the account; asked again until they are right."""
    from bridge.helpdesks.account_fields import account_fields

    while True:
        given: dict[str, str] = {}
        try:
            if ask:
                _ask(vendor, given)
            account = account_fields(vendor, given)
            print_lines([[("✓", "bold green"), f" signed in as {account.who()}"]])
        except BridgeError as error:
            if not given:
                raise
            print_lines([[("✗", "bold red"), f" {error}"]])
        else:
            return given, account


def _ask(vendor: str, given: dict[str, str]) -> None:
    """Ask for what the environment does not say and the account needs."""
    from bridge.config.sources import secret_file
    from bridge.helpdesks.account_fields import needs

    for each in QUESTIONS[vendor]:
        variable = _variable(vendor, each.setting)
        is_known = bool(os.environ.get(variable) or secret_file(variable))
        if is_known or (each.setting == "subdomain" and os.environ.get("ZENDESK_URL")):
            continue
        if each.is_always_needed or needs(vendor, each.setting, given):
            given[each.setting] = str(click.prompt(each.text, hide_input=each.is_secret)).strip()


def _variable(vendor: str, setting: str) -> str:
    return f"{vendor}_{setting}".upper()


# -- fields


def _accepted(policies: Sequence[Policy], account: AccountFields, *, ask: bool) -> list[FieldProposal]:
    """The proposals that are taken."""
    from bridge.config.field_proposals import facts_of, proposals

    accepted = []
    for each in proposals(facts_of(policies), account.fields()):
        print_lines([_proposal_line(each, account.tickets_with(each.field.ref))])
        if click.confirm("  Use it?", default=each.is_sure) if ask else each.is_sure:
            accepted.append(each)
    return accepted


def _proposal_line(each: FieldProposal, used: int | None) -> list[Styled]:
    use = "" if used is None else f"; {'1 ticket has' if used == 1 else f'{used} tickets have'} a value in it"
    unknown = ""
    if each.unknown_options:
        unknown = f"; no value of the fact ({', '.join(each.allowed)}): {', '.join(each.unknown_options)}"
    what = f"{each.field.title} ({each.field.ref})"
    return [(each.fact, "bold"), f" may be the field {what}: {each.because}{use}{unknown}"]


# -- writing


def _write(
    directory: Path,
    vendor: str,
    name: str,
    chosen: Sequence[str],
    policies: Sequence[Policy],
    given: Mapping[str, str],
    accepted: Sequence[FieldProposal],
) -> None:
    from bridge.config.field_proposals import facts_of
    from bridge.config.secret_write import write_secret
    from bridge.config.starter_files import ACCOUNTS, configuration_text

    text = configuration_text(vendor, name, chosen, ACCOUNTS_FILE, facts_of(policies), accepted)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for setting, secret in given.items():
            write_secret(directory / SECRETS / _variable(vendor, setting), secret)
        for path, content in ((directory / ACCOUNTS_FILE, ACCOUNTS), (directory / FILE, text)):
            with path.open("x", encoding="utf-8") as file:
                file.write(content)
            print_lines([[("+", "bold green"), f" {path}"]])
    except OSError as error:
        raise InputError(
            f"{directory}: cannot be written: {error.strerror}; choose another with --directory"
        ) from error
    print_lines([[("+", "bold green"), f" {directory / SECRETS / _variable(vendor, each)}"] for each in given])


def _what_is_left(directory: Path, vendor: str, *, asked: bool) -> Exit:
    """What `doctor` finds in the new files, and the next command."""
    from bridge.cli.doctor import diagnoses

    with _inside(directory, asked=asked):
        problems = [each for each in diagnoses() if each.warns or not each.ok]
    if problems:
        print_lines(["", "what is left:", *(_left(each) for each in problems)])
    lines = ["", "next:"]
    lines += [f"  cd {directory}"] if directory != Path() else []
    lines += [f"  export POLICYBRIDGE_SECRETS_DIR={SECRETS}"] if asked else []
    lines += [f"  export {name}=..." for name in ADMIN[vendor] if not os.environ.get(name)]
    lines += [f"  policybridge install {vendor} {step}{SETUP[vendor]}" for step in ("--plan", "--apply")]
    lines += [f"  export {WEBHOOK[vendor]}", "  policybridge doctor"]
    lines += [f"  policybridge conflicts {vendor}", "  policybridge serve"]
    print_lines(lines)
    return Exit.OK


def _left(each: Diagnosis) -> list[Styled]:
    return [("·", "dim"), f" {each.subject}: {each.advice}"]


@contextmanager
def _inside(directory: Path, *, asked: bool) -> Iterator[None]:
    """Read the new files as a program that runs there with the new secrets does."""
    names = {"POLICYBRIDGE_CONFIG": FILE, **({"POLICYBRIDGE_SECRETS_DIR": SECRETS} if asked else {})}
    before = {name: os.environ.pop(name, None) for name in names}
    os.environ.update(names)
    try:
        with chdir(directory):
            yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            os.environ.update({name: value} if value is not None else {})
