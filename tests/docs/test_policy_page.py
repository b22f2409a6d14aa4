"""``docs/policy-files.md`` is enough to write a policy with: its examples load, and no word is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from bridge.config.accounts_file import AccountFile
from bridge.policy.calendars.spec import CalendarSpec
from bridge.policy.evaluation.conditions import CONDITION_NAMES
from bridge.policy.evaluation.template import PLACEHOLDERS
from bridge.policy.load import checked
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.scenarios.check import check
from bridge.scenarios.load import resolve_scenario
from bridge.scenarios.simulate import simulate
from bridge.yamlio.document import YamlDocument, only, parse_all
from bridge.yamlio.validate import validate

PAGE = Path(__file__).parents[2] / "docs" / "policy-files.md"
TEXT = PAGE.read_text("utf-8")
BLOCK = re.compile(r"(?:^<!-- (?P<kind>\w+) -->\n)?^```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(kind: str) -> list[YamlDocument]:
    """The YAML blocks of a kind: ``pack`` (unmarked), ``scenario`` or ``accounts``; lines count as in the page."""
    found = []
    for match in BLOCK.finditer(TEXT):
        if (match["kind"] or "pack") == kind:
            above = TEXT.count("\n", 0, match.start("text"))
            found.append(only(parse_all("\n" * above + match["text"], name="policy-files.md"), "policy-files.md"))
    return found


SMALLEST, *PARTS = examples("pack")


SHARED = {"calendars", "clauses", "facts", "links", "roles", "templates"}
"""Sections to which an example adds; it replaces the others."""


def laid_over(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    return base | {
        name: merged(base.get(name, {}), example) if name in SHARED else example for name, example in part.items()
    }


def with_part(part: YamlDocument) -> Policy:
    return checked(YamlDocument(part.name, laid_over(SMALLEST.value, part.value), part.node))


def test_the_smallest_pack_is_a_policy() -> None:
    assert checked(SMALLEST).pack == "acme"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.where())
def test_every_example_is_a_policy_together_with_the_smallest_pack(part: YamlDocument) -> None:
    assert with_part(part).source != SMALLEST.value


def test_the_accounts_and_their_contracts_can_be_used() -> None:
    for document in examples("accounts"):
        for account in validate(document, AccountFile).accounts.values():
            assert checked(SMALLEST).for_account(account.account()).digest != checked(SMALLEST).digest


def test_the_scenario_passes() -> None:
    clock = {"name": "first_response", "clause": "AC-3", "met_by": ["agent_message"], "targets": {"high": "1h"}}
    whole: dict[str, Any] = {}
    for part in (SMALLEST, *(part for part in PARTS if {"gates", "closure"} & part.value.keys())):
        whole = laid_over(whole, part.value)
    whole["clocks"] = [*whole["clocks"], clock]
    policy = with_part(YamlDocument(SMALLEST.name, whole, SMALLEST.node))
    for document in examples("scenario"):
        scenario = resolve_scenario(document, load_policy=lambda name, overrides: policy)
        assert not check(scenario, simulate(scenario))


def models(annotation: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    """Every model that a pack file can hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            yield annotation
            for field in annotation.model_fields.values():
                yield from models(field.annotation, seen)
    elif get_origin(annotation) in (Annotated, Union, tuple, dict, list, frozenset) or get_args(annotation):
        for inner in get_args(annotation):
            yield from models(inner, seen)


def written(text: str) -> set[str]:
    """Names the page shows: in examples before a colon, in its text between backquotes."""
    return set(re.findall(r"(?:^|[\s{\[`,])\"?([a-z_]+)\"?(?=:)", text, re.MULTILINE)) | set(
        re.findall(r"`\{?([a-z_]+)\}?`", text)
    )


@pytest.mark.parametrize("model", [*models(Policy, set()), CalendarSpec], ids=lambda model: model.__name__)
def test_every_key_of_the_format_is_explained(model: type[BaseModel]) -> None:
    names = {field.alias or name for name, field in model.model_fields.items()} - {"root"}
    assert names <= written(TEXT), f"docs/policy-files.md says nothing of {sorted(names - written(TEXT))}"


@pytest.mark.parametrize("section", Policy.model_fields)
def test_every_section_of_a_pack_is_in_the_readme(section: str) -> None:
    assert section in written((PAGE.parents[1] / "README.md").read_text("utf-8"))


@pytest.mark.parametrize(
    "names", [PLACEHOLDERS, frozenset(CONDITION_NAMES)], ids=["placeholders", "names in conditions"]
)
def test_every_name_in_a_text_or_a_condition_is_explained(names: frozenset[str]) -> None:
    assert names <= written(TEXT)
