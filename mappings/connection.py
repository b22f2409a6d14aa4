"""Models of ``policybridge.yaml``: which field, tag, group or status of a helpdesk has which canonical meaning.

Read it with ``bridge.yamlio.validate.load_model(path, Configuration)``: an unknown key is an error that names file,
line, column and the allowed keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, PrivateAttr, StringConstraints, field_validator, model_validator

from bridge.decision import Fact, Mode, SystemField, Target, targets
from bridge.decision.limits import Limits
from bridge.decision.rollout import RolloutRule
from bridge.ticket import Status
from bridge.yamlio.problems import allowed
from mappings.field_sources import (
    ConfigModel,
    EventMarks,
    FactSource,
    FieldTarget,
    FieldTargetOrField,
    OrganizationSource,
    Texts,
    ValueSource,
    VendorRef,
    VendorRefs,
)
from mappings.people import People

DEFERRABLE = frozenset({"closure_at", "audience"})
"""Fields that the bridge keeps in its own record on the ticket when no custom field is configured for them."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


def vendors() -> list[str]:
    """The vendors that a connection may name: those with a vocabulary in a folder beside this module."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/vocabulary.yaml"))


class Organizations(ConfigModel):
    """Where the helpdesk's organizations hold the properties of customers' accounts."""

    key: Literal["id", "name", "external_id"] = "id"
    """Property of the organization that is the account's key in the accounts file."""
    plan: OrganizationSource | None = None
    time_zone: OrganizationSource | None = None
    agreed_languages: OrganizationSource | None = None
    contacts: OrganizationSource | None = None
    management: OrganizationSource | None = None
    onboarding: OrganizationSource | None = None
    support_starts: OrganizationSource | None = None
    support_ends: OrganizationSource | None = None
    roles: dict[str, OrganizationSource] = {}
    """Role -> where its e-mail address is."""

    def sources(self) -> dict[str, OrganizationSource]:
        """Every configured source, by its key path."""
        names = (name for name in type(self).model_fields if name not in ("key", "roles"))
        single = {f"organizations.{name}": getattr(self, name) for name in names}
        roles = {f"organizations.roles.{role}": source for role, source in self.roles.items()}
        return {where: source for where, source in (single | roles).items() if source is not None}

    def named_fields(self) -> dict[str, str]:
        """Every field of organizations that is named, by its key path."""
        return {where: source.field for where, source in self.sources().items() if source.field}


