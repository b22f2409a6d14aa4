"""``doctor``: diagnose the installation, with advice for every problem."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.cli.policy_diagnoses import ambiguous_policies, unfed_facts, unmet_by_connections, unset_channels
from bridge.cli.record_diagnoses import database_state, failures, pack_starts, recorded_accounts, recorded_conditions
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.account import Account
    from bridge.config.configured_packs import NamedPack
    from bridge.config.settings import Settings
    from bridge.policy.model import Policy
    from bridge.ports.helpdesk import Diagnosis, Helpdesk
    from mappings.connection import Configuration, Connection

T = TypeVar("T")


@click.command()
@json_option
def doctor(*, as_json: bool) -> Exit:
    """Diagnose the installation.

    It checks the settings, the database, packs, accounts and every connection to a helpdesk, and says what to do about
    each problem (✗). What may be intended, such as a role without a contact while nothing is written, is a warning (!)
    and not a failure. Nothing is changed.
    """
    from bridge.cli.logs import log_to_stderr

    log_to_stderr("error", "console")
    found = list(diagnoses())
    ok = all(each.ok for each in found)
    if as_json:
        lines = [asdict(each) for each in found]
        print_json({"ok": ok, "lines": lines})
    else:
        print_lines(_line(each) for each in found)
    return Exit.OK if ok else Exit.FINDINGS


def _line(found: Diagnosis) -> list[Styled]:
    sign: Styled = ("✗", "bold red") if not found.ok else ("!", "bold yellow") if found.warns else ("✓", "bold green")
    return [sign, f" {found.subject}: ", found.advice]


def diagnoses() -> Iterator[Diagnosis]:
    """All diagnoses in order; what depends on a part that failed is left out."""
    from bridge.config.configuration import read_configuration
    from bridge.config.settings import load_settings

    settings = yield from _attempt("settings", load_settings, lambda _: "valid")
    if settings is None:
        return
    yield from _attempt("database", lambda: database_state(settings.database_url), str)
    configuration = yield from _attempt(
        str(settings.config), lambda: read_configuration(settings.config), lambda _: "valid"
    )
    yield from _file_modes(settings, configuration)
    if configuration is not None:
        yield from _diagnose_configuration(configuration, settings)


def _file_modes(settings: Settings, configuration: Configuration | None) -> Iterator[Diagnosis]:
    from bridge.config.file_modes import advice, open_files
    from bridge.ports.helpdesk import Diagnosis

    return (Diagnosis(str(path), ok=False, advice=advice(path)) for path in open_files(settings, configuration))


def _diagnose_configuration(configuration: Configuration, settings: Settings) -> Iterator[Diagnosis]:
    from bridge.config.accounts_file import read_accounts
    from bridge.config.configured_packs import load_pack
    from bridge.helpdesks import connect
    from bridge.ports.helpdesk import CLOSING_MAILS

    packs: list[NamedPack] = []
    for name in configuration.policy:
        load = partial(load_pack, configuration, name)
        policy = yield from _attempt(f"policy {name}", load, lambda policy: f"version {policy.version}")
        if policy is not None:
            packs.append((name, policy))
            yield from unfed_facts(policy, configuration)
    yield from ambiguous_policies(packs)
    accounts: Mapping[str, Account] | None = {}
    if configuration.accounts:
        policies = [policy for _, policy in packs]
        read = partial(read_accounts, configuration.accounts, policies)
        accounts = yield from _attempt("accounts", read, lambda accounts: f"{len(accounts)} loaded")
        yield from recorded_accounts(settings.database_url, is_fixed=accounts is not None)
    yield from unmet_by_connections(packs, configuration, settings, accounts or {})
    yield from unset_channels(packs, accounts or {})
    yield from pack_starts(configuration, [policy.pack for _, policy in packs], settings.database_url)
    for name, connection in configuration.connections.items():
        try:
            helpdesk = connect(name, connection)
            found = list(helpdesk.diagnose([policy for _, policy in packs]))
            for each in found:
                is_repeated = each.subject == CLOSING_MAILS and any(_reopens(policy) for _, policy in packs)
                yield replace(each, subject=f"{name}, {each.subject}", ok=each.ok and not is_repeated)
            yield from _drift(name, connection, [policy for _, policy in packs], settings)
            if all(each.ok for each in found[:1]):  # it answered, with the time
                yield _clock(name, helpdesk)
        except BridgeError as error:
            yield from failures(name, error)
    yield from recorded_conditions(settings, configuration)


def _drift(name: str, connection: Connection, policies: Sequence[Policy], settings: Settings) -> Iterator[Diagnosis]:
    """What has changed in the helpdesk since `install` was applied."""
    from bridge.helpdesks.installer import InstallOptions, installer

    options = InstallOptions(settings.public_url, configuration=settings.config)
    for each in installer(name, connection, policies, options).drift():
        yield replace(each, subject=f"{name}, {each.subject}")


def _clock(name: str, helpdesk: Helpdesk) -> Diagnosis:
    """Whether this machine's clock and the helpdesk's agree, by the calls that have just been made."""
    from bridge.ports.conditions import Condition
    from bridge.ports.helpdesk import Diagnosis

    problem = helpdesk.clock_problem()
    advice = f"{problem}; {Condition.CLOCK.advice}" if problem else "agrees with this machine's"
    return Diagnosis(f"{name}, clock", not problem, advice)


def _reopens(policy: Policy) -> bool:
    """Whether tickets that were solved too early are opened again."""
    return policy.closure is not None and policy.closure.if_unconfirmed == "reopen"


def _attempt(
    subject: str, attempt: Callable[[], T], advice: Callable[[T], str]
) -> Generator[Diagnosis, None, T | None]:
    """The result of an attempt, or None after the diagnoses of its failure."""
    from bridge.ports.helpdesk import Diagnosis

    try:
        found = attempt()
    except BridgeError as error:
        yield from failures(subject, error)
        return None
    yield Diagnosis(subject, ok=True, advice=advice(found))
    return found
