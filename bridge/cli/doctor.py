"""``doctor``: is this installation well, and if not, what to do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.config.configured_packs import Named
    from bridge.config.settings import Settings
    from bridge.policy.model import Policy
    from bridge.ports.helpdesk import Diagnosis
    from mappings.connection import Configuration

T = TypeVar("T")

MANY = 50


@click.command()
@json_option
def doctor(*, as_json: bool) -> Exit:
    """Say what is ill, and what to do.

    Settings, database, packs, accounts and every connection to a helpdesk are examined; nothing is changed.
    """
    from bridge.cli.logs import log_to_stderr

    log_to_stderr("error", "console")
    found = list(_examination())
    well = all(each.ok for each in found)
    if as_json:
        lines = [{"subject": each.subject, "ok": each.ok, "advice": each.advice} for each in found]
        print_json({"ok": well, "lines": lines})
    else:
        print_lines(_told(each) for each in found)
    return Exit.OK if well else Exit.FINDINGS


def _told(found: Diagnosis) -> list[Styled]:
    sign: Styled = ("✓", "bold green") if found.ok else ("✗", "bold red")
    return [sign, f" {found.subject}: ", found.advice]


def _examination() -> Iterator[Diagnosis]:
    """One after the other; what needs something that is ill is left out."""
    from bridge.config.settings import load_settings
    from bridge.yamlio.validate import load_model
    from mappings.connection import Configuration

    settings = yield from _tried("settings", load_settings, lambda _: "can be used")
    if settings is None:
        return
    yield from _tried("database", lambda: _database(settings.database_url), str)
    configuration = yield from _tried(
        str(settings.config), lambda: load_model(settings.config, Configuration), lambda _: "can be used"
    )
    if configuration is not None:
        yield from _configured(configuration, settings)


def _configured(configuration: Configuration, settings: Settings) -> Iterator[Diagnosis]:
    from bridge.config.accounts_file import Accounts
    from bridge.helpdesks import connect
    from bridge.policy.load import load_policy

    packs: list[Named] = []
    for name in configuration.policy:
        load = partial(load_policy, name, configuration.overrides.get(name))
        policy = yield from _tried(f"policy {name}", load, lambda policy: f"version {policy.version}")
        if policy is not None:
            packs.append((name, policy))
            yield from _wired(policy, configuration)
    yield from _plain(packs)
    if configuration.accounts:
        policies = [policy for _, policy in packs]
        read = partial(Accounts, configuration.accounts, policies)
        accounts = yield from _tried("accounts", read, lambda accounts: f"{accounts.number} can be used")
        yield from _accounts_record(settings.database_url, mended=accounts is not None)
    for name, connection in configuration.connections.items():
        try:
            for each in connect(name, connection).diagnose():
                yield replace(each, subject=f"{name}, {each.subject}")
        except BridgeError as error:
            yield from _ills(name, error)


def _plain(packs: Sequence[Named]) -> Iterator[Diagnosis]:
    """Whether each ticket is governed by one pack at most; ``serve`` does not start otherwise."""
    from bridge.config.configured_packs import tied
    from bridge.ports.helpdesk import Diagnosis

    found = tied(packs)
    yield from (Diagnosis("policies", ok=False, advice=line) for line in found)
    if len(packs) > 1 and not found:
        yield Diagnosis("policies", ok=True, advice="no ticket is governed by two of them")


def _accounts_record(url: str, *, mended: bool) -> Iterator[Diagnosis]:
    """What the running program made of the accounts file; nothing where the database is ill or was never used."""
    from bridge.config.accounts_file import refusal
    from bridge.ports.helpdesk import Diagnosis
    from bridge.store import open_store

    try:
        with closing(open_store(url)) as store:
            changed, refused = store.last_audit_entry("account"), refusal(store)
    except BridgeError:
        return  # the line on the database says it
    if changed:
        yield Diagnosis("accounts, last change", ok=True, advice=f"{changed.at:%Y-%m-%d %H:%M} UTC: {changed.detail}")
    if refused:
        what = f"an edit of {refused.at:%Y-%m-%d %H:%M} UTC is not used, and the accounts from before stay in force"
        advice = "it is mended: a running program takes it over within seconds" if mended else "mend the file"
        yield Diagnosis("accounts, in force", ok=mended, advice=f"{what}; {advice}")


def _wired(policy: Policy, configuration: Configuration) -> Iterator[Diagnosis]:
    """Facts a policy reads and no field feeds: nothing is wrong with that, but rules on them stay silent."""
    from bridge.ports.helpdesk import Diagnosis

    for name, connection in configuration.connections.items():
        silent = sorted(set(policy.facts) - set(connection.facts))
        advice = f"no field feeds {', '.join(silent)}: rules on them stay silent; name the fields under facts"
        yield Diagnosis(f"{name}, facts of {policy.pack}", ok=True, advice=advice if silent else "all are fed")


def _database(url: str) -> str:
    from bridge.store import open_store

    with closing(open_store(url)) as store:
        parked = len(store.parked(limit=MANY))
    return f"can be written; {parked}{' or more' if parked == MANY else ''} tickets wait for a person"


def _tried(subject: str, attempt: Callable[[], T], told: Callable[[T], str]) -> Generator[Diagnosis, None, T | None]:
    """What an attempt yields, or None and why it failed."""
    from bridge.ports.helpdesk import Diagnosis

    try:
        found = attempt()
    except BridgeError as error:
        yield from _ills(subject, error)
        return None
    yield Diagnosis(subject, ok=True, advice=told(found))
    return found


def _ills(subject: str, error: BridgeError) -> Iterator[Diagnosis]:
    from bridge.ports.helpdesk import Diagnosis

    return (Diagnosis(subject, ok=False, advice=line) for line in str(error).splitlines())
