"""``policybridge stop`` and ``resume`` against a local Zendesk and a real database."""

import json
from collections.abc import Callable
from typing import Any

from bridge.cli.exits import Exit
from bridge.sandbox.zendesk.process import ZendeskSandbox

from .recorded_reviews import writes


def test_stop_withholds_and_resume_shows_it_first(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    stopped = connected("stop", "--because", "wrong texts")
    assert (stopped.code, stopped.err) == (Exit.OK, "")
    assert stopped.out.startswith("all connections: stopped by ")
    assert "nothing was changed: that was stopped already" in connected("stop").out
    held = connected("review", ident)
    assert "withheld: stopped by " in held.out
    assert "(withheld: stopped by " in connected("explain", ident).out
    assert writes(zendesk) == []

    shown = connected("resume", "--plan")
    assert f"acme:{ident}  MA-09    set priority to urgent" in shown.out
    assert "planned actions are withheld" in shown.out
    as_json = connected("resume", "--plan", "--json").json()
    assert (as_json["resumed"], as_json["stops"]) == ([], 1)
    assert {each["cause"] for each in as_json["withheld"]} == {"stop"}
    assert writes(zendesk) == [], "still stopped"

    assert "all connections resumed" in connected("resume", "--yes", "--because", "texts corrected").out
    assert connected("review", ident).out.startswith(f"acme:{ident}  applied")
    assert len(writes(zendesk)) == 1
    assert connected("resume").out == "nothing is stopped\n"


def test_a_connection_that_is_not_there(connected: Any) -> None:
    done = connected("stop", "--connection", "acne")
    assert done.code == Exit.UNUSABLE
    assert done.err.strip().endswith("connection: found 'acne'; allowed: acme")


def test_a_stop_needs_no_file_that_can_be_read(connected: Any) -> None:
    connected.write("policybridge.yaml", "policy: [")
    assert connected("stop").code == Exit.OK
    assert connected("resume").code == Exit.OK


def test_release_lists_what_waits_and_lets_it_through(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    file = connected.folder / "policybridge.yaml"
    given = json.loads(file.read_text())
    given["connections"]["acme"]["tiers"] = {}
    connected.write("policybridge.yaml", given | {"limits": {"reassignments": {"day": 0}}})
    ident = critical_ticket()
    connected("review", ident)
    listed = connected("release")
    assert listed.out == "no cap withholds anything\n"
    released = connected("release", ident, "--json").json()
    assert released == {"released": {f"acme:{ident}": 0}, "withheld": []}
