"""The customers' accounts as the admin keeps them: one YAML file, read again when it changes."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import structlog

from bridge.account import Account
from bridge.errors import InputError
from bridge.scenario import AccountWords
from bridge.ticket import Facts, Ticket
from bridge.yamlfile import load_model

log = structlog.get_logger()


class AccountFile(Facts):
    """The whole file: account key (see ``organizations.key`` of the connection) or name -> its words."""

    accounts: dict[str, AccountWords]


class Accounts:
    """Finds the account of a ticket: the admin's file first, the helpdesk's own knowledge for what it leaves out."""

    def __init__(self, path: Path | None) -> None:
        """Raises ``InputError`` when the file cannot be used; later edits that cannot are reported and left out."""
        self._path = path
        self._lock = Lock()
        self._read_at = 0
        self._accounts: dict[str, Account] = {}
        if path:
            self._refresh(strict=True)

    def __call__(self, ticket: Ticket, known: Account | None) -> Account:
        """The account of a ticket; ``known`` is what the helpdesk says of it."""
        self._refresh(strict=False)
        base = known or Account()
        configured = self._accounts.get(ticket.account or "") or self._accounts.get(base.name)
        if configured is None:
            return base
        said = {name: getattr(configured, name) for name in configured.model_fields_set}
        return base.model_copy(update=said)

    def _refresh(self, *, strict: bool) -> None:
        if self._path is None:
            return
        try:
            changed = self._path.stat().st_mtime_ns
        except OSError as error:
            if strict:
                raise InputError(
                    f"{self._path}: cannot be read: {error.strerror}; create it or drop `accounts:`"
                ) from error
            return
        with self._lock:
            if changed == self._read_at:
                return
            self._read_at = changed
            self._take(self._path, strict=strict)

    def _take(self, path: Path, *, strict: bool) -> None:
        try:
            file = load_model(path, AccountFile)
        except InputError as error:
            if strict:
                raise
            log.error("accounts_not_read", reason=str(error), advice="the accounts read before stay in force")  # noqa: TRY400
            return
        self._accounts = {key: words.account() for key, words in file.accounts.items()}
