"""How long a claim takes as the table of tickets grows: it must not grow with it.

    python -m benchmarks.queue
    python -m benchmarks.queue --database-url postgresql://postgres@127.0.0.1/empty

Most tickets are due in the future, a few thousand are due now, as after a short outage. Each claim leases four of them
in a transaction of its own, as ``serve`` does; the time of its commit to disk is part of it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
from sqlalchemy import create_engine, make_url, text

from bridge.store import SqlStore, open_store
from bridge.store.tables import tickets

SIZES = (10_000, 100_000, 1_000_000)
TICKETS_DUE = 4_000
TICKETS_A_CLAIM = 4
CLAIMS = 400
GOAL = 1.3
"""How much longer a claim in the largest table may take than one in the smallest."""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def new_tickets(size: int) -> Iterator[dict[str, object]]:
    """Tickets, the due ones spread evenly among those that are due later."""
    step = size // TICKETS_DUE
    for number in range(size):
        is_due = number % step == 0
        due = NOW - timedelta(seconds=number % 3600) if is_due else NOW + timedelta(seconds=60 + number % 86_400)
        yield {
            "connection": f"desk{number % 3}",
            "id": str(number),
            "due": due,
            "generation": 1,
            "attempts": 0,
            "why": "due",
            "version": "",
            "subject": "Printer on fire",
            "open": True,
        }


def fill(store: SqlStore, size: int) -> None:
    """Replace the tickets by ``size`` new ones, with fresh statistics for the planner."""
    with store.database.write() as connection:
        connection.execute(tickets.delete())
        rows = new_tickets(size)
        while batch := list(islice(rows, 10_000)):
            connection.execute(tickets.insert(), batch)
        connection.execute(text("ANALYZE"))


def claim_ms(store: SqlStore, number: int) -> float:
    """How long one claim takes."""
    begun = time.perf_counter()
    claims = store.claim(NOW + timedelta(milliseconds=number), limit=TICKETS_A_CLAIM, lease_s=3600)
    taken = 1000 * (time.perf_counter() - begun)
    if len(claims) != TICKETS_A_CLAIM:
        raise click.ClickException(f"a claim found {len(claims)} due tickets, not {TICKETS_A_CLAIM}")
    return taken


def measure(urls: Mapping[int, str]) -> float:
    """Print one line for each size; gives the last median over the first.

    All sizes are claimed from in turn, so that whatever else the machine does slows each of them down alike.
    """
    with ExitStack() as opened:
        stores = {size: opened.enter_context(closing(open_store(url))) for size, url in urls.items()}
        for size, store in stores.items():
            fill(store, size)
        times: dict[int, list[float]] = {size: [] for size in stores}
        for number in range(CLAIMS):
            for size, store in stores.items():
                times[size].append(claim_ms(store, number))
    medians = {size: median(found) for size, found in times.items()}
    smallest, *_, largest = medians
    for size, found in times.items():
        p95, ratio = sorted(found)[int(0.95 * len(found))], medians[size] / medians[smallest]
        click.echo(f"{size:>12,} {medians[size]:>12.2f} {p95:>10.2f} {ratio:>8.2f}")
    return medians[largest] / medians[smallest]


@contextmanager
def sqlite_urls(sizes: Sequence[int]) -> Iterator[dict[int, str]]:
    """One file for each size, deleted afterwards."""
    with TemporaryDirectory(prefix="policybridge-queue-") as folder:
        yield {size: f"sqlite:///{Path(folder) / f'{size}.sqlite3'}" for size in sizes}


@contextmanager
def postgresql_urls(database_url: str, sizes: Sequence[int]) -> Iterator[dict[int, str]]:
    """One schema for each size, dropped afterwards."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    schemas = {size: f"queue_benchmark_{size}" for size in sizes}
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for schema in schemas.values():
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            yield {
                size: url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(
                    hide_password=False
                )
                for size, schema in schemas.items()
            }
        finally:
            for schema in schemas.values():
                connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


@click.command()
@click.option("--database-url", help="A PostgreSQL database, measured after SQLite.")
@click.option("--size", "sizes", type=int, multiple=True, default=SIZES, help="Tickets in the table; repeatable.")
def main(database_url: str | None, sizes: tuple[int, ...]) -> None:
    """Measure a claim of four tickets on SQLite, and on PostgreSQL with a URL."""
    engines = {"SQLite": sqlite_urls(sizes)}
    if database_url:
        engines["PostgreSQL"] = postgresql_urls(database_url, sizes)
    ratios = []
    for name, databases in engines.items():
        with databases as urls:
            click.echo(f"{name}, {CLAIMS} claims of {TICKETS_A_CLAIM} tickets")
            click.echo(f"{'tickets':>12} {'median ms':>12} {'p95 ms':>10} {'ratio':>8}")
            ratios.append(measure(urls))
    sys.exit(0 if max(ratios) <= GOAL else 1)


if __name__ == "__main__":
    main()
