"""The database: tables of rows in memory, and transactions on them.

What is committed is never changed in place: a transaction copies a table before it first writes to it, and a commit
puts its copies in the place of the old ones. So a reader sees one consistent state without waiting, also while another
transaction is still open, as with PostgreSQL. Writers take turns (:attr:`Tables.writing`).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
Table = dict[int, Row]


class Tables:
    """The committed rows of every model, by id."""

    def __init__(self) -> None:
        self.writing = threading.RLock()
        self.clear()

    def clear(self) -> None:
        with self.writing:
            self.committed: dict[str, Table] = {}
            self.last_ids: dict[str, int] = defaultdict(int)


class Transaction:
    """One view of the tables, and changes that others see after :meth:`commit`. Only one may change at a time."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._seen = tables.committed
        self._own: dict[str, Table] = {}

    def table(self, model: str) -> Table:
        """Rows by id; not to be changed by the caller."""
        own = self._own.get(model)
        return self._seen.get(model, {}) if own is None else own

    def put(self, model: str, ident: int, row: Row) -> None:
        self._copy(model)[ident] = row
        self._tables.last_ids[model] = max(self._tables.last_ids[model], ident)

    def drop(self, model: str, ident: int) -> None:
        self._copy(model).pop(ident, None)

    def new_id(self, model: str) -> int:
        """Never given twice, also when the transaction fails: as with a sequence of the database."""
        self._tables.last_ids[model] += 1
        return self._tables.last_ids[model]

    def commit(self) -> None:
        """Show the changes to everybody."""
        if self._own:
            self._tables.committed = self._seen = {**self._tables.committed, **self._own}
            self._own = {}

    def saved(self) -> dict[str, Table]:
        """A point to :meth:`restore`."""
        return {model: dict(table) for model, table in self._own.items()}

    def restore(self, saved: dict[str, Table]) -> None:
        self._own = saved

    def _copy(self, model: str) -> Table:
        if model not in self._own:
            self._own[model] = dict(self._seen.get(model, {}))
        return self._own[model]
