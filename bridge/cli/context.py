"""Open what a command works on: the installation, its database alone, or one ticket that was named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bridge.errors import InputError

if TYPE_CHECKING:
    from app import Bridge
    from bridge.config.settings import Settings
    from bridge.store import SqlStore
    from bridge.ticket import TicketRef
    from mappings.connection import Configuration, Connection


@contextmanager
def open_installation(*, begins: bool = False, must_exist: bool = False) -> Iterator[Bridge]:
    """The configured installation, for one command. Raises ``InputError`` for settings that cannot be used.

    ``begins``: the command writes to tickets, so that what is configured comes into force. ``must_exist``: as in
    :func:`open_database`, whose servers are to learn of it.
    """
    from app import assemble

    if must_exist:
        with open_database():
            pass
    with assemble(command_settings(), begins=begins) as bridge:
        yield bridge


@contextmanager
def open_database(*, must_exist: bool = True) -> Iterator[SqlStore]:
    """The store alone: recorded reviews can be read without a helpdesk and without its credentials.

    ``must_exist``: refused where there is no database, such as in another folder: a stop would stop nothing there, and
    a replay find no difference. False for what may be the first command of an installation. Raises ``InputError``.
    """
    from bridge.store import open_store

    store = open_store(command_settings().database_url, must_exist=must_exist)
    try:
        yield store
    finally:
        store.close()


def command_settings() -> Settings:
    """Settings of this process, which logs warnings only from now on. Raises ``InputError``."""
    from bridge.cli.logs import log_to_stderr
    from bridge.config.settings import load_settings

    log_to_stderr("warning", "console")
    return load_settings()


def configured_connections() -> Collection[str]:
    """Names of the configured connections. Raises ``InputError``."""
    from bridge.config.configuration import read_configuration
    from bridge.config.settings import load_settings

    return read_configuration(load_settings().config).connections


def configured_clauses() -> Iterator[str]:
    """The clauses of the configured policies, read when they are asked for; none if they cannot be read."""
    from bridge.config.configuration import read_configuration
    from bridge.config.configured_packs import load_packs
    from bridge.config.settings import load_settings

    with suppress(InputError):
        for _, policy in load_packs(read_configuration(load_settings().config)):
            yield from policy.clauses


def check_named_connection(connection: str | None, recorded: Iterable[str]) -> None:
    """Raise ``InputError`` if a connection was named that is neither recorded nor configured.

    The configuration is read only if it is not recorded.
    """
    from bridge.runtime.known_names import check_connection

    if connection is not None and connection not in recorded:
        check_connection(connection, configured_connections())


def connection_of_vendor(configuration: Configuration, vendor: str, name: str | None) -> tuple[str, Connection]:
    """The connection of a vendor, by name where there are several. Raises ``InputError``."""
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


def ticket_ref(text: str, connections: Collection[str]) -> TicketRef:
    """The ticket that ``connection:id`` names, or an id alone where only one connection is configured.

    Without ``connections`` any connection is accepted. Raises ``InputError``.
    """
    from bridge.ticket import TicketRef

    if ":" not in text and len(connections) == 1:
        text = f"{next(iter(connections))}:{text}"
    try:
        ref = TicketRef.parse(text)
    except ValueError as error:
        raise InputError(f"TICKET: {error}; configured: {', '.join(connections) or 'any connection'}") from error
    if connections and ref.connection not in connections:
        raise InputError(f"TICKET: found connection {ref.connection!r}; allowed: {', '.join(connections)}")
    return ref


def recorded_ticket_ref(text: str) -> TicketRef:
    """Like :func:`ticket_ref`; the configuration is read only if ``text`` names no connection."""
    return ticket_ref(text, () if ":" in text else configured_connections())


def seen_ticket_ref(store: SqlStore, text: str) -> TicketRef:
    """Like :func:`recorded_ticket_ref`, for a ticket that was reviewed or is about to be. Raises ``InputError``."""
    from bridge.runtime.known_names import known_ticket

    ref = recorded_ticket_ref(text)
    if store.queue_entry(ref) is None:
        known_ticket(store, ref, configured_connections())
    return ref
