"""Where a canonical word comes from in a helpdesk, and what people's marks on a ticket mean: parts of a connection."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from bridge.ticket import FactValue

Tag = Annotated[str, StringConstraints(pattern=r"^\S+$", to_lower=True)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _text_keys(value: Any) -> Any:
    """YAML reads ``1:`` and ``true:`` as a number and a truth value; a vendor's option values are text."""
    if not isinstance(value, dict):
        return value
    return {str(key).lower() if isinstance(key, bool) else str(key): word for key, word in value.items()}


VendorRef = int | str
"""What a vendor calls a thing: a number, or a name; which of them is the vendor's, see :class:`Vocabulary`."""
VendorRefs = Annotated[list[VendorRef], BeforeValidator(_as_list), Field(min_length=1)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]
Translation = Annotated[dict[str, FactValue], BeforeValidator(_text_keys)]


class ConfigModel(BaseModel):
    """Base of everything in the file; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Vocabulary(ConfigModel):
    """What the words file of every vendor says; a vendor adds its own words."""

    ids: Literal["numbers", "names"]
    """``numbers``: everything here goes by number. ``names``: fields by technical name, the rest by name or number."""


class ValueSource(ConfigModel):
    """Where a word comes from: a field of the vendor, or tags; ``values`` translates what is found there."""

    field: VendorRef | None = None
    """The vendor's field: in Zendesk the id of a custom field, in Odoo a technical name such as ``x_impact``."""
    type: Literal["text", "number", "checkbox"] = "text"
    """How the field's value is to be read."""
    values: Translation = {}
    """Vendor value -> canonical word; a value not listed is passed on as it is."""
    tags: dict[Tag, FactValue] = {}
    """Vendor tag -> canonical word; the first listed tag that is present wins."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.field is not None and self.tags:
            raise ValueError("allowed: either field or tags, not both")
        return self


class FactSource(ValueSource):
    """Where a fact comes from."""

    @model_validator(mode="after")
    def _some_origin(self) -> Self:
        if self.field is None and not self.tags:
            raise ValueError("allowed: field (the id of a custom field) or tags (tag: word)")
        return self


class EventMark(ConfigModel):
    """A mark people set to say something: a tag, or a value of a custom field (any value where none is named)."""

    tag: Tag | None = None
    field: VendorRef | None = None
    value: bool | int | str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.tag is None) == (self.field is None):
            raise ValueError("allowed: exactly one of tag and field")
        return self


class ApprovalMarks(ConfigModel):
    """The marks that approve and refuse what one gate asks for."""

    approve: EventMark
    refuse: EventMark | None = None


class EventMarks(ConfigModel):
    """What people's marks on a ticket mean."""

    escalation: EventMark | None = None
    """Somebody asks for escalation."""
    confirm_resolution: EventMark | None = None
    """The customer confirmed the resolution."""
    phone_contact: EventMark | None = None
    """A call with the customer was logged by hand."""
    approvals: dict[str, ApprovalMarks] = {}
    """Gate -> its marks."""

    def named(self) -> dict[str, EventMark]:
        """The marks by name: ``escalation``, ``approve:<gate>``, ``refuse:<gate>`` ..."""
        found: dict[str, EventMark | None] = {
            "escalation": self.escalation,
            "confirm_resolution": self.confirm_resolution,
            "phone_contact": self.phone_contact,
        }
        for gate, words in self.approvals.items():
            found |= {f"approve:{gate}": words.approve, f"refuse:{gate}": words.refuse}
        return {name: mark for name, mark in found.items() if mark is not None}


class FieldTarget(ConfigModel):
    """A field the bridge writes; ``values`` translates canonical words to the options of a dropdown."""

    field: VendorRef
    values: Annotated[dict[str, str], BeforeValidator(_text_keys)] = {}


def _as_target(value: Any) -> Any:
    return {"field": value} if isinstance(value, int | str) else value


FieldTargetOrField = Annotated[FieldTarget, BeforeValidator(_as_target)]
"""A target, or its field alone."""


class OrganizationSource(ConfigModel):
    """Where an organization says something: a field of the organization by its key, or its tags."""

    field: str | None = None
    values: Translation = {}
    tags: dict[Tag, FactValue] = {}
    user_tag: Tag | None = None
    """For lists of people: the organization's users that carry this tag."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum((self.field is not None, bool(self.tags), self.user_tag is not None)) != 1:
            raise ValueError("allowed: exactly one of field, tags and user_tag")
        return self
