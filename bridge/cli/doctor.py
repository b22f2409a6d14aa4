"""``doctor``: diagnose the installation, with advice for every problem."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError, InputError

if TYPE_CHECKING:
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
    each problem. Nothing is changed.
    """
    from bridge.cli.logs import log_to_stderr

    log_to_stderr("error", "console")
    found = list(diagnoses())
    ok = all(each.ok for each in found)
    if as_json:
        lines = [{"subject": each.subject, "ok": each.ok, "advice": each.advice} for each in found]
        print_json({"ok": ok, "lines": lines})
    else:
        print_lines(_line(each) for each in found)
    return Exit.OK if ok else Exit.FINDINGS


def _line(found: Diagnosis) -> list[Styled]:
    sign: Styled = ("✓", "bold green") if found.ok else ("✗", "bold red")
    return [sign, f" {found.subject}: ", found.advice]


def diagnoses() -> Iterator[Diagnosis]:
    """All diagnoses in order; what depends on a part that failed is left out."""
    from bridge.config.configuration import read_configuration
    from bridge.config.settings import load_settings

    settings = yield from _attempt("settings", load_settings, lambda _: "valid")
    if settings is None:
        return
    yield from _attempt("database", lambda: _database(settings.database_url), str)
    yield from _file_modes(settings)
    configuration = yield from _attempt(
        str(settings.config), lambda: read_configuration(settings.config), lambda _: "valid"
    )
    if configuration is not None:
        yield from _diagnose_configuration(configuration, settings)


def _file_modes(settings: Settings) -> Iterator[Diagnosis]:
    from bridge.config.file_modes import advice, open_files
    from bridge.ports.helpdesk import Diagnosis

    return (Diagnosis(str(path), ok=False, advice=advice(path)) for path in open_files(settings))


def _diagnose_configuration(configuration: Configuration, settings: Settings) -> Iterator[Diagnosis]:
    from bridge.config.accounts_file import Accounts
    from bridge.config.configured_packs import load_pack
    from bridge.helpdesks import connect
    from bridge.ports.helpdesk import CLOSING_MAILS

    packs: list[NamedPack] = []
    for name in configuration.policy:
        load = partial(load_pack, configuration, name)
        policy = yield from _attempt(f"policy {name}", load, lambda policy: f"version {policy.version}")
        if policy is not None:
            packs.append((name, policy))
            yield from _unfed_facts(policy, configuration)
    yield from _ambiguous_policies(packs)
    yield from _unmet_requirements(packs, configuration, settings)
    if configuration.accounts:
        policies = [policy for _, policy in packs]
        read = partial(Accounts, configuration.accounts, policies)
        accounts = yield from _attempt("accounts", read, lambda accounts: f"{accounts.number} loaded")
        yield from _recorded_accounts(settings.database_url, is_fixed=accounts is not None)
    yield from _starts(configuration, [policy.pack for _, policy in packs], settings.database_url)
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
            yield from _failures(name, error)
    yield from _conditions(settings, configuration)


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


def _conditions(settings: Settings, configuration: Configuration) -> Iterator[Diagnosis]:
    """What the running server has recorded: what fails, since when, and what last succeeded."""
    from bridge.ports.helpdesk import Diagnosis
    from bridge.runtime.health import Health
    from bridge.runtime.ticket_clock import TicketClock
    from bridge.store import open_store

    try:
        with closing(open_store(settings.database_url)) as store:
            connections = tuple(configuration.connections)
            found = Health(store, TicketClock(), connections, sweep_s=settings.sweep).assess()
            problem = store.clock_problem()
    except BridgeError:
        return  # reported by the line on the database
    if problem:
        yield Diagnosis("clock of the database", ok=False, advice=problem)
    yield from (Diagnosis(each.subject, each.is_ok, each.text) for each in found if each.problem or each.succeeded_at)


def _reopens(policy: Policy) -> bool:
    """Whether tickets that were solved too early are opened again."""
    return policy.closure is not None and policy.closure.if_unconfirmed == "reopen"