class Connection(ConfigModel):
    """One helpdesk account, and what its fields, tags, groups and statuses mean."""

    vendor: str
    mode: Mode = "shadow"
    """shadow: write nothing; comment_only: write internal notes only; enforce: write everything."""
    in_force_since: AwareDatetime | dict[str, AwareDatetime] | None = None
    """Since when the policies are in force here, or pack -> since when; None: since the mode was first not shadow."""
    backlog: Literal["adopt", "ignore", "judge"] = "adopt"
    """adopt: tickets from before count as created then; ignore: leave them alone; judge: from their creation."""
    env_prefix: str = ""
    """Prefix of the environment variables with the credentials; empty: the vendor's default, such as ``ZENDESK_``."""
    tiers: dict[int, VendorRefs] = {}
    """Tier -> its groups (teams); tickets that are moved to the tier go to the first one."""
    groups: dict[str, VendorRef] = {}
    """Canonical group name -> group (team)."""
    brands: dict[str, VendorRef] = {}
    """Canonical name -> brand (company)."""
    forms: dict[str, VendorRef] = {}
    """Canonical name -> ticket form (category)."""
    statuses: dict[Status, VendorRefs] = {}
    """Canonical status -> custom statuses (stages); the first one is written. The others follow their category."""
    facts: dict[str, FactSource] = {}
    """Fact of the policies -> where its value comes from."""
    channel: ValueSource | None = None
    """Replaces the vendor's channel; with ``values`` alone it translates the vendor's own values."""
    type: ValueSource | None = None
    """Replaces the ticket type; with ``values`` alone it translates the vendor's own values."""
    marks: EventMarks = EventMarks()
    fields: dict[str, FieldTargetOrField] = {}
    """Display field (``severity``, ``next_due_at`` ...) -> custom field that the bridge writes."""
    organizations: Organizations = Organizations()
    notify: dict[str, Texts] = {}
    """Role -> apprise URLs to notify in addition to the helpdesk; ``env:NAME`` reads one from the environment."""
    mail: str = ""
    """Apprise URL of the mail server for digests, such as ``mailtos://user:password@host?from=support@acme.example``."""
    native_clocks: dict[str, str] = {}
    """Clock of the policies -> the metric of the helpdesk's own SLA that means the same; backtests compare them."""
    first_comment: Literal["description", "message"] = "description"
    """Whether the comment that opened the ticket also counts as a message."""
    people: People = People()
    """Whose words are nobody's, the customer's or the helpdesk's, whatever seat they have."""
    shared_user: bool = False
    """The integration user is also a person who works on tickets: only changes with our own mark are the bridge's."""

    @field_validator("vendor")
    @classmethod
    def _known_vendor(cls, vendor: str) -> str:
        if vendor not in vendors():
            raise ValueError(allowed(vendor, vendors()))
        return vendor

    @model_validator(mode="after")
    def _each_id_once(self) -> Self:
        for section in ("tiers", "statuses"):
            ids = [ident for listed in getattr(self, section).values() for ident in listed]
            if twice := [ident for ident in ids if ids.count(ident) > 1]:
                raise ValueError(f"allowed: each id once under {section}; {twice[0]} is listed twice")
        return self

    @model_validator(mode="after")
    def _roles_of_seats(self) -> Self:
        vocabulary = import_module(f"mappings.{self.vendor}.vocabulary").vocabulary()
        if self.people.automated_roles and not hasattr(vocabulary, "role"):
            advice = "list the users under people.automated"
            raise ValueError(f"found people.automated_roles; users of {self.vendor} have no roles: {advice}")
        return self

    @model_validator(mode="after")
    def _known_metrics(self) -> Self:
        known = getattr(import_module(f"mappings.{self.vendor}.vocabulary").vocabulary(), "metrics", ())
        for clock, metric in self.native_clocks.items():
            if known and metric not in known:
                raise ValueError(f"native_clocks.{clock}: {allowed(metric, known)}")
        return self

    @model_validator(mode="after")
    def _ids_or_names(self) -> Self:
        by_number = import_module(f"mappings.{self.vendor}.vocabulary").vocabulary().ids == "numbers"
        for where, field in self.named_fields():
            if isinstance(field, int) is not by_number:
                form = "integer ids" if by_number else "technical names of fields, such as x_impact,"
                raise ValueError(f"allowed: {form} for vendor {self.vendor}; {where} is {field!r}")
        for where, ref in self.named_records():
            if by_number and isinstance(ref, str):
                raise ValueError(f"allowed: integer ids for vendor {self.vendor}; {where} is {ref!r}")
        return self

    def named_fields(self) -> Iterator[tuple[str, VendorRef]]:
        """Every ticket field of the vendor that is named here, as key path and field."""
        sources = {f"facts.{name}": source.field for name, source in self.facts.items()}
        overrides = {"channel": self.channel, "type": self.type}
        sources |= {name: source.field for name, source in overrides.items() if source}
        sources |= {f"marks.{name}": mark.field for name, mark in self.marks.named().items()}
        sources |= {f"fields.{name}": target.field for name, target in self.fields.items()}
        yield from ((where, field) for where, field in sources.items() if field is not None)

    def named_tags(self) -> Iterator[tuple[str, str]]:
        """Every tag of tickets that is named here, as key path and tag."""
        sources: dict[str, ValueSource | None] = {f"facts.{name}": source for name, source in self.facts.items()}
        for where, source in (sources | {"channel": self.channel, "type": self.type}).items():
            yield from ((f"{where}.tags", tag) for tag in (source.tags if source else ()))
        yield from ((f"marks.{name}", mark.tag) for name, mark in self.marks.named().items() if mark.tag)

    def named_records(self) -> Iterator[tuple[str, VendorRef]]:
        """Every group, brand, form and status of the vendor that is named here, as key path and id or name."""
        for section in ("tiers", "statuses"):
            for name, refs in getattr(self, section).items():
                yield from ((f"{section}.{name}", ref) for ref in refs)
        for section in ("groups", "brands", "forms"):
            yield from ((f"{section}.{name}", ref) for name, ref in getattr(self, section).items())

    def write_target(self, target: targets.Field | Fact) -> FieldTarget | None:
        """The custom field behind a target; a fact and a display field of one name are two fields."""
        if isinstance(target, Fact):
            return self.facts[target.name].target if target.name in self.facts else None
        return self.fields.get(target.name)

    def in_force_since_of(self, pack: str) -> datetime | None:
        """Since when a pack is in force, where the file says it."""
        given = self.in_force_since
        since = given.get(pack) if isinstance(given, dict) else given
        return since and since.astimezone(UTC)

    @property
    def known_fields(self) -> frozenset[Target]:
        """Fields that the bridge can write here; plans leave out the others."""
        return frozenset({*map(targets.Field, {*self.fields, *DEFERRABLE}), *self.written_beside_fields()})

    def written_beside_fields(self) -> set[Target]:
        """The facts that have a field, and the group where the connection names any."""
        facts: set[Target] = {Fact(name) for name, source in self.facts.items() if source.field}
        return facts | ({SystemField.GROUP} if self.groups else set())


class Configuration(ConfigModel):
    """The whole of ``policybridge.yaml``."""

    policy: Annotated[Texts, Field(min_length=1)]
    """One or more policies: the name of a shipped pack or the path of a pack file."""
    accounts: Path | None = None
    """File with the customers' accounts."""
    overrides: dict[str, dict[str, Any]] = {}
    """Policy, as written under ``policy`` -> settings that replace those of the pack in this installation."""
    rollout: tuple[RolloutRule, ...] = ()
    """How far the bridge may go on which tickets; the first rule that matches wins, else the connection's mode."""
    limits: Limits = Limits()
    """How much may be written in an hour and in a day; without it, only a burst of messages stops the bridge."""
    connections: dict[Name, Connection] = Field(min_length=1)

    _file: Path | None = PrivateAttr(None)

    @property
    def file(self) -> Path | None:
        """The file that it was read from; None: it is from no file."""
        return self._file

    def may_write(self, connection: str, pack: str) -> bool:
        """Whether anything may be written through a connection under a pack: its mode or a rollout rule says so."""
        of_rules = (
            rule.mode
            for rule in self.rollout
            if connection in (rule.connection or (connection,)) and pack in (rule.pack or (pack,))
        )
        return not {self.connections[connection].mode, *of_rules} <= {"shadow", "off"}

    def read_from(self, file: Path) -> Self:
        """The same, from a file in which its errors have a place."""
        self._file = file
        return self

    @model_validator(mode="after")
    def _of_these_policies(self) -> Self:
        if unknown := self.overrides.keys() - set(self.policy):
            raise ValueError(f"found overrides of {min(unknown)}; allowed: {', '.join(self.policy)}, as under policy")
        return self
