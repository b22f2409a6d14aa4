"""Parts of a connection: where values come from, which fields are written, which marks stand for events."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from bridge.ticket import FactValue, Status, tag_form

Tag = Annotated[str, StringConstraints(pattern=r"^[^\s,]+$"), AfterValidator(tag_form)]
"""A tag that people set, in the form in which tags are compared; blanks and commas divide tags."""


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _text_keys(value: Any) -> Any:
    """YAML reads the keys ``1:`` and ``true:`` as number and boolean, but a vendor's option values are text."""
    if not isinstance(value, dict):
        return value
    return {str(key).lower() if isinstance(key, bool) else str(key): canonical for key, canonical in value.items()}


VendorRef = int | str
"""A record or field of the vendor by number or name, depending on the vendor: see :class:`Vocabulary`."""
VendorRefs = Annotated[list[VendorRef], BeforeValidator(_as_list), Field(min_length=1)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]
Translation = Annotated[dict[str, FactValue], BeforeValidator(_text_keys)]


class ConfigModel(BaseModel):
    """Base of all models of the file: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Vocabulary(ConfigModel):
    """Terms of a vendor that are the same in every installation (``vocabulary.yaml``); each vendor adds its own."""

    ids: Literal["numbers", "names"]
    """``numbers``: a connection names everything by number. ``names``: fields by technical name, the rest by name or
    number."""
    own_statuses: frozenset[Status]
    """Statuses that can be written and read back without a custom status (stage); a connection names the others."""


class ValueSource(ConfigModel):
    """Where a value comes from: a field of the vendor, or tags. ``values`` translates what is found there."""

    field: VendorRef | None = None
    """The vendor's field: in Zendesk the id of a custom field, in Odoo a technical name such as ``x_impact``."""
    type: Literal["text", "number", "checkbox"] = "text"
    """How to read the field's value."""
    values: Translation = {}
    """Vendor's value -> canonical value; a value that is not listed is passed on unchanged."""
    tags: dict[Tag, FactValue] = {}
    """Vendor's tag -> canonical value; the first listed tag that is present wins."""

    @model_validator(mode="after")
    def _field_or_tags(self) -> Self:
        if self.field is not None and self.tags:
            raise ValueError("allowed: either field or tags, not both")
        return self


class FactSource(ValueSource):
    """Where a fact comes from."""

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        if self.field is None and not self.tags:
            raise ValueError("allowed: field (a custom field) or tags (tag: value)")
        return self

    @property
    def target(self) -> FieldTarget | None:
        """Its field, where a policy may restore the value; None: it has none."""
        values = {str(word): raw for raw, word in self.values.items()}
        return FieldTarget(field=self.field, values=values) if self.field else None


class EventMark(ConfigModel):
    """A tag or field that people set to record an event. With a field but no ``value``, any value counts."""

    tag: Tag | None = None
    field: VendorRef | None = None
    value: bool | int | str | None = None

    @model_validator(mode="after")
    def _tag_or_field(self) -> Self:
        if (self.tag is None) == (self.field is None):
            raise ValueError("allowed: exactly one of tag and field")
        return self


class ApprovalMarks(ConfigModel):
    """The marks that approve and refuse the request of one gate."""

    approve: EventMark
    refuse: EventMark | None = None


class EventMarks(ConfigModel):
    """The marks of a connection by their meaning."""

    escalation: EventMark | None = None
    """Somebody requests escalation."""
    confirm_resolution: EventMark | None = None
    """The customer confirmed the resolution."""
    phone_contact: EventMark | None = None
    """Somebody logged a call with the customer by hand."""
    approvals: dict[str, ApprovalMarks] = {}
    """Gate -> its marks."""

    def named(self) -> dict[str, EventMark]:
        """The configured marks by name: ``escalation``, ``approve:<gate>``, ``refuse:<gate>`` ..."""
        found: dict[str, EventMark | None] = {
            "escalation": self.escalation,
            "confirm_resolution": self.confirm_resolution,
            "phone_contact": self.phone_contact,
        }
        for gate, marks in self.approvals.items():
            found |= {f"approve:{gate}": marks.approve, f"refuse:{gate}": marks.refuse}
        return {name: mark for name, mark in found.items() if mark is not None}


class FieldTarget(ConfigModel):
    """A field that the bridge writes. ``values`` translates canonical values to the options of a dropdown."""

    field: VendorRef
    values: Annotated[dict[str, str], BeforeValidator(_text_keys)] = {}


def _as_target(value: Any) -> Any:
    return {"field": value} if isinstance(value, int | str) else value


FieldTargetOrField = Annotated[FieldTarget, BeforeValidator(_as_target)]
"""A target, or just its field."""


class OrganizationSource(ConfigModel):
    """Where an organization holds a property of the account: a field of the organization, or its tags."""

    field: str | None = None
    values: Translation = {}
    tags: dict[Tag, FactValue] = {}
    user_tag: Tag | None = None
    """For lists of people: the organization's users with this tag."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum((self.field is not None, bool(self.tags), self.user_tag is not None)) != 1:
            raise ValueError("allowed: exactly one of field, tags and user_tag")
        return self