def _starts(configuration: Configuration, packs: Sequence[str], url: str) -> Iterator[Diagnosis]:
    """Since when each pack is in force on each connection."""
    from bridge.ports.helpdesk import Diagnosis
    from bridge.runtime.backlog import Backlog
    from bridge.runtime.ticket_clock import wall_clock
    from bridge.store import open_store

    try:
        with closing(open_store(url)) as store:
            backlog = Backlog(store, configuration.connections, packs, wall_clock(), begins=False)
    except InputError as error:
        yield from _failures("in force", error)
        return
    except BridgeError:
        return  # reported by the line on the database
    for start in backlog.starts():
        yield Diagnosis(f"{start.connection}, {start.pack}", ok=True, advice=start.describe())


def _ambiguous_policies(packs: Sequence[NamedPack]) -> Iterator[Diagnosis]:
    """Whether two packs could govern the same ticket; ``serve`` would not start."""
    from bridge.config.configured_packs import pack_conflicts
    from bridge.ports.helpdesk import Diagnosis

    found = pack_conflicts(packs)
    yield from (Diagnosis("policies", ok=False, advice=line) for line in found)
    if len(packs) > 1 and not found:
        yield Diagnosis("policies", ok=True, advice="no ticket is governed by two of them")


def _unmet_requirements(
    packs: Sequence[NamedPack], configuration: Configuration, settings: Settings
) -> Iterator[Diagnosis]:
    """What the policies say and a connection cannot carry out."""
    from bridge.config.accounts_file import contacted_roles
    from bridge.config.unmet_requirements import unmet_requirements
    from bridge.ports.helpdesk import Diagnosis

    policies = [policy for _, policy in packs]
    contacts = contacted_roles(configuration, policies)
    for name, connection in configuration.connections.items():
        has_links = settings.public_url is not None
        for unmet in unmet_requirements(policies, connection, contacts=contacts, has_links=has_links):
            yield Diagnosis(f"{name}, {unmet.section}", ok=False, advice=unmet.advice)


def _recorded_accounts(url: str, *, is_fixed: bool) -> Iterator[Diagnosis]:
    """The last change of the accounts and the last rejected edit, as the server recorded them."""
    from bridge.config.accounts_file import refusal
    from bridge.ports.helpdesk import Diagnosis
    from bridge.store import open_store

    try:
        with closing(open_store(url)) as store:
            changed, refused = store.last_audit_entry("account"), refusal(store)
    except BridgeError:
        return  # reported by the line on the database
    if changed:
        yield Diagnosis("accounts, last change", ok=True, advice=f"{changed.at:%Y-%m-%d %H:%M} UTC: {changed.detail}")
    if refused:
        what = f"the edit of {refused.at:%Y-%m-%d %H:%M} UTC was rejected, and the accounts read before stay in force"
        advice = "the file is fixed, and a running server reads it within seconds" if is_fixed else "fix the file"
        yield Diagnosis("accounts, in force", ok=is_fixed, advice=f"{what}; {advice}")


def _unfed_facts(policy: Policy, configuration: Configuration) -> Iterator[Diagnosis]:
    """Facts of a policy that no field of a connection provides: allowed, but rules on them never apply."""
    from bridge.ports.helpdesk import Diagnosis

    for name, connection in configuration.connections.items():
        missing = sorted(set(policy.facts) - set(connection.facts))
        advice = f"no field provides {', '.join(missing)}, so rules on them never apply; name the fields under facts"
        yield Diagnosis(
            f"{name}, facts of {policy.pack}", ok=True, advice=advice if missing else "every fact has a field"
        )


def _database(url: str) -> str:
    from bridge.store import open_store

    with closing(open_store(url)) as store:
        parked = store.counts(datetime.now(UTC)).parked
    listed = "; `policybridge parked` lists them" if parked else ""
    return f"can be opened; {parked} {'ticket needs' if parked == 1 else 'tickets need'} attention{listed}"


def _attempt(
    subject: str, attempt: Callable[[], T], advice: Callable[[T], str]
) -> Generator[Diagnosis, None, T | None]:
    """The result of an attempt, or None after the diagnoses of its failure."""
    from bridge.ports.helpdesk import Diagnosis

    try:
        found = attempt()
    except BridgeError as error:
        yield from _failures(subject, error)
        return None
    yield Diagnosis(subject, ok=True, advice=advice(found))
    return found


def _failures(subject: str, error: BridgeError) -> Iterator[Diagnosis]:
    from bridge.ports.helpdesk import Diagnosis

    return (Diagnosis(subject, ok=False, advice=line) for line in str(error).splitlines())
