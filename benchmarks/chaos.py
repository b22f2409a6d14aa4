"""Kill servers under load for a while and count what was lost, doubled or is unknown: nothing may be.

    python -m benchmarks.chaos --seconds 60 --seed 7
    python -m benchmarks.chaos --servers 2 --database-url postgresql://postgres@127.0.0.1/empty

Real servers, a local Zendesk, signed webhooks. Zendesk never sends again what found nobody listening, so some tickets
wait for the catch-up sweep, which sees nothing younger than a minute: the end takes up to two minutes more.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from bridge.sandbox.zendesk.process import ZendeskSandbox
from tests.support.processes import wait_until
from tests.support.site import LEASE_S, Discrepancies, ServeProcess, Site

SWEEP_S = 60
FAULTS: tuple[dict[str, Any], ...] = (
    {"delay_s": 0.5},
    {"delay_s": 3.0},
    {"drop": True},
    {"drop": True, "apply": True, "delay_s": 0.5},
    {"status": 500, "apply": True},
    {"status": 503},
    {"status": 401},
    {"status": 409, "body": {"error": "UpdateConflict"}},
)


@dataclass
class Chaos:
    """A site, the chance that troubles it, and what has happened so far."""

    site: Site
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)

    def run(self, seconds: float) -> None:
        """Trouble the site for so long; then let it come to rest. Raises ``TimeoutError`` when it does not."""
        for server in self.site.servers:
            server.ready()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._load()
            time.sleep(self.chance.uniform(0, 1.5))
            server = self.chance.choice(self.site.servers)
            self._trouble(server)
            if self.chance.random() < 0.7:  # else it may be killed while it starts, and webhooks find nobody
                wait_until(server.listens, "the server answers")
        self.site.sandbox.admin("DELETE", "faults")
        unheard = [number for number in self.site.tickets if not self.site.heard(number)]
        self.happened["tickets left to the sweep"] = len(unheard)
        wait_until(self.site.at_rest, "every ticket is judged", patience_s=3 * SWEEP_S)

    def _load(self) -> None:
        for _ in range(self.chance.randint(1, 8)):
            number = self.site.ask()
            if self.chance.random() < 0.5:
                self.site.disturb(number, **self.chance.choice(FAULTS))
                self.happened["disturbed writes"] += 1

    def _trouble(self, server: ServeProcess) -> None:
        acts: tuple[Callable[[ServeProcess], None], ...] = (_kill, _kill, _kill, _kill_worker, _stop, _oversleep)
        act = self.chance.choice(acts)
        self.happened[str(act.__doc__)] += 1
        act(server)


def _kill(server: ServeProcess) -> None:
    """servers killed"""
    server.kill()
    server.start()


def _kill_worker(server: ServeProcess) -> None:
    """workers killed"""
    server.kill_worker()


def _stop(server: ServeProcess) -> None:
    """servers told to stop"""
    wait_until(server.listens, "the server answers")
    code, seconds = server.stop()
    if code or seconds > 35:
        raise click.ClickException(f"told to stop, a server ended with code {code} after {seconds:.1f} s")
    server.start()


def _oversleep(server: ServeProcess) -> None:
    """servers that overslept their leases"""
    with server.paused():
        time.sleep(1.5 * LEASE_S)


@contextmanager
def _site(database_url: str | None, servers: int) -> Iterator[Site]:
    with TemporaryDirectory(prefix="policybridge-chaos-") as folder, ZendeskSandbox() as sandbox:
        url = database_url or f"sqlite:///{folder}/chaos.sqlite3"
        site = Site(sandbox, Path(folder), url, {"POLICYBRIDGE_SWEEP": str(SWEEP_S)})
        try:
            if site.store.reviews(limit=1):
                raise click.UsageError("--database-url: found a database with reviews; allowed: an empty one")
            for _ in range(servers - 1):
                site.server()
            yield site
        finally:
            site.close()


def _report(happened: Counter[str], discrepancies: Discrepancies, writes: Counter[str]) -> None:
    for what, times in sorted(happened.items()):
        click.echo(f"{times:6}  {what}")
    click.echo(f"{discrepancies.tickets:6}  tickets")
    click.echo(f"        answers to writes: {', '.join(f'{count} x {status}' for status, count in writes.items())}")
    for name in ("lost", "doubled", "unknown", "different"):
        found: list[str] = getattr(discrepancies, name)
        click.echo(f"{len(found):6}  {name}")
        for line in found:
            click.echo(f"        {line}")


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long there is trouble.")
@click.option("--seed", type=int, help="What decides about the trouble; another each time when left out.")
@click.option("--servers", type=click.IntRange(1, 8), default=1, show_default=True, help="Servers on one database.")
@click.option("--database-url", help="An empty database, instead of SQLite in a temporary folder.")
def main(seconds: float, seed: int | None, servers: int, database_url: str | None) -> None:
    """Kill servers under load, and count what was lost or doubled."""
    seed = seed if seed is not None else random.SystemRandom().randrange(1_000_000)
    click.echo(f"seed {seed}, {servers} server(s), {seconds:.0f} s of trouble")
    with _site(database_url, servers) as site:
        chaos = Chaos(site, random.Random(seed))  # noqa: S311 - trouble, not a secret
        try:
            chaos.run(seconds)
        except TimeoutError as error:
            click.echo(f"it does not come to rest: {error}")
        discrepancies = site.discrepancies()
        writes = Counter(str(each["status"]) for each in site.sandbox.requests("PUT", "/api/v2/tickets/"))
        _report(chaos.happened, discrepancies, writes)
    sys.exit(0 if discrepancies.nothing else 1)


if __name__ == "__main__":
    main()
