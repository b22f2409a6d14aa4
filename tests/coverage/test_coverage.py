"""``policybridge coverage``: every clause at work, and nothing counts that only mentions one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridge.cli import cli
from bridge.policy.load import packs

ROOT = Path(__file__).resolve().parents[2]
LEDGERS = ROOT.parent / "shared" / "clauses"
Acme = Callable[..., Path]


def covered(folder: Path, *, ledger: bool = True) -> tuple[int, dict[str, Any]]:
    """The exit code, and what is said of each clause of the small pack."""
    arguments = ["coverage", str(folder / "acme.yaml"), "--scenarios", str(folder / "scenarios.yaml"), "--json"]
    done = CliRunner().invoke(cli, [*arguments, *(["--ledger", str(folder / "ledger")] if ledger else [])])
    assert done.exit_code in (0, 1), done.output
    (found,) = json.loads(done.stdout)["packs"]
    return done.exit_code, {clause["id"]: clause for clause in found["clauses"]}


def test_every_clause_has_a_rule_and_a_scenario_or_a_reason(acme: Acme) -> None:
    code, clauses = covered(acme())
    assert code == 0
    assert clauses["AC-2"]["cited_by"] == ["severity"]
    assert clauses["AC-3"]["exercised_by"] == ["everybody waits for an answer"]
    assert clauses["AC-4"]["shown"] == "on this page"
    assert {clause["missing"] for clause in clauses.values()} == {""}


def test_a_calendar_is_exercised_by_the_clock_that_counts_on_it(acme: Acme) -> None:
    _, clauses = covered(acme())
    assert clauses["AC-1"]["cited_by"] == ["calendars.office"]
    assert clauses["AC-1"]["exercised_by"] == ["everybody waits for an answer"]


@pytest.mark.parametrize(
    ("change", "clause", "because"),
    [
        ({"pack": ("    clause: AC-3", "    clause: AC-2")}, "AC-3", "no rule cites it"),
        ({"pack": ("targets: {high: 1h, low: 2h}", "targets: {}")}, "AC-3", "no scenario exercises it"),
        ({"ledger": ("kind: inform", "kind: notify")}, "AC-4", "the ledger requires a rule"),
        ({"ledger": ("says: Two levels,", "says: Two levels, open: Which?,")}, "AC-2", "no interpretation"),
        ({"ledger": ("id: AC-4", "id: AC-5")}, "AC-4", "not in the ledger"),
        ({"ledger": ("id: AC-4", "id: AC-5")}, "AC-5", "not in the pack"),
    ],
)
def test_what_is_missing_is_reported(acme: Acme, change: Any, clause: str, because: str) -> None:
    scenario = ("    - {at: +1h, clause: AC-3, add_tag: policy_breached_first_response}\n", "")
    code, clauses = covered(acme(**change, scenario=scenario))
    assert code == 1
    assert because in clauses[clause]["missing"]
    assert not clauses[clause]["covered"]


def test_being_mentioned_in_a_scenario_proves_nothing(acme: Acme) -> None:
    """The scenario names AC-3 in what it never wants to see, and the ticket has no clock."""
    folder = acme(
        pack=("high: 1h, ", ""),
        scenario=("  expect:", "  never:\n    - {clause: AC-3, add_tag: any}\n  expect:"),
    )
    scenarios = folder / "scenarios.yaml"
    kept = [line for line in scenarios.read_text().splitlines() if "policy_breached" not in line]
    scenarios.write_text("\n".join(kept))
    _, clauses = covered(folder)
    assert clauses["AC-3"]["missing"] == "no scenario exercises it"


def test_a_pack_is_its_own_ledger_when_there_is_no_other(acme: Acme) -> None:
    code, clauses = covered(acme(ledger=("id: AC-4", "id: AC-5")), ledger=False)
    assert (code, sorted(clauses)) == (0, ["AC-1", "AC-2", "AC-3", "AC-4"])


def test_people_read_a_line_for_each_clause_and_a_sum(acme: Acme) -> None:
    folder = acme(pack=("    clause: AC-3", "    clause: AC-2"), scenario=("AC-3", "AC-2"))
    arguments = ["coverage", str(folder / "acme.yaml"), "--scenarios", str(folder)]
    (folder / "ledger" / "acme.yaml").unlink()
    (folder / "pack").mkdir()
    done = CliRunner().invoke(cli, [*arguments[:-1], str(folder / "scenarios.yaml")])
    assert done.exit_code == 1
    assert "acme 1: 3 of 4 clauses" in done.stdout
    assert "✗ AC-3" in done.stdout
    assert done.stdout.splitlines()[-1] == "3 of 4 clauses"


@pytest.mark.skipif(not LEDGERS.is_dir(), reason="the clause ledgers are not part of this repository")
def test_the_ledgers_can_be_read_and_name_shipped_packs() -> None:
    from bridge.scenarios.coverage import read_ledgers

    assert set(packs()) <= set(read_ledgers(LEDGERS))
