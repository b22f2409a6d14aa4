"""Zendesk's own OpenAPI document, with which exchanges with the local Zendesk are checked."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker

Json = dict[str, Any]
DOCUMENT = Path(__file__).parents[2] / ".." / "shared" / "reference" / "zendesk-openapi.json"
NO_DOCUMENT = f"the official OpenAPI document is not beside the repository ({DOCUMENT.name} in ../shared/reference)"

# Faults of the official document, against recorded traffic: these may be null although it does not say so.
NULL_IN_TRUTH = {
    "TicketObject": (
        *("assignee_id", "external_id", "forum_topic_id", "group_id", "organization_id", "priority", "problem_id"),
        *("recipient", "satisfaction_rating", "ticket_form_id", "type", "subject", "raw_subject"),
    ),
    "TicketFieldObject": ("agent_description",),
    "UserForAdmin": ("default_group_id", "email"),
    "UserForEndUser": ("organization_id", "phone", "email"),
    "TicketUpdateInput": ("assignee_id", "group_id", "type", "external_id", "problem_id"),
    "Pagination": (),
    "ViewObject": ("restriction",),
}


UNDOCUMENTED = ("/api/v2/webhooks", "/api/v2/macros", "/oauth/")
"""What the document leaves out."""
PAGING = ("page[", "page", "per_page")
SENT_AS_LISTS = ("/api/v2/tickets/{ticket_id}/tags",)
SENT_BESIDES = {"view": {"all", "any", "output"}}
"""Attributes that a record is sent with and does not come back with; the document names them in examples only:
https://developer.zendesk.com/api-reference/ticketing/business-rules/views/#create-view"""


def corrected(document: Json) -> Json:
    """The official document without its known faults; everything else stays as strict as it is."""
    document = copy.deepcopy(document)
    schemas = document["components"]["schemas"]
    for name, nulls in NULL_IN_TRUTH.items():
        for key in nulls:
            schema = schemas[name]["properties"][key]
            schema["nullable"] = True
            if "enum" in schema:
                schema["enum"] = [*schema["enum"], None]
    # A ticket's field values are described as text; empty ones are null, checkboxes and multi-selects are not text.
    texts: Json = {"type": "array", "items": {"type": "string"}}
    value: Json = {"anyOf": [{"type": "string", "nullable": True}, {"type": "boolean"}, texts]}
    schemas["TicketObject"]["properties"]["custom_fields"]["items"]["properties"]["value"] = value
    # Deleted tickets are in the export with a status that the list of statuses lacks.
    schemas["TicketObject"]["properties"]["status"]["enum"].append("deleted")
    # In requests, custom fields are described as field definitions (key, type, title) instead of id and value.
    written: Json = {"type": "object", "required": ["id", "value"], "properties": {"id": {"type": "integer"}}}
    schemas["TicketUpdateInput"]["properties"]["custom_fields"]["items"] = written
    # The audit of an update is described with text or number values only; tags are lists, removed values null.
    events = schemas["AuditObject"]["properties"]["events"]["items"]["properties"]
    events["value"] = {"anyOf": [{"type": "string", "nullable": True}, {"type": "integer"}, texts]}
    # "followers" is described as an object in answers, where it never appears, and as a list in requests (right).
    return document


class OpenApi:
    """Checks requests and answers against the document."""

    def __init__(self, document: Json) -> None:
        self.document = corrected(document)
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, operations)
            for path, operations in sorted(self.document["paths"].items(), key=lambda item: item[0].count("{"))
        ]

    def check(self, method: str, path: str, sent: Any, status: int, answer: Any) -> bool:
        """Validate one exchange; False when the document does not know the path (webhooks, OAuth)."""
        for pattern, name, operations in self._paths:
            if pattern.match(path) and method.lower() in operations:
                operation = operations[method.lower()]
                if status < 400:
                    self._validate(_schema(operation.get("requestBody", {})), sent, f"request {method} {name}")
                    described = operation["responses"].get(str(status))
                    assert described is not None, f"{method} {name} never answers {status}"
                    self._validate(_schema(described), answer, f"answer {method} {name}")
                return True
        return False

    def check_request(self, method: str, path: str, query: Json, body: Any) -> None:
        """Whether a request is one that the document knows: its path, its query, and every attribute that it sends.

        Where the document has no schema of a request, that of the record in the answer says which attributes there are.
        """
        if path.startswith(UNDOCUMENTED):
            return
        found = next((each for each in self._paths if each[0].match(path) and method.lower() in each[2]), None)
        assert found is not None, f"{method} {path} is not in the document"
        _, name, operations = found
        operation = operations[method.lower()]
        parameters = [*operations.get("parameters", ()), *operation.get("parameters", ())]
        known = {self._resolved(each)["name"] for each in parameters if self._resolved(each)["in"] == "query"}
        strange = {key for key in query if key not in known and not key.startswith(PAGING)}
        assert not strange, f"{method} {name} has no parameters {strange}"
        if schema := _schema(operation.get("requestBody", {})):
            self._validate(schema, body, f"request {method} {name}")
        elif isinstance(body, dict) and name not in SENT_AS_LISTS:
            self._check_attributes(name, next(iter(body)), next(iter(body.values())))

    def _check_attributes(self, name: str, singular: str, sent: Json) -> None:
        """Whether a record has these attributes, and whether they may be written."""
        record = next(schema for schema in (f"{''.join(map(str.title, singular.split('_')))}Object",))
        properties = self.document["components"]["schemas"][record]["properties"]
        strange = sent.keys() - properties.keys() - SENT_BESIDES.get(singular, set())
        assert not strange, f"{name}: {record} has no {strange}"
        fixed = {key for key in sent if properties.get(key, {}).get("readOnly")}
        assert not fixed, f"{name}: {fixed} cannot be written"
        for key in sent.keys() & properties.keys():
            self._validate(properties[key], sent[key], f"{name} {key}")

    def _resolved(self, parameter: Json) -> Json:
        named = str(parameter.get("$ref", "")).rpartition("/")[2]
        found: Json = self.document["components"]["parameters"][named] if named else parameter
        return found

    def _validate(self, schema: Json | None, instance: Any, what: str) -> None:
        if schema is None or instance is None:
            return
        root = {**schema, "components": self.document["components"]}
        if "$ref" in schema:
            root = {"allOf": [schema], "components": self.document["components"]}
        validator = OAS30Validator(root, format_checker=oas30_format_checker)
        errors = [
            f"{what}: {'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(instance)
        ]
        assert not errors, "\n".join(errors[:5])


def _schema(body: Json) -> Json | None:
    found: Json | None = body.get("content", {}).get("application/json", {}).get("schema")
    return found


@cache
def zendesk_openapi() -> OpenApi | None:
    """The document, or None where it is not beside the repository."""
    return OpenApi(json.loads(DOCUMENT.read_text(encoding="utf-8"))) if DOCUMENT.exists() else None
