"""What a key of a pack names is declared once, in the annotation of the field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge.cli.json_schema import schema_of
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.policy.pack_parts import parts
from bridge.policy.references import Kind, Reference, annotation_of, kind_of, references
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.severity import SeverityHints
from bridge.policy.rules.shifts import ShiftRotation

SUFFIXES = {"_tag": Kind.TAG, "_note": Kind.TEMPLATE, "_message": Kind.TEMPLATE, "_fact": Kind.FACT}
SUFFIXES |= {"_clause": Kind.CLAUSE, "_notify": Kind.ROLE}
NAMES = {"calendar": Kind.CALENDAR, "clause": Kind.CITATION, "fact": Kind.FACT, "message": Kind.TEMPLATE}
NAMES |= {"note": Kind.TEMPLATE, "notify": Kind.ROLE, "tag": Kind.TAG, "tags": Kind.TAG}


def models() -> Iterator[type[BaseModel]]:
    """Every model of a pack."""
    found: list[type[BaseModel]] = [Policy]
    for model in found:
        for field in model.model_fields.values():
            inside = [annotation_of(field)]
            for inner in inside:
                inside += getattr(inner, "__args__", ())
                if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in found:
                    found.append(inner)
    return iter(found)


@pytest.mark.parametrize("model", list(models()), ids=lambda model: model.__name__)
def test_a_key_that_sounds_like_a_name_of_some_kind_is_declared_as_one(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        suffix = next((kind for ending, kind in SUFFIXES.items() if name.endswith(ending)), None)
        if "str" in str(field.annotation) and (wanted := NAMES.get(name, suffix)):
            assert kind_of(model, field.alias or name) is wanted, f"{model.__name__}.{name}"


def test_names_in_lists_mappings_and_keys_are_found_with_their_places() -> None:
    level = EscalationLevel.model_validate(
        {"clause": "A-1", "level": "high", "stage": 1, "after": "4h", "notify": ["coo", "assignee"]}
    )
    assert list(references(level, ("escalation",))) == [
        Reference(("escalation", "clause"), Kind.CITATION, "A-1"),
        Reference(("escalation", "level"), Kind.LEVEL, "high"),
        Reference(("escalation", "notify", 0), Kind.ROLE, "coo"),
        Reference(("escalation", "notify", 1), Kind.ROLE, "assignee"),
        Reference(("escalation", "suggestion"), Kind.PROSE, ""),
    ]
    hints = SeverityHints(clause="A-2", phrases={"high": ("down",)})
    assert list(references(hints))[1:] == [
        Reference(("phrases", "high"), Kind.LEVEL, "high"),
        Reference(("phrases", "high", 0), Kind.PROSE, "down"),
    ]


def test_the_kind_under_a_mapping_is_that_of_its_values() -> None:
    assert kind_of(ShiftRotation, "regions") is Kind.CALENDAR
    assert kind_of(SeverityHints, "phrases") is Kind.PROSE
    assert kind_of(ClockRule, "periodic") is None
    assert kind_of(ClockRule, "no such key") is None


@pytest.mark.parametrize("pack", packs())
def test_what_a_shipped_pack_names_is_declared_where_the_kind_says(pack: str) -> None:
    policy = load_policy(pack)
    there = {
        Kind.CALENDAR: policy.calendars,
        Kind.CITATION: policy.clauses,
        Kind.CLAUSE: policy.clauses,
        Kind.LEVEL: policy.severity.levels,
        Kind.TEMPLATE: policy.templates,
    }
    found = [each for path, part in parts(policy) for each in references(part, path)]
    assert {each.name for each in found if each.kind is Kind.CITATION}
    assert [each for each in found if each.name not in there.get(each.kind, [each.name])] == []


def test_the_exported_schema_describes_what_a_key_names() -> None:
    notify = schema_of("pack")["$defs"]["Reaction"]["properties"]["notify"]
    assert notify["items"]["description"] == "A name under role_directory."


def test_no_set_of_keys_is_kept_beside_the_annotations() -> None:
    root = Path(__file__).parents[2] / "bridge"
    texts = {path: path.read_text("utf-8") for path in root.rglob("*.py")}
    gone = ("TEMPLATE_KEYS", "ROLE_KEYS", "TAG_KEYS", "FACT_KEYS", "STATUS_KEYS")
    assert [(path.name, name) for path, text in texts.items() for name in gone if name in text] == []
