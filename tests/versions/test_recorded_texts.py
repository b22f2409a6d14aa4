"""Texts of packs that an older version has recorded stay readable: tickets are pinned to them, reviews refer to them.

``recorded/`` holds every shipped pack as 0.1.0 wrote it into databases, in the old words of policy files.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from structlog.testing import capture_logs

from bridge.account import Account
from bridge.decision import ClockState
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.policy.recorded import recorded_policy
from bridge.policy.renamed import in_current_terms, renamed_terms
from bridge.ports.outcomes import ReviewOutcome
from bridge.ports.versions import PackVersion
from bridge.runtime.pinning import ALWAYS
from bridge.runtime.replay import replay

from .conftest import AGENT, RestartableBridge

FOLDER = Path(__file__).parent / "recorded"
PROSE = {"heading", "label", "override", "question", "reading", "reason", "remark_otherwise", "shown_in", "text"}
PHONE_CALL = {"channel": "phone", "facts": {"affected": "all"}}


class Recorded(NamedTuple):
    """A text of a pack, and the digest under which 0.1.0 recorded it."""

    digest: str
    text: dict[str, Any]


def recorded(pack: str) -> Recorded:
    return Recorded(**json.loads((FOLDER / f"{pack}.json").read_text(encoding="utf-8")))


CHANGED_SINCE = {"solution provided", "no response"}
"""Rules of the shipped packs that are other ones than in 0.1.0: a message is tied to the reason, not to the status."""


def unchanged(policy: Policy) -> Any:
    """The rules of a policy that are those of 0.1.0."""
    rules = without_prose(policy.model_dump(mode="json"))
    rules["reactions"] = [each for each in rules["reactions"] if each["name"] not in CHANGED_SINCE]
    return rules


def without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_prose(inner) for key, inner in value.items() if key not in {*PROSE, "templates"}}
    return [without_prose(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(params=packs())
def pack_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_text_in_old_words_is_read_as_the_same_rules(pack_name: str) -> None:
    old = recorded(pack_name)
    assert list(renamed_terms(old.text))
    policy = recorded_policy(old.text)
    assert unchanged(policy) == unchanged(load_policy(pack_name))


def test_it_keeps_its_digest_and_its_words(pack_name: str) -> None:
    old = recorded(pack_name)
    policy = recorded_policy(old.text)
    assert (policy.digest, policy.source) == (old.digest, old.text)


OLD_TERMS = {"closure": {"guard": "warn"}, "version": "1b"}
NEW_TERMS = {"closure": {"if_unconfirmed": "warn"}, "reactions": [{"name": "Japanese support", "reason": "contract"}]}


@pytest.mark.parametrize("terms", [OLD_TERMS, NEW_TERMS], ids=["old", "new"])
def test_terms_of_a_contract_fit_it_in_the_words_of_their_time(terms: dict[str, Any]) -> None:
    old = recorded("maas360")
    policy, misfit = recorded_policy(old.text).fitted(Account(name="Acme", overrides=terms))
    assert (policy.closure and policy.closure.if_unconfirmed, misfit) == ("warn", "")
    again, misfit = recorded_policy(policy.source).fitted(Account(name="Acme", overrides=terms))
    assert (again.digest, misfit) == (policy.digest, "")


def test_terms_in_old_words_keep_the_digest_that_was_recorded_with_them() -> None:
    old = recorded("maas360")
    before = merged(old.text, OLD_TERMS)
    policy, _ = recorded_policy(before).fitted(Account(name="Acme", overrides=OLD_TERMS))
    assert policy.source == before


@pytest.fixture
def upgraded(site: RestartableBridge) -> RestartableBridge:
    """A database of 0.1.0 with a ticket, opened by this version and its own pack."""
    old = recorded("maas360")
    version = PackVersion("maas360", ALWAYS, old.digest, "1", "new_only")
    site.store.announce_version(version, old.text, site.now)
    site.start(recorded_policy(old.text))
    site.ticket(**PHONE_CALL)
    site.review()
    site.start(load_policy("maas360"))
    return site


def test_a_pinned_ticket_is_evaluated_by_its_text_and_keeps_its_clocks(upgraded: RestartableBridge) -> None:
    upgraded.pass_time(minutes=20)
    upgraded.send_message(AGENT)
    review = upgraded.review()
    assert review.outcome is ReviewOutcome.NOTHING, review.detail
    assert review.decision
    assert review.decision.digest == recorded("maas360").digest
    [met] = [clock for clock in review.decision.clocks if clock.name == "first_response"]
    assert (met.state, met.target_s) == (ClockState.MET, 30 * 60)


def test_its_reviews_are_reproduced_before_and_after(upgraded: RestartableBridge) -> None:
    upgraded.pass_time(hours=5)
    upgraded.review()
    for review in upgraded.store.reviews():
        before, again = replay(upgraded.store, review.id)
        assert again.model_dump_json() == before.model_dump_json()


def test_the_same_text_in_new_words_is_no_edit_that_needs_a_new_version(site: RestartableBridge) -> None:
    text = {**recorded("maas360").text, "pack": "own"}
    site.start(recorded_policy(text))
    with capture_logs() as logs:
        site.start(Policy.of(in_current_terms(text)))
    assert [entry["event"] for entry in logs] == []
    with capture_logs() as logs:
        site.start(Policy.of({**in_current_terms(text), "title": "An edit"}))
    assert [entry["event"] for entry in logs] == ["pack_edited"]


def test_nothing_is_written_again_because_of_the_upgrade(upgraded: RestartableBridge) -> None:
    assert upgraded.review().outcome is ReviewOutcome.NOTHING
    applied = [review for review in upgraded.store.reviews() if review.outcome is ReviewOutcome.APPLIED]
    assert len(applied) == 1
