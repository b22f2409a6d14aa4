"""Every statement on a ticket's way from delivery to review finds its rows by an index, on both engines."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from bridge.account import Account
from bridge.decision import Citation
from bridge.decision.records import parse_action
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.approvals import RecordedApproval
from bridge.ports.deliveries import Delivery
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.store import SqlStore
from bridge.ticket import Ticket, TicketRef

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = TicketRef(connection="acme", id="1")
NOTE = parse_action("internal_note", "breach", key="1/MA-03/1", cite=Citation(pack="p", version="1", clause="c"))

Statement = tuple[str, Any]
"""The text of a statement as it was sent, and the parameters of its first execution."""


@contextmanager
def recorded_statements(store: SqlStore) -> Iterator[dict[str, Statement]]:
    """The statements that a store sends meanwhile, by their text."""
    found: dict[str, Statement] = {}

    def note(_connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        found.setdefault(statement, (statement, parameters[0] if many else parameters))

    engines = {store.database.writer, store.database.reader}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def reconciler_of(store: SqlStore) -> Reconciler:
    """Reviews one ticket; making it announces a pack, which is not part of the hot path."""
    helpdesk = InMemoryHelpdesk(Ticket(ref=REF, created_at=NOW, account="Acme"))
    governing = PolicyPinning([load_policy("maas360")], store, NOW)
    return Reconciler(store, {"acme": helpdesk}, governing, lambda *_: Account())


def take_the_hot_path(store: SqlStore, reconciler: Reconciler) -> None:
    """Deliveries, a rejection, claims, whole reviews of a ticket, and everything else that happens for each event."""
    store.accept(Delivery("acme", "d1", NOW, {}, b"{}", (REF,)), NOW)
    store.count_rejected("acme", "wrong signature", NOW)
    for at in (NOW, NOW + timedelta(minutes=1)):
        store.wake(REF, at, ReviewCause.DELIVERY)
        [claim] = store.claim(at, limit=4, lease_s=60)
        reconciler.review(claim, at)
    store.record_sweep("acme", "cursor", [REF], NOW)
    assert store.sweep_cursor("acme")
    store.pause_connection("acme", NOW)
    store.record_approval(RecordedApproval("a", REF, "gate", granted=True, by="c@example.com", at=NOW))
    later = NOW + timedelta(hours=1)
    [claim] = store.claim(later, limit=4, lease_s=60)
    store.record_intent(claim, "r", [NOTE], later)
    store.give_back(claim, later)
    [claim] = store.claim(later, limit=4, lease_s=60, latest=True)
    store.finish(
        claim, Review("r", REF, later, ReviewCause.DUE, ReviewOutcome.APPLIED), confirmed=[NOTE.key], due=later
    )
    [claim] = store.claim(later, limit=4, lease_s=60)
    store.park(claim, Review("p", REF, later, ReviewCause.DUE, ReviewOutcome.GAVE_UP))
    store.wake(REF, later, ReviewCause.COMMAND)
    assert store.longest_wait(later + timedelta(minutes=1))


def plan_of(connection: Connection, statement: Statement) -> list[str]:
    """The steps by which the engine would carry out a statement, scans of tables avoided where it can."""
    sql, parameters = statement
    if connection.dialect.name == "sqlite":
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {sql}", parameters)]


def table_scans(plan: list[str]) -> list[str]:
    """Steps that read a whole table or a whole index."""
    sqlite = [step for step in plan if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"]
    return sqlite + [step for step in plan if "Seq Scan" in step]


def is_explained(sql: str) -> bool:
    return sql.split(maxsplit=1)[0] in ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")


def test_no_statement_of_the_hot_path_scans_a_table(store: SqlStore) -> None:
    reconciler = reconciler_of(store)
    with recorded_statements(store) as statements:
        take_the_hot_path(store, reconciler)
    explained = [statement for sql, statement in statements.items() if is_explained(sql)]
    assert len(explained) > 20, "the hot path is recorded"
    with store.database.reader.connect() as connection:
        if connection.dialect.name == "postgresql":  # tables are small here: a scan would be right, were it allowed
            connection.execute(text("SET enable_seqscan = off"))
        scans = {each[0]: found for each in explained if (found := table_scans(plan_of(connection, each)))}
        connection.rollback()
    assert scans == {}


def test_a_scan_would_be_noticed(store: SqlStore) -> None:
    with store.database.reader.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
        assert table_scans(plan_of(connection, ("SELECT id FROM tickets WHERE subject = 'x'", ())))


@pytest.mark.parametrize("column", ["due", "lease_until"])
def test_the_oldest_due_ticket_is_found_by_the_index_on_due(store: SqlStore, column: str) -> None:
    with recorded_statements(store) as statements:
        store.wake(REF, NOW, ReviewCause.DELIVERY)
        store.claim(NOW, limit=4, lease_s=60)
    picks = [each for sql, each in statements.items() if sql.startswith("SELECT") and column in sql]
    assert picks
    with store.database.reader.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
        for statement in picks:
            assert any("tickets_due" in step for step in plan_of(connection, statement)), statement
