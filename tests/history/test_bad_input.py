"""Bad input is counted and named; the other tickets are evaluated all the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from bridge.errors import InputError
from bridge.history.line import HistoryLine
from bridge.history.problems import HistoryProblem
from bridge.history.source import HistoryFile
from bridge.history.unroll import at_creation
from bridge.ticket import Ticket

from .histories import backtested, edited, ticket_lines, write_history


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return ticket_lines(3)


def test_an_export_that_was_cut_off_in_the_middle_of_a_line(tmp_path: Path, lines: list[str]) -> None:
    path = write_history(tmp_path / "h.ndjson", lines)
    path.write_text(path.read_text("utf-8")[: -len(lines[2])], encoding="utf-8")
    results, summary = backtested(path)
    assert [result.is_evaluated for result in results] == [True, True, False]
    assert summary.problems == {HistoryProblem.UNREADABLE: 1, HistoryProblem.CUT_OFF: 1}
    assert summary.examples[HistoryProblem.CUT_OFF] == ["h.ndjson: found 3 tickets and no end line"]
    assert summary.examples[HistoryProblem.UNREADABLE][0].startswith("h.ndjson:4: Invalid JSON")


def test_an_export_that_was_cut_off_between_two_lines(tmp_path: Path, lines: list[str]) -> None:
    results, summary = backtested(write_history(tmp_path / "h.ndjson", lines, end=False))
    assert [result.is_evaluated for result in results] == [True] * 3
    assert summary.faults == {HistoryProblem.CUT_OFF: 1}


def test_a_compressed_export_that_was_cut_off(tmp_path: Path, lines: list[str]) -> None:
    whole = write_history(tmp_path / "h.ndjson", lines).read_bytes()
    path = tmp_path / "h.ndjson.gz"
    path.write_bytes(gzip.compress(whole))
    assert backtested(path)[1].problems == {}
    path.write_bytes(gzip.compress(whole)[:-600])
    assert backtested(path)[1].faults == {HistoryProblem.CUT_OFF: 1}


@pytest.mark.parametrize(
    ("spoiled", "problem", "is_evaluated"),
    [
        ({"timeline": [], "status": "solved"}, HistoryProblem.NO_HISTORY, False),
        ({"created_at": "2026-11-01T00:00:00Z"}, HistoryProblem.NOT_IN_PERIOD, False),
        ({"created_at": "not a time"}, HistoryProblem.UNREADABLE, False),
        ({"surprise": 1}, HistoryProblem.UNREADABLE, False),
        ({"unusable": {"channel": "found 'x'"}}, HistoryProblem.UNUSABLE_VALUES, True),
    ],
)
def test_a_ticket_with_a_problem(
    tmp_path: Path, lines: list[str], spoiled: dict[str, object], problem: HistoryProblem, is_evaluated: bool
) -> None:
    results, summary = backtested(write_history(tmp_path / "h", [lines[0], edited(lines[1], **spoiled)]))
    assert summary.problems[problem] == 1
    assert [result.is_evaluated for result in results] == [True, is_evaluated]


def test_times_out_of_order_are_sorted_and_counted(tmp_path: Path, lines: list[str]) -> None:
    timeline = json.loads(lines[0])["ticket"]["timeline"]
    late = [entry for entry in timeline if entry["at"] == timeline[-1]["at"]]
    other = edited(lines[0], timeline=[*late, *timeline[: -len(late)]], ref=_ref("other"))
    (plain, mixed), summary = backtested(write_history(tmp_path / "h", [lines[0], other]))
    assert summary.problems == {HistoryProblem.OUT_OF_ORDER: 1}
    assert [clock.due_at for clock in mixed.clocks] == [clock.due_at for clock in plain.clocks]


def _ref(ident: str) -> dict[str, str]:
    return {"connection": "benchmark", "id": ident}


def test_a_fact_that_is_gone_was_there_before(lines: list[str]) -> None:
    ticket = HistoryLine.model_validate_json(lines[0]).ticket
    gone = {"kind": "changed", "at": ticket.created_at, "actor": {"role": "agent"}, "field": "fact:gone", "old": "was"}
    changed = Ticket.model_validate({**ticket.model_dump(), "timeline": [gone]})
    assert "gone" not in changed.facts
    assert at_creation(changed).facts["gone"] == "was"


def test_a_status_that_nobody_names_is_counted(tmp_path: Path, lines: list[str]) -> None:
    timeline = json.loads(lines[0])["ticket"]["timeline"]
    first = next(entry for entry in timeline if entry.get("field") == "status")
    del first["old"]
    found = backtested(write_history(tmp_path / "h", [edited(lines[0], timeline=timeline)]))[1]
    assert found.problems == {HistoryProblem.UNUSABLE_VALUES: 1}


def test_people_whom_nobody_knows_are_counted(tmp_path: Path, lines: list[str]) -> None:
    timeline = json.loads(lines[0])["ticket"]["timeline"]
    timeline[0]["actor"] = {"role": "unknown", "id": "77"}
    assert backtested(write_history(tmp_path / "h", [edited(lines[0], timeline=timeline)]))[1].problems == {
        HistoryProblem.UNKNOWN_PEOPLE: 1
    }


def test_a_ticket_that_stands_there_twice_counts_once(tmp_path: Path, lines: list[str]) -> None:
    results, summary = backtested(write_history(tmp_path / "h", [lines[0], lines[1], lines[0]]))
    assert (summary.read, summary.evaluated, summary.problems) == (3, 2, {HistoryProblem.REPEATED: 1})
    assert results[2].problems == (HistoryProblem.REPEATED,)


@pytest.mark.parametrize("text", ["", "{}", '{"format": "policybridge-history", "version": 2}', "\x1f\x8bxx"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="not a history that this program can read"):
        HistoryFile(path)


def test_an_error_of_ours_takes_no_verdict_from_the_others(
    tmp_path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.history import past_ticket

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(past_ticket, "at_creation", broken)
    results, summary = backtested(write_history(tmp_path / "h", lines[:1]))
    assert summary.problems == {HistoryProblem.FAILED: 1}
    assert results[0].detail == "ZeroDivisionError: a bug; please report this bug"
