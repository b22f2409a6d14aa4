"""Old keys and values of policy files: each is an error that names the new one, with file, line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bridge.account import Account
from bridge.cli.config_check import check_config
from bridge.cli.json_schema import schema_of
from bridge.cli.pack_check import check_pack
from bridge.config.accounts_file import read_accounts
from bridge.config.configuration import read_configuration
from bridge.errors import InputError
from bridge.policy.load import load_policy, packs
from bridge.policy.renamed import CONDITIONS, KEYS, PLACEHOLDERS, VALUES, in_current_terms, renamed_terms

POSITIONS = {"automatic_moves", "clocks", "gates", "informational", "intake", "items", "maintenance_windows", "met_by"}
POSITIONS |= {"notices", "reactions", "reports", "rows", "stages", "transitions", "waiting", "workflows"}


def placed(place: str, value: Any) -> Any:
    """A value at a place, and as little as possible around it."""
    above, _, below = place.partition(".")
    names, inner = {"*": "any_name"}, placed(below, value) if below else value
    if below.startswith("*") and above in POSITIONS:
        _, _, rest = below.partition(".")
        return {above: [placed(rest, value) if rest else value]}
    return {names.get(above, above): inner}


def every_entry() -> Iterator[Any]:
    for place, new in KEYS.items():
        old = place.rpartition(".")[2]
        yield pytest.param(placed(place, "x"), old, new, id=place)
    for place, renames in VALUES.items():
        for old, new in renames.items():
            yield pytest.param(placed(place, old), old, new, id=f"{place}={old}")
    for old, new in CONDITIONS.items():
        yield pytest.param({"reactions": [{"when": {"any": [{old: "x"}]}}]}, old, new, id=f"when {old}")
    for old, new in PLACEHOLDERS.items():
        braced = f"{{{old}}}"
        yield pytest.param({"templates": {"notify": f"So {braced}."}}, braced, f"{{{new}}}", id=braced)


@pytest.mark.parametrize(("source", "old", "new"), list(every_entry()))
def test_every_old_key_is_reported_with_its_new_name(source: dict[str, Any], old: str, new: str) -> None:
    (found,) = renamed_terms(source)
    assert found.message == f"found {old!r}; it is called {new!r} now"


@pytest.mark.parametrize(("source", "old", "new"), list(every_entry()))
def test_every_old_word_that_was_recorded_is_read_as_its_new_name(source: dict[str, Any], old: str, new: str) -> None:
    before = deepcopy(source)
    current = in_current_terms(source)
    assert source == before
    assert list(renamed_terms(current)) == []
    assert json.dumps(current) == json.dumps(source)[::-1].replace(old[::-1], new[::-1], 1)[::-1]


def test_an_old_key_beside_its_own_new_one_is_left_for_the_reader_to_refuse() -> None:
    both = {"closure": {"guard": "warn", "if_unconfirmed": "warn"}}
    assert in_current_terms(both) == both


@pytest.mark.parametrize("place", KEYS)
def test_the_new_key_is_one_of_the_format_and_the_old_one_is_none(place: str) -> None:
    above, _, old = place.rpartition(".")
    keys = _keys_at(above)
    assert KEYS[place] in keys
    assert old not in keys


@pytest.mark.parametrize("place", VALUES)
def test_the_new_value_is_one_of_the_format_and_the_old_one_is_none(place: str) -> None:
    above, _, key = place.removesuffix(".*").rpartition(".")
    allowed = set(re.findall(r'"const": "(\w+)"|"(\w+)"', str(_keys_at(above)[key]).replace("'", '"')))
    values = {value for pair in allowed for value in pair if value}
    for old, new in VALUES[place].items():
        assert new in values or "$ref" in values, (old, new, values)
        assert old not in values


@cache
def pack_schema() -> dict[str, Any]:
    """The JSON Schema of a pack, made once for all places."""
    return schema_of("pack")


def _keys_at(place: str) -> dict[str, list[Any]]:
    """The keys that may stand at a place, with their schemas."""
    schema = pack_schema()
    at: list[dict[str, Any]] = [schema]
    for step in filter(None, place.split(".")):
        inner: list[dict[str, Any]] = []
        for each in _resolved(schema, at):
            if step != "*":
                inner += [each["properties"][step]] if step in each.get("properties", {}) else []
                continue
            inner += [part for part in (each.get("items"), each.get("additionalProperties")) if isinstance(part, dict)]
        at = inner
    found: dict[str, list[Any]] = {}
    for each in _resolved(schema, at):
        for key, value in each.get("properties", {}).items():
            found.setdefault(key, []).append(value)
    return found


def _resolved(schema: dict[str, Any], found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in found:
        if "$ref" in each:
            yield from _resolved(schema, [schema["$defs"][each["$ref"].rpartition("/")[2]]])
        elif options := each.get("anyOf") or each.get("oneOf"):
            yield from _resolved(schema, options)
        else:
            yield each


@pytest.mark.parametrize("pack", packs())
def test_no_shipped_pack_uses_an_old_key(pack: str) -> None:
    assert list(renamed_terms(load_policy(pack).source)) == []


def test_old_keys_are_reported_with_their_places_and_all_at_once(tmp_path: Path) -> None:
    base = (Path(__file__).parent / "base.yaml").read_text(encoding="utf-8")
    file = tmp_path / "old.yaml"
    text = base.replace("reactions:", "routes:").replace("ask_again_if_changed:", "watches:")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_policy(str(file))
    routes, watches = str(caught.value).splitlines()
    line = text[: text.index("routes:")].count("\n") + 1
    assert routes == f"{file}:{line}:1 routes: found 'routes'; it is called 'reactions' now"
    assert re.fullmatch(
        rf"{re.escape(str(file))}:\d+:\d+ gates\[0\]\.watches: "
        "found 'watches'; it is called 'ask_again_if_changed' now",
        watches,
    )


def test_an_old_key_in_the_overrides_of_an_account_is_reported_as_well() -> None:
    policy = load_policy("maas360")
    account = Account(name="Acme", overrides={"closure": {"guard": "warn"}})
    left, why = policy.fitted(account)
    assert left is policy
    assert "closure.guard: found 'guard'; it is called 'if_unconfirmed' now" in why


def test_a_fact_may_have_the_name_of_a_renamed_key() -> None:
    source = {
        "facts": {"open": {}, "because": {}},
        "reactions": [{"when": {"open": "yes"}}],
        "templates": {"notify": "{because}"},
    }
    assert list(renamed_terms(source)) == []


OVERRIDES = "{closure: {guard: warn}, clocks: [{name: status_update, late: fire}]}"
CONNECTIONS = "connections: {odoo: {vendor: odoo, mode: shadow}}"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A pack of an admin in old words: two keys and a value."""
    text = (Path(__file__).parent / "base.yaml").read_text(encoding="utf-8")
    file = tmp_path / "own.yaml"
    file.write_text(
        text.replace("reactions:", "routes:").replace("ask_again_if_changed:", "watches:"), encoding="utf-8"
    )
    return file


