"""JSON Schemas of the files people write, from the models that read them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from bridge.config.accounts_file import AccountFile
from bridge.policy.evaluation.conditions import CONDITION_NAMES, ConditionName
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.policy.references import Kind
from bridge.scenarios.language import Scenario
from mappings.connection import Configuration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SHORT_FORMS = ["string", "number", "boolean", "array", "null"]

_FILES: dict[str, tuple[str, Any]] = {
    "pack": ("A policy pack", Policy),
    "scenario": ("One scenario, or a list of them", Scenario | list[Scenario]),
    "connection": ("policybridge.yaml", Configuration),
    "accounts": ("Customer accounts", AccountFile),
}


class _LenientSchema(GenerateJsonSchema):
    """Never rejects what the models accept: where a validator reads short forms, any of them is allowed."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        return {"anyOf": [super().function_before_schema(schema), {"type": SHORT_FORMS}]}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Restrict the keys of the mapping, not of its short form."""
        found = super().model_schema(schema)
        if schema["cls"] is Predicate:
            found["properties"] = {name: _described(each) for name, each in CONDITION_NAMES.items()}
        if "anyOf" in found and "additionalProperties" in found:
            found["anyOf"][0]["additionalProperties"] = found.pop("additionalProperties")
        return found


def _described(name: ConditionName) -> dict[str, Any]:
    """What an editor shows of a name in a condition; facts of the pack stand beside these names."""
    match name.domain:
        case Kind():
            return {"description": f"A name under {name.domain.section}."}
        case None:
            return {}
        case values:
            return {"description": f"One of {', '.join(values)}.", "examples": list(values)}


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a kind of file: ``pack``, ``scenario``, ``connection`` or ``accounts``."""
    title, model = _FILES[kind]
    schema = TypeAdapter[Any](model).json_schema(schema_generator=_LenientSchema)
    return {"$schema": DIALECT, **schema, "title": title}
