"""``doctor``: is this installation well, and if not, what to do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.policy import Policy
    from bridge.ports import Ailment
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
    well = all(each.well for each in found)
    if as_json:
        lines = [{"subject": each.subject, "well": each.well, "advice": each.advice} for each in found]
        print_json({"well": well, "lines": lines})
    else:
        print_lines(_told(each) for each in found)
    return Exit.OK if well else Exit.FINDINGS


def _told(found: Ailment) -> list[Styled]:
    sign: Styled = ("✓", "bold green") if found.well else ("✗", "bold red")
    return [sign, f" {found.subject}: ", found.advice]


def _examination() -> Iterator[Ailment]:
    """One after the other; what needs something that is ill is left out."""
    from bridge.settings import load_settings
    from bridge.yamlfile import load_model
    from mappings.connection import Configuration

    settings = yield from _tried("settings", load_settings, lambda _: "can be used")
    if settings is None:
        return
    yield from _tried("database", lambda: _database(settings.database_url), str)
    configuration = yield from _tried(
        str(settings.config), lambda: load_model(settings.config, Configuration), lambda _: "can be used"
    )
    if configuration is not None:
        yield from _configured(configuration)


def _configured(configuration: Configuration) -> Iterator[Ailment]:
    from bridge.helpdesks import connect
    from bridge.policy.load import load_policy
    from bridge.runtime.accounts import Accounts

    for name in configuration.policy:
        policy = yield from _tried(
            f"policy {name}", partial(load_policy, name), lambda policy: f"version {policy.version}"
        )
        if policy is not None:
            yield from _wired(policy, configuration)
    if configuration.accounts:
        yield from _tried("accounts", partial(Accounts, configuration.accounts), lambda _: "can be read")
    for name, connection in configuration.connections.items():
        try:
            for each in connect(name, connection).examine():
                yield replace(each, subject=f"{name}, {each.subject}")
        except BridgeError as error:
            yield from _ills(name, error)


def _wired(policy: Policy, configuration: Configuration) -> Iterator[Ailment]:
    """Facts a policy reads and no field feeds: nothing is wrong with that, but rules on them stay silent."""
    from bridge.ports import Ailment

    for name, connection in configuration.connections.items():
        silent = sorted(set(policy.facts) - set(connection.facts))
        advice = f"no field feeds {', '.join(silent)}: rules on them stay silent; name the fields under facts"
        yield Ailment(f"{name}, facts of {policy.pack}", well=True, advice=advice if silent else "all are fed")


def _database(url: str) -> str:
    from bridge.store import open_store

    store = open_store(url)
    try:
        parked = len(store.parked(limit=MANY))
    finally:
        store.close()
    return f"can be written; {parked}{' or more' if parked == MANY else ''} tickets wait for a person"


def _tried(subject: str, attempt: Callable[[], T], told: Callable[[T], str]) -> Generator[Ailment, None, T | None]:
    """What an attempt yields, or None and why it failed."""
    from bridge.ports import Ailment

    try:
        found = attempt()
    except BridgeError as error:
        yield from _ills(subject, error)
        return None
    yield Ailment(subject, well=True, advice=told(found))
    return found


def _ills(subject: str, error: BridgeError) -> Iterator[Ailment]:
    from bridge.ports import Ailment

    return (Ailment(subject, well=False, advice=line) for line in str(error).splitlines())
