"""What ``doctor`` says of the policies: whether they fit together, and what they need of each connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.account import Account
    from bridge.config.configured_packs import NamedPack
    from bridge.config.settings import Settings
    from bridge.policy.model import Policy
    from bridge.ports.helpdesk import Diagnosis
    from mappings.connection import Configuration


def ambiguous_policies(packs: Sequence[NamedPack]) -> Iterator[Diagnosis]:
    """Whether two packs could govern the same ticket; ``serve`` would not start."""
    from bridge.config.configured_packs import pack_conflicts
    from bridge.ports.helpdesk import Diagnosis

    found = pack_conflicts(packs)
    yield from (Diagnosis("policies", ok=False, advice=line) for line in found)
    if len(packs) > 1 and not found:
        yield Diagnosis("policies", ok=True, advice="no ticket is governed by two of them")


def unmet_by_connections(
    packs: Sequence[NamedPack], configuration: Configuration, settings: Settings, accounts: Mapping[str, Account]
) -> Iterator[Diagnosis]:
    """What the policies say and a connection cannot carry out."""
    from bridge.config.accounts_file import contacted_roles
    from bridge.config.unmet_requirements import unmet_requirements
    from bridge.ports.helpdesk import Diagnosis

    policies = [policy for _, policy in packs]
    contacts = contacted_roles(accounts)
    has_links = settings.public_url is not None
    for unmet in unmet_requirements(policies, configuration, contacts=contacts, has_links=has_links):
        subject = f"{unmet.connection}, {unmet.section}"
        yield Diagnosis(subject, ok=unmet.can_wait, advice=unmet.advice, warns=unmet.can_wait)


def unset_channels(packs: Sequence[NamedPack], accounts: Mapping[str, Account]) -> Iterator[Diagnosis]:
    """Channels of roles whose variable nobody has set: notifications there would fail one by one."""
    from bridge.config.sources import read_variable
    from bridge.contacts import contacts_in, variable_of
    from bridge.helpdesks.notifications import unset
    from bridge.ports.helpdesk import Diagnosis

    of_policies = [(policy.pack, [policy.roles, *policy.plan_roles.values()]) for _, policy in packs]
    of_accounts = [(f"account {key}", [account.roles]) for key, account in accounts.items()]
    for where, listed in (*of_policies, *of_accounts):
        for role, text in (each for contacts in listed for each in contacts.items()):
            variables = filter(None, map(variable_of, contacts_in(text)))
            yield from (
                Diagnosis(f"{where}, role {role}", ok=False, advice=unset(variable))
                for variable in variables
                if not read_variable(variable)
            )


def unfed_facts(policy: Policy, configuration: Configuration) -> Iterator[Diagnosis]:
    """Facts of a policy that no field of a connection provides: allowed, but rules on them never apply."""
    from bridge.ports.helpdesk import Diagnosis

    for name, connection in configuration.connections.items():
        missing = sorted(set(policy.facts) - set(connection.facts))
        advice = f"no field provides {', '.join(missing)}, so rules on them never apply; name the fields under facts"
        subject = f"{name}, facts of {policy.pack}"
        yield Diagnosis(subject, ok=True, advice=advice if missing else "every fact has a field", warns=bool(missing))
