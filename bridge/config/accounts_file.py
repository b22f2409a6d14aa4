"""The accounts file that an admin keeps: YAML or CSV, read again when it changes."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path
from threading import Lock

import structlog
from pydantic import ValidationError

from bridge.account import Account
from bridge.config.account_form import AccountForm
from bridge.errors import InputError
from bridge.policy.load import renamed_problems
from bridge.policy.load_errors import pack_errors
from bridge.policy.model import Policy
from bridge.policy.overrides import unknown_removals
from bridge.ports.audit import AuditEntry
from bridge.ports.store import Store
from bridge.ticket import Facts, Ticket
from bridge.yamlio.document import LARGE, YamlDocument, read
from bridge.yamlio.problems import FileProblem, dotted, reject
from bridge.yamlio.validate import advice, validate

COLUMNS = ("account", "email", "management")
YES, NO = frozenset({"yes", "true", "1", "x"}), frozenset({"", "no", "false", "0"})

REFUSED, ACCEPTED = "accounts_refused", "accounts_accepted"
"""Kinds of audit entries: an edit made the file unusable; it can be used again."""

log = structlog.get_logger()


class AccountFile(Facts):
    """The whole file: account key (see ``organizations.key`` of the connection) or name -> its words."""

    accounts: dict[str, AccountForm]


class Accounts:
    """Finds the account of a ticket: from the admin's file, and from the helpdesk for what the file leaves out."""

    def __init__(self, path: Path | None, policies: Sequence[Policy] = ()) -> None:
        """Raises ``InputError`` when the file cannot be used; later edits that cannot are reported and ignored.

        ``policies``: contract terms have to fit one of them.
        """
        self._path = path
        self._policies = tuple(policies)
        self._lock = Lock()
        self._read_at = 0
        self._accounts: dict[str, Account] = {}
        self._recorded: dict[str, Account] | None = None
        self.problem = ""
        """Why the current file cannot be used; empty when it can. What was read before stays in force."""
        if path:
            self._refresh(strict=True)

    def __call__(self, ticket: Ticket, known: Account | None) -> Account:
        """The account of a ticket; ``known`` is what the helpdesk says of it."""
        self._refresh(strict=False)
        base = known or Account()
        keys = [key for key in (ticket.account, base.name) if key]
        configured = next((self._accounts[key] for key in keys if key in self._accounts), None)
        if configured is None:
            return base
        stated = {name: getattr(configured, name) for name in configured.model_fields_set}
        unusable = {name: why for name, why in base.unusable.items() if not name.startswith(tuple(stated))}
        return base.model_copy(update=stated | {"unusable": unusable})

    def refresh(self, store: Store, now: datetime) -> list[AuditEntry]:
        """Read the file if it has changed, record what is different in it, and wake the open tickets concerned."""
        if self._path is None:
            return []
        self._refresh(strict=False)
        if self.problem:
            self._record(store, now, REFUSED, self.problem)
        accounts = self._accounts
        if accounts is self._recorded:
            return []
        lines = store.replace_accounts(accounts, now)
        self._recorded = accounts
        for line in lines:
            log.info("account_changed", detail=line.detail)
        if not self.problem and (refused := refusal(store)):
            self._record(store, now, ACCEPTED, f"{self._path}: can be used again", after=refused.id)
        return lines

    def _record(self, store: Store, now: datetime, kind: str, detail: str, after: str = "") -> None:
        ident = sha256(f"{self._read_at}/{detail}/{after}".encode()).hexdigest()
        store.record_audit(AuditEntry(ident, now, kind, detail))

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
            self._read(self._path, strict=strict)

    def _read(self, path: Path, *, strict: bool) -> None:
        try:
            self._accounts, self.problem = read_accounts(path, self._policies), ""
        except InputError as error:
            if strict:
                raise
            self.problem = str(error)
            log.error("accounts_not_read", reason=str(error), advice="fix it; the last accounts stay in force")  # noqa: TRY400


def contacted_roles(accounts: Mapping[str, Account]) -> frozenset[str]:
    """The roles for which at least one account names a contact."""
    return frozenset(role for account in accounts.values() for role, contact in account.roles.items() if contact)


def refusal(store: Store) -> AuditEntry | None:
    """The entry that says since when and why the current accounts file is not used; None: it is."""
    last = store.last_audit_entry(REFUSED, ACCEPTED)
    return last if last and last.kind == REFUSED else None


def read_accounts(path: Path, policies: Sequence[Policy] = ()) -> dict[str, Account]:
    """The accounts of a file, by key. Raises ``InputError`` with file, line and column of every problem."""
    if path.suffix == ".csv":
        return _read_contacts(path)
    document = read(path, most=LARGE)
    accounts = {key: words.account() for key, words in validate(document, AccountFile).accounts.items()}
    terms = {key: account.overrides for key, account in accounts.items()}
    if old := [
        each for key, text in terms.items() for each in renamed_problems(document, text, "accounts", key, "overrides")
    ]:
        reject(old)
    if found := [each for key, account in accounts.items() for each in _misfits(document, key, account, policies)]:
        reject(found)
    return accounts


def _misfits(document: YamlDocument, key: str, account: Account, policies: Sequence[Policy]) -> list[FileProblem]:
    """What is wrong with contract terms that fit none of the packs, as the first of them sees it."""
    if not account.overrides:
        return []
    found = [list(_misfit(policy, account)) for policy in policies]
    if not all(found):
        return []
    return [
        document.problem(("accounts", key, "overrides", *path[:1]), f"does not fit pack {policy.pack}: {misfit}")
        for policy, misfits in zip(policies[:1], found, strict=False)
        for path, misfit in misfits
    ]


def _misfit(policy: Policy, account: Account) -> list[tuple[tuple[str | int, ...], str]]:
    if unknown := [*unknown_removals(policy.source, account.overrides)]:
        return [(path, f"{dotted(path)}: {message}") for path, message in unknown]
    try:
        fitted = policy.for_account(account)
    except ValidationError as error:
        return [(each["loc"], f"{dotted(each['loc'])}: {advice(each)}") for each in error.errors(include_url=False)]
    return [(path, f"{dotted(path)}: {message}") for path, message in pack_errors(fitted)]


def _read_contacts(path: Path) -> dict[str, Account]:
    """``account,email,management``: one contact a line; ``yes`` in the last column for who may authorise."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); save it as UTF-8") from error
    rows = csv.DictReader(StringIO(text))
    if missing := {"account", "email"} - set(rows.fieldnames or ()):
        raise InputError(f"{path}:1:1: found no column {', '.join(sorted(missing))}; allowed: {', '.join(COLUMNS)}")
    contacts: dict[str, set[str]] = {}
    management: dict[str, set[str]] = {}
    wrong: list[str] = []
    for row in rows:
        key, email, manages = ((row.get(column) or "").strip() for column in COLUMNS)
        if not key or "@" not in email or manages.lower() not in YES | NO:
            wrong.append(
                f"{path}:{rows.line_num}:1: found {','.join(map(str, row.values()))!r}; "
                "allowed: account,email,management with an address, and yes or no at the end"
            )
            continue
        contacts.setdefault(key, set()).add(email.lower())
        if manages.lower() in YES:
            management.setdefault(key, set()).add(email.lower())
    if wrong:
        raise InputError("\n".join(wrong))
    return {
        key: Account(contacts=frozenset(emails), management=frozenset(management.get(key, ())))
        for key, emails in contacts.items()
    }
