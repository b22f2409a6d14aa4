"""``policybridge replay`` of recorded reviews."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.decision import Decision
from bridge.policy.load import pack_file

from .recorded_reviews import record_review


def test_a_recorded_decision_is_reproduced_byte_for_byte(connected: Any) -> None:
    review = record_review(connected)
    done = connected("replay", review.id, "--json")
    assert done.code == Exit.OK
    assert done.json() == {"review": review.id, "identical": True, "same_decision": True, "diff": []}


def test_a_decision_that_this_version_would_not_make_is_shown_as_a_diff(connected: Any) -> None:
    review = record_review(connected)
    assert review.decision
    other = Decision.model_validate({**review.decision.model_dump(), "level": "low"})
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database, database:
        database.execute("UPDATE reviews SET decision = ?", (other.model_dump_json(),))
    done = connected("replay", review.id)
    assert done.code == Exit.FINDINGS
    assert '\n-  "level": "low",\n+  "level": "critical",\n' in done.out
    as_json = connected("replay", review.id, "--json")
    assert as_json.code == Exit.FINDINGS
    assert as_json.json()["identical"] is as_json.json()["same_decision"] is False
    assert '-  "level": "low",' in as_json.json()["diff"]


def test_a_decision_that_this_version_words_differently_is_told_from_another_decision(connected: Any) -> None:
    review = record_review(connected)
    assert review.decision
    rules = [{**rule.model_dump(), "because": "as 0.1.0 put it"} for rule in review.decision.rules]
    other = Decision.model_validate({**review.decision.model_dump(), "rules": rules})
    with closing(sqlite3.connect(connected.folder / "bridge.sqlite3")) as database, database:
        database.execute("UPDATE reviews SET decision = ?", (other.model_dump_json(),))
    done = connected("replay", review.id)
    assert done.code == Exit.FINDINGS
    assert f"review {review.id} is the same decision; this version words its reasons differently:" in done.out
    as_json = connected("replay", review.id, "--json").json()
    assert (as_json["identical"], as_json["same_decision"]) == (False, True)


@pytest.mark.parametrize("decided", [True, False])
def test_what_cannot_be_replayed_says_why(connected: Any, decided: bool) -> None:
    ident = "nonesuch" if decided else record_review(connected, "retry", decided=False).id
    done = connected("replay", ident)
    assert done.code == (Exit.UNUSABLE if decided else Exit.FINDINGS)
    assert len(done.err.splitlines()) == 1
    assert ident in done.err
    assert ("is recorded" if decided else "the helpdesk does not answer") in done.err


def test_the_last_reviews_are_replayed_by_this_version(connected: Any) -> None:
    record_review(connected)
    done = connected("replay", "--last", "100", "--json")
    assert done.code == Exit.OK
    expected = {"identical": 1, "same_decision": 0, "different": 0, "not_replayed": [], "parts": {}}
    assert done.json() == expected


def test_the_last_reviews_are_replayed_by_another_pack_and_differences_counted_by_kind(connected: Any) -> None:
    review = record_review(connected)
    edited = pack_file("maas360").read_text("utf-8").replace("critical: 2h", "critical: 90m")
    (connected.folder / "edited.yaml").write_text(edited, encoding="utf-8")
    done = connected("replay", "--last", "100", "--pack", "edited.yaml", "--json")
    assert done.code == Exit.FINDINGS
    assert done.json()["different"] == 1
    assert done.json()["parts"]["clocks"] == [f"{review.id} (acme:7)"]
    assert "severity" not in done.json()["parts"]
    assert f"1  clocks, such as {review.id} (acme:7)" in connected("replay", "--last", "9", "--pack", "edited.yaml").out
    assert connected("replay", "--last", "9", "--pack", "mattermost", "--json").json()["identical"] == 0
    one = connected("replay", review.id, "--pack", "edited.yaml")
    assert one.code == Exit.FINDINGS
    assert "is not reproduced by this pack:" in one.out


def test_another_version_that_decides_the_same_is_the_same_decision(connected: Any) -> None:
    record_review(connected)
    edited = pack_file("maas360").read_text("utf-8").replace('version: "1"', 'version: "2"')
    (connected.folder / "edited.yaml").write_text(edited, encoding="utf-8")
    done = connected("replay", "--last", "100", "--pack", "edited.yaml", "--json")
    assert (done.code, done.json()["same_decision"], done.json()["parts"]) == (Exit.OK, 1, {})


@pytest.mark.parametrize("words", [(), ("review1", "--last", "3")])
def test_one_review_or_the_last_ones(connected: Any, words: tuple[str, ...]) -> None:
    done = connected("replay", *words)
    assert (done.code, done.err) == (Exit.UNUSABLE, "replay: name one review, or --last N\n")
