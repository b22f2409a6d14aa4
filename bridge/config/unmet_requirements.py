"""What a connection cannot carry of its policies: groups, tiers, statuses, roles and links that lead nowhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS
from bridge.ticket import Channel
from bridge.yamlio.problems import followed_by, suggestion
from mappings.connection import DEFERRABLE, Configuration, Connection
from mappings.field_sources import ValueSource

_PLURALS = {"status": "statuses"}


@dataclass(frozen=True)
class UnmetRequirement:
    """A word of a policy, or of the connection itself, that means nothing on the other side."""

    connection: str
    section: str
    """The key of the connection under which it belongs."""
    advice: str
    can_wait: bool = False
    """It may be meant, or matters once the connection writes, as a role without a contact does."""


def unmet_requirements(
    policies: Sequence[Policy], configuration: Configuration, *, contacts: Collection[str] = (), has_links: bool = True
) -> Iterator[UnmetRequirement]:
    """Everything that some policies say and a connection cannot carry out.

    ``contacts``: roles for which an account names somebody; ``has_links``: whether messages can have links.
    """
    for name, connection in configuration.connections.items():
        for policy in policies:
            for section, kind, advice in _of_policy(policy, connection, contacts):
                can_wait = kind == "role" and not configuration.may_write(name, policy.pack)
                yield UnmetRequirement(name, section, advice, can_wait)
            if not has_links and (templates := helpdesk_requirements([policy]).link_templates):
                what = f"the policy {policy.pack} sends links ({', '.join(sorted(templates))})"
                yield UnmetRequirement(name, "links", f"{what}, which need an address: set POLICYBRIDGE_PUBLIC_URL")
        for section, advice in _unknown_translations(policies, connection):
            yield UnmetRequirement(name, section, advice)
        if len(policies) == len(configuration.policy):
            for section, advice in _unused_names(policies, connection):
                yield UnmetRequirement(name, section, advice, can_wait=True)


def _of_policy(policy: Policy, connection: Connection, contacts: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Section, kind and advice of the words of a policy that a connection lacks."""
    needed, vendor = helpdesk_requirements([policy]), import_module(f"mappings.{connection.vendor}.vocabulary")
    of_plans = (role for given in policy.plan_roles.values() for role in given)
    filled = {*policy.roles, *of_plans, *connection.organizations.roles, *connection.notify, *contacts}
    lacking: dict[str, tuple[str, Collection[Any], str]] = {
        "groups": ("group", needed.groups - connection.groups.keys(), "name a group for {it} under groups"),
        "tiers": ("tier", needed.tiers - connection.tiers.keys(), "name a group for {it} under tiers"),
        "statuses": (
            "status",
            needed.statuses - connection.statuses.keys() - vendor.vocabulary().own_statuses,
            "name one for {it} under statuses, because the helpdesk has none of its own for it",
        ),
        "notify": (
            "role",
            needed.roles - filled,
            "name a contact for {it} under notify or organizations.roles, in the accounts file, or under roles in "
            "the policy",
        ),
        "mail": (
            "role",
            set() if connection.mail else needed.digest_roles - connection.notify.keys(),
            "name the mail server for digests under mail, or channels for {it} under notify",
        ),
    }
    for section, (kind, missing, advice) in lacking.items():
        if missing:
            kinds, it = (kind, "it") if len(missing) == 1 else (_PLURALS.get(kind, f"{kind}s"), "each")
            what = f"the policy {policy.pack} uses the {kinds} {', '.join(map(str, sorted(missing)))}"
            yield section, kind, f"{what}, which this connection cannot reach; {advice.format(it=it)}"


def _unused_names(policies: Sequence[Policy], connection: Connection) -> Iterator[tuple[str, str]]:
    """What a connection names and none of the policies uses, so that nothing follows from it."""
    needed = helpdesk_requirements(policies)
    roles = needed.roles.union(needed.digest_roles, *(policy.role_directory for policy in policies))
    named: tuple[tuple[str, Collection[str], Collection[str]], ...] = (
        ("facts", connection.facts, {fact for policy in policies for fact in policy.facts}),
        ("fields", connection.fields, needed.fields | DISPLAY_FIELDS | DEFERRABLE),
        ("notify", connection.notify, roles),
        ("organizations.roles", connection.organizations.roles, roles),
        ("marks.approvals", connection.marks.approvals, needed.approvals),
    )
    for section, given, known in named:
        for name in sorted({*given} - {*known}):
            found = f"found {name!r}, which no policy uses{suggestion(name, known)}"
            yield f"{section}.{name}", followed_by(found, "correct the name, or leave it out")


class UnderstoodSource(NamedTuple):
    """A source of the connection whose values mean something to the policies."""

    where: str
    """Its key path."""
    source: ValueSource
    knows: Callable[[Any], bool]
    """Whether a policy knows a canonical value."""
    allowed: str
    """The values that the policies know, in words."""
    listed: tuple[str, ...] = ()
    """The values that the policies list, one by one; empty where any will do, or where not all are needed."""


def understood_sources(policies: Sequence[Policy], connection: Connection) -> Iterator[UnderstoodSource]:
    """The sources of facts, type and channel of which the policies list the values."""
    for name, fact in connection.facts.items():
        if specs := [policy.facts[name] for policy in policies if name in policy.facts]:
            allowed = "; ".join(dict.fromkeys(spec.allowed for spec in specs))
            listed = dict.fromkeys(value for spec in specs for value in spec.values or ())
            yield UnderstoodSource(f"facts.{name}", fact, partial(_is_known, specs), allowed, tuple(listed))
    types = {kind for policy in policies for kind in policy.ticket_types}
    if connection.type and types:
        kinds = tuple(sorted(types))
        yield UnderstoodSource("type", connection.type, types.__contains__, ", ".join(kinds), kinds)
    if connection.channel:
        yield UnderstoodSource("channel", connection.channel, set(Channel).__contains__, ", ".join(Channel))


def _is_known(specs: Sequence[FactSpec], value: Any) -> bool:
    return any(spec.knows(spec.listed(value)) for spec in specs)


def _unknown_translations(policies: Sequence[Policy], connection: Connection) -> Iterator[tuple[str, str]]:
    """Words into which a connection translates and which none of the policies knows."""
    for read in understood_sources(policies, connection):
        for key, translations in (("values", read.source.values), ("tags", read.source.tags)):
            for found, word in translations.items():
                if not read.knows(word):
                    what = f"{read.where}.{key}.{found}: found {word!r}, which no policy knows"
                    yield read.where, f"{what}; allowed: {read.allowed}"
