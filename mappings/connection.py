"""The admin's file ``policybridge.yaml``: which vendor field, tag, group or status feeds which canonical word.

A stranger wires an existing helpdesk with this file alone. Read it with
``bridge.yamlio.validate.load_model(path, Configuration)``: an unknown key is an error that names file, line, column
and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from bridge.ticket import Status
from mappings.field_sources import (
    ConfigModel,
    EventMarks,
    FactSource,
    FieldTargetOrField,
    OrganizationSource,
    Texts,
    ValueSource,
    VendorRef,
    VendorRefs,
)

DEFERRABLE = frozenset({"closure_at", "audience"})
"""Fields the bridge can keep in its own record on the ticket when no custom field is named for them."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


def vendors() -> list[str]:
    """Vendors with a words file beside this module: those a connection may name."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/vocabulary.yaml"))


class Organizations(ConfigModel):
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


class Connection(ConfigModel):
    """One helpdesk account and the meaning of what stands in it."""

    vendor: str
    mode: Literal["enforce", "comment_only", "shadow"] = "shadow"
    """shadow: only watch; comment_only: only internal notes; enforce: everything."""
    env_prefix: str = ""
    """Prefix of the environment variables with its credentials; empty: the vendor's usual one (``ZENDESK_``)."""
    tiers: dict[int, VendorRefs] = {}
    """Support line -> its groups (teams); the first one receives what is moved there."""
    groups: dict[str, VendorRef] = {}
    """Canonical group name -> group (team)."""
    brands: dict[str, VendorRef] = {}
    """Canonical name -> brand (company)."""
    forms: dict[str, VendorRef] = {}
    """Canonical name -> ticket form (category)."""
    statuses: dict[Status, VendorRefs] = {}
    """Canonical status -> custom statuses (stages); the first one is written. Others follow their category."""
    facts: dict[str, FactSource] = {}
    channel: ValueSource | None = None
    """Overrides the vendor's channel; with ``values`` alone it translates the vendor's own words."""
    type: ValueSource | None = None
    """Overrides the ticket type; with ``values`` alone it translates the vendor's own words."""
    marks: EventMarks = EventMarks()
    fields: dict[str, FieldTargetOrField] = {}
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
            if twice := [ident for ident in ids if ids.count(ident) > 1]:
                raise ValueError(f"allowed: each id once under {section}; {twice[0]} is there twice")
        return self

    @model_validator(mode="after")
    def _in_the_vendors_form(self) -> Self:
        by_number = import_module(f"mappings.{self.vendor}.vocabulary").vocabulary().ids == "numbers"
        for where, field in self.named_fields():
            if isinstance(field, int) is not by_number:
                form = "integer ids" if by_number else "technical names of fields, such as x_impact,"
                raise ValueError(f"allowed: {form} for vendor {self.vendor}; {where} is {field!r}")
        for where, ref in self.named_things():
            if by_number and isinstance(ref, str):
                raise ValueError(f"allowed: integer ids for vendor {self.vendor}; {where} is {ref!r}")
        return self

    def named_fields(self) -> Iterator[tuple[str, VendorRef]]:
        """Every ticket field of the vendor that is named here, after the place where it is."""
        sources = {f"facts.{name}": source.field for name, source in self.facts.items()}
        overrides = {"channel": self.channel, "type": self.type}
        sources |= {name: source.field for name, source in overrides.items() if source}
        sources |= {f"marks.{name}": mark.field for name, mark in self.marks.named().items()}
        sources |= {f"fields.{name}": target.field for name, target in self.fields.items()}
        yield from ((where, field) for where, field in sources.items() if field is not None)

    def named_things(self) -> Iterator[tuple[str, VendorRef]]:
        """Every group, brand, form and status of the vendor that is named here, after the place where it is."""
        for section in ("tiers", "statuses"):
            for name, refs in getattr(self, section).items():
                yield from ((f"{section}.{name}", ref) for ref in refs)
        for section in ("groups", "brands", "forms"):
            yield from ((f"{section}.{name}", ref) for name, ref in getattr(self, section).items())

    @property
    def known_fields(self) -> frozenset[str]:
        """Names for which ``set_field`` can be carried out here; others need not be planned."""
        facts = {name for name, source in self.facts.items() if source.field}
        return frozenset(self.fields) | facts | DEFERRABLE | ({"group"} if self.groups else frozenset())


class Configuration(ConfigModel):
    """The whole of ``policybridge.yaml``."""

    policy: Annotated[Texts, Field(min_length=1)]
    """Name of a shipped pack or path of a pack file; or several."""
    accounts: Path | None = None
    """File with the customers' accounts."""
    overrides: dict[str, dict[str, Any]] = {}
    """Policy, as it is written under ``policy`` -> words laid over it for this installation."""
    connections: dict[Name, Connection] = Field(min_length=1)

    @model_validator(mode="after")
    def _of_these_policies(self) -> Self:
        if strangers := self.overrides.keys() - set(self.policy):
            raise ValueError(f"found overrides of {min(strangers)}; allowed: {', '.join(self.policy)}, as under policy")
        return self
