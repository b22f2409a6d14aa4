"""Commands about what was recorded, where nothing was: they say so, and make no database that no server looks at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.store import open_store

TICKET = "acme:1"
COMMANDS = [
    ["activity", "--since", "24h"],
    ["adopt", TICKET, "--because", "promised"],
    ["amend", TICKET, "waive", "first_response", "--by", "coo@vendor.example", "--because", "agreed"],
    ["approve", TICKET, "estimate", "--email", "pat@acme.example", "--caller", "Pat"],
    ["backtest", "--history", "store", "--pack", "maas360"],
    ["explain", TICKET, "--recorded"],
    ["parked"],
    ["release"],
    ["repin", TICKET, "--to", "maas360"],
    ["replay", "--last", "5"],
    ["resume", "--yes"],
    ["stop"],
    ["takeover"],
    ["undo", "--since", "1h"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_where_there_is_no_database_it_is_refused(policybridge: Any, words: list[str]) -> None:
    done = policybridge(*words)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(
        f"{policybridge.folder / 'var/policybridge.sqlite3'}: there is no database of Policybridge"
    )
    assert list(policybridge.folder.iterdir()) == []


def test_an_empty_database_is_refused_as_well(policybridge: Any, bare_database_url: str) -> None:
    if bare_database_url.startswith("sqlite"):
        Path(bare_database_url.removeprefix("sqlite:///")).touch()
    done = policybridge("stop", POLICYBRIDGE_DATABASE_URL=bare_database_url)
    assert (done.code, "there is no database of Policybridge" in done.err) == (Exit.UNUSABLE, True)
    open_store(bare_database_url).close()
    assert policybridge("stop", POLICYBRIDGE_DATABASE_URL=bare_database_url).code == Exit.OK
