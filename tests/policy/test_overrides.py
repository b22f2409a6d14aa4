"""Overrides change, add, remove and replace parts of a pack, and a problem is at the override that caused it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.errors import InputError
from bridge.policy.load import load_policy
from bridge.policy.overrides import merged
from bridge.scenarios.load import load_scenarios

BASE = {
    "severity": {"default": "low", "levels": {"high": 1, "low": 2}},
    "clocks": [{"name": "a", "x": 1}, {"name": "b"}],
}


@pytest.mark.parametrize(
    ("overrides", "changed"),
    [
        ({"severity": {"default": None}}, {"severity": {"levels": {"high": 1, "low": 2}}}),
        ({"severity": None, "nowhere": None}, {"clocks": BASE["clocks"]}),
        ({"severity": {"levels": {"replace": {"P1": 1}}}}, {"severity": {"default": "low", "levels": {"P1": 1}}}),
        ({"clocks": [{"name": "b", "remove": True}]}, {"clocks": [{"name": "a", "x": 1}]}),
        ({"clocks": [{"name": "a", "x": 2}]}, {"clocks": [{"name": "a", "x": 2}, {"name": "b"}]}),
        ({"clocks": {"replace": [{"name": "c"}]}}, {"clocks": [{"name": "c"}]}),
    ],
)
def test_an_override_merges_removes_or_replaces(overrides: dict[str, Any], changed: dict[str, Any]) -> None:
    result = merged(BASE, overrides)
    assert {name: result[name] for name in changed} == changed
    assert result.keys() <= BASE.keys()


def test_a_pack_loads_without_what_an_override_removes() -> None:
    assert load_policy("mattermost").severity.default == "normal"
    assert load_policy("mattermost", {"severity": {"default": None}}).severity.default is None


def _scenario(folder: Path, text: str) -> Path:
    file = folder / "case.yaml"
    file.write_text(f"policy: maas360\n{text}\nticket: {{at: 2026-03-06T15:30:00Z}}\nuntil: +1d\n")
    return file


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("overrides: {severity: {levels: {critical: huge}}}", ":2:43 overrides.severity.levels.critical: found 'huge'"),
        ("overrides: {severty: {}}", ":2:12 overrides: unknown key: found 'severty'"),
        ("overrides: {templates: {sevrity: null}}", ":2:34 overrides.templates.sevrity: nothing to remove"),
        ("overrides: {templates: {severity: null}}", ":2:24 overrides.templates: PB104"),
    ],
)
def test_a_problem_is_at_the_override_and_not_in_the_pack(tmp_path: Path, overrides: str, message: str) -> None:
    file = _scenario(tmp_path, overrides)
    with pytest.raises(InputError) as caught:
        load_scenarios([file])
    assert f"{file}{message}" in str(caught.value)
    assert "packs" not in str(caught.value)
