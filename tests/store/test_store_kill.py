"""Processes killed in the middle of their work: what was acknowledged is there."""

import itertools
import random
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from bridge.ports.deliveries import Delivery
from bridge.store import open_store
from bridge.ticket import TicketRef
from tests.support.databases import two_engines_one_slow
from tests.support.processes import start_process

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
WORKERS = 3
KILLS_EACH = 2
THREADS = 4

RECEIVER = f"""
import itertools, os, sys, threading
from datetime import UTC, datetime
from bridge.ports.deliveries import Delivery
from bridge.store import open_store
from bridge.ticket import TicketRef

now = datetime.fromisoformat({NOW.isoformat()!r})
store = open_store(sys.argv[1])

def receive(thread):
    for number in itertools.count():
        ident = f"{{sys.argv[2]}}-{{thread}}-{{number}}"
        ref = TicketRef(connection="acme", id=str(number % 50))
        store.accept(Delivery("acme", ident, now, {{}}, b"x" * 500, (ref,)), now)
        os.write(1, f"{{ident}}\\n".encode())

threads = [threading.Thread(target=receive, args=(thread,)) for thread in range({THREADS})]
for thread in threads: thread.start()
"""


def receive_until_killed(url: str, name: str, acknowledged: list[str]) -> None:
    """Start a receiver, note what it acknowledges, and kill it in mid-flight."""
    enough = random.Random(name).randint(20, 150)
    with start_process(
        [sys.executable, "-c", RECEIVER, url, name], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        acknowledged.extend(line.strip() for line in itertools.islice(process.stdout, enough) if line.endswith("\n"))
        process.kill()
        acknowledged.extend(line.strip() for line in process.stdout if line.endswith("\n"))


@two_engines_one_slow
def test_nothing_acknowledged_is_lost_when_receivers_are_killed(database_url: str) -> None:
    open_store(database_url).close()
    acknowledged: list[str] = []

    def live_and_die(worker: int) -> None:
        for life in range(KILLS_EACH):
            receive_until_killed(database_url, f"{worker}.{life}", acknowledged)

    workers = [threading.Thread(target=live_and_die, args=(worker,)) for worker in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)

    assert len(acknowledged) >= WORKERS * KILLS_EACH * 20
    store = open_store(database_url)
    lost = [ident for ident in acknowledged if store.accept(Delivery("acme", ident, NOW, {}, b""), NOW)]
    assert lost == []
    due = {claim.ref for claim in store.claim(NOW, limit=1000, lease_s=60)}
    assert {TicketRef(connection="acme", id=str(int(ident.rpartition("-")[2]) % 50)) for ident in acknowledged} <= due
    store.close()