def test_check_tells_every_old_word_of_a_pack_with_its_place(own: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_policy(str(own))
    reported = [str(problem).replace("PB002 ", "") for problem in check_pack(str(own)).problems]
    assert reported == str(caught.value).splitlines()
    assert len(reported) == 2


def test_old_words_of_a_pack_are_not_told_as_those_of_its_overrides(own: Path) -> None:
    config = own.with_name("policybridge.yaml")
    config.write_text(f"policy: {own}\n{CONNECTIONS}\noverrides:\n  {own}:\n    title: Another\n", encoding="utf-8")
    assert check_config(config).problems == ()


def test_old_words_in_overrides_are_reported_where_they_stand(tmp_path: Path) -> None:
    config = tmp_path / "policybridge.yaml"
    config.write_text(f"policy: maas360\n{CONNECTIONS}\noverrides:\n  maas360: {OVERRIDES}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_configuration(config)
    place = f"{config}:4:"
    assert str(caught.value).splitlines() == [
        f"{place}23 overrides.maas360.closure.guard: found 'guard'; it is called 'if_unconfirmed' now",
        f"{place}68 overrides.maas360.clocks[0].late: found 'late'; it is called 'if_late' now",
        f"{place}74 overrides.maas360.clocks[0].late: found 'fire'; it is called 'act' now",
    ]
    reported = [str(problem).replace("PB003 ", "") for problem in check_config(config).problems]
    assert reported == str(caught.value).splitlines()


def test_old_words_in_an_accounts_file_are_reported_where_they_stand(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    file.write_text(f'accounts:\n  "5101":\n    overrides: {OVERRIDES}\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_accounts(file, [load_policy("maas360")])
    first, *others = str(caught.value).splitlines()
    assert (
        first == f"{file}:3:27 accounts.5101.overrides.closure.guard: found 'guard'; it is called 'if_unconfirmed' now"
    )
    assert len(others) == 2
