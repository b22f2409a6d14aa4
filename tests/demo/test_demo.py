"""``policybridge demo``: tickets change, a page shows it, and Ctrl-C stops everything."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from bridge.demo import odoo, zendesk
from bridge.sandbox import personas
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.odoo import player
from bridge.sandbox.odoo.calls import OdooDatabase
from bridge.sandbox.odoo.env import ODOOBOT
from bridge.sandbox.runner import SampleTicketRunner
from bridge.sandbox.sample_tickets import maas360
from bridge.sandbox.zendesk import seeds
from mappings.connection import Connection

from .conftest import PATIENCE_S, Demo


def await_that(holds: Callable[[], object], what: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.2)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def interrupt(demo: Demo) -> None:
    """Ctrl-C: the terminal tells every process of the group."""
    os.killpg(demo.process.pid, signal.SIGINT)


def terminate(demo: Demo) -> None:
    demo.process.terminate()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc: processes are counted there")
@pytest.mark.parametrize(
    ("vendor", "end"),
    [("zendesk", interrupt), pytest.param("zendesk", terminate, marks=pytest.mark.slow), ("odoo", interrupt)],
)
def test_tickets_change_and_everything_stops_cleanly(
    start: Callable[..., Demo], vendor: str, end: Callable[[Demo], None]
) -> None:
    demo = start(vendor=vendor)
    url = demo.line(r"open\s+(http://127\.0\.0\.1:\d+/)")[1]
    demo.line(r"600 times faster: a day takes 2 min 24 s")
    demo.line(r"#\d+ .*priority \w+.*MA-09")
    assert "600 times faster" in requests.get(url, timeout=30).text

    def written() -> bool:
        """What the bridge wrote has come back from the helpdesk, beside webhooks that proved their origin."""
        tickets = requests.get(f"{url}api/tickets", timeout=30).json()["tickets"]
        marked = [ticket for ticket in tickets if "severity_critical" in ticket.get("tags", [])]
        metrics = requests.get(f"{url}metrics", timeout=30).text
        return bool(marked) and 'deliveries_total{verdict="accepted"} 0.0' not in metrics

    await_that(written, "no ticket carries what the bridge wrote")
    assert "policybridge_refused_total{" not in requests.get(f"{url}metrics", timeout=30).text
    children = demo.children()
    assert children
    assert demo.leftovers()
    end(demo)
    assert demo.process.wait(PATIENCE_S) == 0
    assert demo.process.stderr is not None
    assert demo.process.stderr.read() == ""
    assert demo.leftovers() == []
    await_that(lambda: not any(map(is_alive, children)), "the sandbox was left behind")


def test_a_port_in_use_is_one_line_that_says_what_to_do(start: Callable[..., Demo]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        demo = start(taken.getsockname()[1])
        out, errors = demo.process.communicate(timeout=PATIENCE_S)
    assert demo.process.returncode == 1
    assert len(errors.strip().splitlines()) == 1
    assert "policybridge demo --port" in errors
    assert demo.leftovers() == []
    assert not out


def test_the_connection_to_the_local_zendesk_is_valid() -> None:
    connection = Connection.model_validate(zendesk.connection_settings())
    ids = seeds.connection()
    assert set(connection.facts) == {name.removeprefix("facts.") for name in ids if name.startswith("facts.")}
    assert connection.fields["next_due_at"].field == ids["fields.next_due_at"]
    assert connection.mode == "enforce"
    assert connection.facts["affected"].values["affected_all"] == "all"


def test_the_connection_to_the_local_odoo_is_valid() -> None:
    connection = Connection.model_validate(odoo.connection_settings())
    assert set(connection.facts) == set(personas.FACTS)
    assert connection.facts["affected"].field == "x_affected"
    assert set(connection.statuses) == set(player.STAGES)
    assert connection.mode == "enforce"


def test_the_sample_tickets_play_in_the_local_odoo_for_a_week_without_breaking_a_rule(
    caplog: pytest.LogCaptureFixture,
) -> None:
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    database = OdooDatabase(19, SandboxClock(start, speed=1e-9))  # so slow that it stands still: only the test moves it
    with database.transaction(ODOOBOT) as env:
        made = env.sudo()
        for fact in personas.FACTS:
            ticket = env.work.registry.model_ids["helpdesk.ticket"]
            about = {"name": f"x_{fact}", "model_id": ticket, "ttype": "char", "field_description": fact}
            made["ir.model.fields"].create([about])
        made["helpdesk.ticket.stage"].create([{"name": player.STAGES["customer_update_required"], "sequence": 3}])
    runner = SampleTicketRunner(player.OdooPlayer(database), maas360(start))
    with caplog.at_level(logging.INFO, logger="bridge.sandbox.runner"):
        for _ in range(7 * 24 * 6):
            database.clock.advance(600)
            runner.play_due()
    assert [record.getMessage() for record in caplog.records] == []
    with database.transaction(ODOOBOT, changing=False) as env:
        tickets = env.sudo()["helpdesk.ticket"].search_read([], ["stage_id", "x_impact", "channel_id"], order="id")
    assert len(tickets) > 100
    assert {row["x_impact"] for row in tickets} >= {"catastrophic", "major", "minor"}
    assert {row["channel_id"][1] for row in tickets if row["channel_id"]} == {"Web", "Phone", "Other"}
    assert {row["stage_id"][1] for row in tickets} >= {"Done", "Customer Update Required", "Awaiting"}
