"""The admin's file ``policybridge.yaml``: which vendor field, tag, group or status feeds which canonical word.

A stranger wires an existing helpdesk with this file alone. Read it with
``bridge.yamlfile.load_model(path, Configuration)``: an unknown key is an error that names file, line, column and what
is allowed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from bridge.ticket import FactValue, Status

DEFERRABLE = frozenset({"closure_at", "audience"})
"""Fields the bridge can keep in the vendor's change metadata when no custom field is named for them."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Tag = Annotated[str, StringConstraints(pattern=r"^\S+$", to_lower=True)]


def vendors() -> list[str]:
    """Vendors with a words file beside this module: those a connection may name."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.yaml"))


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) or value is None else [value]


def _text_keys(value: Any) -> Any:
    """YAML reads ``1:`` and ``true:`` as a number and a truth value; a vendor's option values are text."""
    if not isinstance(value, dict):
        return value
    return {str(key).lower() if isinstance(key, bool) else str(key): word for key, word in value.items()}


Ids = Annotated[list[int], BeforeValidator(_as_list), Field(min_length=1)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]
Translation = Annotated[dict[str, FactValue], BeforeValidator(_text_keys)]


class Words(BaseModel):
    """Base of everything in the file; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Source(Words):
    """Where a word comes from: a custom field by its id, or tags; ``values`` translates what is found there."""

    field: int | None = None
    """Id of the vendor's custom field."""
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


class FactSource(Source):
    """Where a fact comes from."""

    @model_validator(mode="after")
    def _some_origin(self) -> Self:
        if self.field is None and not self.tags:
            raise ValueError("allowed: field (the id of a custom field) or tags (tag: word)")
        return self


class Mark(Words):
    """A mark people set to say something: a tag, or a value of a custom field (any value where none is named)."""

    tag: Tag | None = None
    field: int | None = None
    value: bool | int | str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.tag is None) == (self.field is None):
            raise ValueError("allowed: exactly one of tag and field")
        return self


class Approvals(Words):
    """The marks that approve and refuse what one gate asks for."""

    approve: Mark
    refuse: Mark | None = None


class Marks(Words):
    """What people's marks on a ticket mean."""

    escalation: Mark | None = None
    """Somebody asks for escalation."""
    confirm_resolution: Mark | None = None
    """The customer confirmed the resolution."""
    phone_contact: Mark | None = None
    """A call with the customer was logged by hand."""
    approvals: dict[str, Approvals] = {}
    """Gate -> its marks."""


class Target(Words):
    """A custom field the bridge writes; ``values`` translates canonical words to the options of a dropdown."""

    field: int
    values: Annotated[dict[str, str], BeforeValidator(_text_keys)] = {}


def _as_target(value: Any) -> Any:
    return {"field": value} if isinstance(value, int | str) else value


class OrganizationSource(Words):
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


class Organizations(Words):
    """What the vendor's organizations tell about customers' accounts."""

    key: Literal["id", "name", "external_id"] = "id"
    """Which of them is the account's key in the accounts file."""
    plan: OrganizationSource | None = None
    time_zone: OrganizationSource | None = None
    agreed_languages: OrganizationSource | None = None
    contacts: OrganizationSource | None = None
    management: OrganizationSource | None = None
    onboarding: OrganizationSource | None = None
    support_starts: OrganizationSource | None = None
    support_ends: OrganizationSource | None = None
    roles: dict[str, OrganizationSource] = {}
    """Role -> where its address stands."""


class Connection(Words):
    """One helpdesk account and the meaning of what stands in it."""

    vendor: str
    mode: Literal["enforce", "comment_only", "shadow"] = "shadow"
    """shadow: only watch; comment_only: only internal notes; enforce: everything."""
    env_prefix: str = ""
    """Prefix of the environment variables with its credentials; empty: the vendor's usual one (``ZENDESK_``)."""
    tiers: dict[int, Ids] = {}
    """Support line -> its groups; the first one receives what is moved there."""
    groups: dict[str, int] = {}
    """Canonical group name -> group id."""
    brands: dict[str, int] = {}
    forms: dict[str, int] = {}
    statuses: dict[Status, Ids] = {}
    """Canonical status -> custom status ids; the first one is written. Others follow their category."""
    facts: dict[str, FactSource] = {}
    channel: Source | None = None
    """Overrides the vendor's channel; with ``values`` alone it translates the vendor's own words."""
    type: Source | None = None
    """Overrides the ticket type; with ``values`` alone it translates the vendor's own words."""
    marks: Marks = Marks()
    fields: dict[str, Annotated[Target, BeforeValidator(_as_target)]] = {}
    """Display name (``severity``, ``next_due_at`` ...) -> custom field the bridge writes."""
    organizations: Organizations = Organizations()
    notify: dict[str, Texts] = {}
    """Role -> apprise URLs that are told besides the helpdesk; ``env:NAME`` takes one from the environment."""
    first_comment: Literal["description", "message"] = "description"
    """Whether the comment that opened the ticket counts as a message as well."""
    shared_user: bool = False
    """The integration user is also a person who works tickets: only changes with our own mark count as the bridge's."""

    @model_validator(mode="after")
    def _known_vendor(self) -> Self:
        if self.vendor not in vendors():
            raise ValueError(f"allowed: vendor {', '.join(vendors())}")
        return self

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        for section in ("tiers", "statuses"):
            ids = [ident for listed in getattr(self, section).values() for ident in listed]
            if twice := {ident for ident in ids if ids.count(ident) > 1}:
                raise ValueError(f"allowed: each id once under {section}; {min(twice)} is there twice")
        return self

    @property
    def known_fields(self) -> frozenset[str]:
        """Names for which ``set_field`` can be carried out here; others need not be planned."""
        facts = {name for name, source in self.facts.items() if source.field}
        return frozenset(self.fields) | facts | DEFERRABLE | ({"group"} if self.groups else frozenset())


class Configuration(Words):
    """The whole of ``policybridge.yaml``."""

    policy: Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]
    """Name of a shipped pack or path of a pack file; or several."""
    accounts: Path | None = None
    """File with the customers' accounts."""
    overrides: dict[str, dict[str, Any]] = {}
    """Policy, as it is written under ``policy`` -> words laid over it for this installation."""
    connections: dict[Name, Connection] = Field(min_length=1)
