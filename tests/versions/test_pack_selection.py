"""Each ticket is governed by exactly one pack; which one can be read from the packs, and a tie is refused."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config.configured_packs import load_packs, pack_conflicts
from bridge.errors import InputError
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.policy.selection import are_exclusive
from bridge.runtime.pinning import PolicyPinning
from bridge.yamlio.document import only, parse_all
from mappings.connection import Configuration

from .conftest import RestartableBridge, pack

NAMES = {"brand": ("red", "blue"), "form": ("sales", "technical"), "channel": ("phone", "email")}
TAGS = ("vip", "beta", "trial")


def named(name: str, when: dict[str, Any], precedence: int = 0) -> Policy:
    return pack(4, pack=name, applies_when=when, precedence=precedence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"brand": "red"}, {"brand": "blue"}),
        ({"brand": "red", "channel": "phone"}, {"brand": ["blue", "green"], "channel": "phone"}),
        ({"form": "sales"}, {"form": {"not": "sales"}}),
        ({"tags": {"any": ["vip"]}}, {"tags": {"none": ["vip", "beta"]}}),
        ({"team": {"known": True}}, {"team": None}),
        ({"any": [{"brand": "red"}, {"form": "sales"}]}, {"brand": "blue", "form": "technical"}),
    ],
)
def test_packs_whose_conditions_exclude_each_other_can_stand_side_by_side(
    site: RestartableBridge, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert PolicyPinning([named("one", one), named("other", other)], site.store, site.now)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({}, {"brand": "red"}),
        ({"brand": "red"}, {"form": "sales"}),
        ({"brand": ["red", "blue"]}, {"brand": ["blue", "green"]}),
        ({"tags": ["vip"]}, {"tags": ["beta"]}),
        ({"brand": {"known": False}}, {"brand": [None, "red"]}),
    ],
)
def test_a_possible_tie_is_refused_and_names_both(
    site: RestartableBridge, one: dict[str, Any], other: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"found one and other, both with precedence 0.* higher `precedence`"):
        PolicyPinning([named("one", one), named("other", other)], site.store, site.now)


def test_the_lines_that_the_message_names_settle_the_tie() -> None:
    """As in a file: two shipped packs, which cannot know an admin's brands."""
    given: dict[str, Any] = {"policy": ["maas360", "mattermost"], "connections": {"acme": {"vendor": "zendesk"}}}
    [conflict] = pack_conflicts(load_packs(Configuration.model_validate(given)))
    assert "found maas360 and mattermost, both with precedence 0" in conflict
    lines = [line for line in re.findall(r"`([^`]+)`", conflict) if line.startswith(("maas360:", "mattermost:"))]
    brands, precedence = lines[:2], lines[2:]
    assert brands == ["maas360: {applies_when: {brand: ONE}}", "mattermost: {applies_when: {brand: OTHER}}"]
    assert precedence == ["mattermost: {precedence: 1}"]
    for written in (brands, precedence):
        overrides = only(parse_all("\n".join(written), name="overrides"), "overrides").value
        assert pack_conflicts(load_packs(Configuration.model_validate(given | {"overrides": overrides}))) == []


def test_a_pack_for_some_tickets_is_to_win_over_one_for_all() -> None:
    for order in (
        [("all", {}), ("own/vip.yaml", {"tags": ["vip"]})],
        [("own/vip.yaml", {"tags": ["vip"]}), ("all", {})],
    ):
        packs = [(written, named("vip" if "vip" in written else "all", when)) for written, when in order]
        [conflict] = pack_conflicts(packs)
        assert "`own/vip.yaml: {precedence: 1}`" in conflict, "the key under overrides is how the pack is written"


def test_precedence_decides_between_packs_that_overlap(site: RestartableBridge) -> None:
    site.start(named("all", {}), named("vip", {"tags": ["vip"]}, precedence=1))
    for name, tags in (("plain", set()), ("special", {"vip", "beta"})):
        site.ticket(name, tags=tags)
    assert [_pack(site, name) for name in ("plain", "special")] == ["all", "vip"]


def _pack(site: RestartableBridge, name: str) -> str:
    decision = site.review(name).decision
    assert decision
    return decision.pack


@pytest.mark.parametrize(
    ("when", "values"),
    [
        ({"brand": "red"}, {"brand": "red"}),
        ({"form": "sales"}, {"form": "sales"}),
        ({"team": "emea"}, {"team": "emea"}),
        ({"type": "incident"}, {"type": "incident"}),
        ({"channel": "phone"}, {"channel": "phone"}),
        ({"account": "5101"}, {"account": "5101"}),
    ],
)
def test_a_pack_may_be_chosen_by(site: RestartableBridge, when: dict[str, Any], values: dict[str, Any]) -> None:
    site.start(named("usual", {}), named("special", when, precedence=1))
    site.ticket("this", **values)
    site.ticket("that", type="information_request")
    assert [_pack(site, name) for name in ("this", "that")] == ["special", "usual"]


def test_a_ticket_that_no_pack_governs_is_found_and_waits_for_nothing(site: RestartableBridge) -> None:
    site.start(named("red", {"brand": "red"}))
    site.ticket(brand="blue")
    review = site.review()
    assert review.outcome == "not_governed"
    assert "no configured policy applies" in review.detail
    assert site.store.pin(review.ref) is None


def test_a_pinned_ticket_keeps_its_pack_when_another_would_apply_now(site: RestartableBridge) -> None:
    site.start(named("all", {}))
    site.ticket(tags={"vip"})
    assert _pack(site, "one") == "all"
    site.start(named("all", {}), named("vip", {"tags": ["vip"]}, precedence=1))
    assert _pack(site, "one") == "all"


def test_two_packs_of_one_name_are_refused(site: RestartableBridge) -> None:
    with pytest.raises(InputError, match="two packs called one"):
        PolicyPinning([named("one", {"brand": "red"}), named("one", {"brand": "blue"})], site.store, site.now)


plain = st.one_of(
    *(
        st.builds(
            lambda test, name=name: {name: test},
            st.one_of(
                st.sampled_from(values),
                st.lists(st.sampled_from(values), min_size=1, unique=True),
                st.sampled_from(values).map(lambda value: {"not": value}),
                st.booleans().map(lambda known: {"known": known}),
            ),
        )
        for name, values in NAMES.items()
    ),
    st.lists(st.sampled_from(TAGS), min_size=1, unique=True).map(lambda tags: {"tags": tags}),
    st.builds(
        lambda kind, tags: {"tags": {kind: tags}},
        st.sampled_from(["any", "all", "none"]),
        st.lists(st.sampled_from(TAGS), min_size=1, unique=True),
    ),
)
conditions = st.recursive(
    plain,
    lambda inner: st.builds(
        lambda kind, parts, beside: {kind: parts} | beside,
        st.sampled_from(["any", "all", "none"]),
        st.lists(inner, min_size=1, max_size=3),
        plain,
    ),
    max_leaves=5,
)
tickets = st.fixed_dictionaries(
    {
        **{name: st.sampled_from([None, *values]) for name, values in NAMES.items()},
        "tags": st.frozensets(st.sampled_from(TAGS)),
    }
)


@given(conditions, conditions, tickets)
def test_conditions_reported_as_exclusive_never_hold_together(
    one: dict[str, Any], other: dict[str, Any], ticket: dict[str, Any]
) -> None:
    if are_exclusive(one, other):
        assert not (Predicate(one).holds(ticket.__getitem__) and Predicate(other).holds(ticket.__getitem__))
