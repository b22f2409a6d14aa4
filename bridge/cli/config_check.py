"""Check the packs of ``policybridge.yaml`` with their overrides, and against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from bridge.account import Account
from bridge.cli.pack_check import CheckResult, LocatedProblem
from bridge.config.accounts_file import contacted_roles, read_accounts
from bridge.config.configuration import invalid_overrides
from bridge.config.configured_packs import NamedPack, override_misfits, pack_conflicts
from bridge.config.in_force_check import in_force_problems
from bridge.config.rollout_check import rollout_problems, unlisted_accounts
from bridge.config.settings import load_settings
from bridge.config.unmet_requirements import unmet_requirements
from bridge.contacts import contacts_in, holds_token
from bridge.errors import InputError
from bridge.policy.lint import Level
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.runtime.ticket_clock import wall_clock
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import KeyPath
from bridge.yamlio.validate import load_model, validate
from mappings.connection import Configuration

INVALID_OVERRIDE = "PB003"
"""Overrides that do not fit their pack."""
AMBIGUOUS_PACKS = "PB004"
"""Two packs that could govern the same ticket."""
UNMET_REQUIREMENT = "PB005"
"""A word of a pack, or of a connection, that means nothing on the other side."""
INVALID_ROLLOUT = "PB006"
"""A rollout rule that names what is not there, or that can never match."""
INVALID_START = "PB007"
"""A time since when packs are in force that cannot be used."""
CHANNEL_TOKEN = "PB008"  # noqa: S105 - a code
"""A channel whose token stands in the accounts file."""


def check_config(config: Path) -> CheckResult:
    """Problems of a configuration file. Raises ``InputError``.

    Errors of a pack without its overrides are left to :func:`bridge.cli.pack_check.check_pack`.
    """
    document = read(config)
    problems = _problems(document, validate(document, Configuration))
    return CheckResult(str(config), config, None, tuple(sorted(problems)))


def effective_packs(config: Path) -> dict[str, Policy]:
    """The packs of a configuration file with its overrides, by the names it has for them; those that fit only."""
    configuration = load_model(config, Configuration)
    found: dict[str, Policy] = {}
    for name, overrides in configuration.overrides.items():
        with suppress(InputError):
            found[name] = load_policy(name, overrides)
    return found


def _problems(document: YamlDocument, configuration: Configuration) -> Iterator[LocatedProblem]:
    packs: list[NamedPack] = []
    for name in configuration.policy:
        overrides = configuration.overrides.get(name)
        if wrong := invalid_overrides(document, configuration, name):
            yield from (LocatedProblem.of(each, INVALID_OVERRIDE, Level.ERROR, INVALID_OVERRIDE) for each in wrong)
            continue
        try:
            packs.append((name, load_policy(name, overrides)))
        except InputError as error:
            for problem in override_misfits(document, name, overrides or {}, error):
                message = f"{INVALID_OVERRIDE} {problem.message}"
                yield LocatedProblem.of(problem._replace(message=message), INVALID_OVERRIDE, Level.ERROR)
    policies = [policy for _, policy in packs]
    accounts = _accounts(configuration, policies)
    yield from _rollout(document, configuration, policies, accounts)
    yield from _tokens(document, accounts)
    for line in pack_conflicts(packs):
        yield _problem(document, ("policy",), AMBIGUOUS_PACKS, line.removeprefix("policy: "))
    if len(packs) == len(configuration.policy):
        yield from _starts(document, configuration, policies)
        yield from _unmet(document, configuration, policies, contacted_roles(accounts))


def _accounts(configuration: Configuration, policies: list[Policy]) -> Mapping[str, Account]:
    """Those of the accounts file; none if it cannot be used, which is reported where it is read by itself."""
    with suppress(InputError):
        return read_accounts(configuration.accounts, policies) if configuration.accounts else {}
    return {}


def _rollout(
    document: YamlDocument, configuration: Configuration, policies: list[Policy], accounts: Mapping[str, Account]
) -> Iterator[LocatedProblem]:
    for place, line in rollout_problems(configuration, policies):
        yield _problem(document, ("rollout", place), INVALID_ROLLOUT, line)
    for place, line in unlisted_accounts(configuration, accounts):
        yield _problem(document, ("rollout", place), INVALID_ROLLOUT, line, Level.WARNING)


def _tokens(document: YamlDocument, accounts: Mapping[str, Account]) -> Iterator[LocatedProblem]:
    channels = ((key, role, text) for key, account in accounts.items() for role, text in account.roles.items())
    if found := [f"{key}: {role}" for key, role, text in channels if any(map(holds_token, contacts_in(text)))]:
        others = f" and {len(found) - 3} more" if len(found) > 3 else ""
        text = f"found the URL of a channel, with its token, in {', '.join(found[:3])}{others}; allowed: env:NAME; "
        text += "the database keeps a copy: put the URL into the variable NAME, or into the file that NAME_FILE names"
        yield _problem(document, ("accounts",), CHANNEL_TOKEN, text, Level.WARNING)


def _starts(document: YamlDocument, configuration: Configuration, policies: list[Policy]) -> Iterator[LocatedProblem]:
    names = [policy.pack for policy in policies]
    for path, line in in_force_problems(configuration.connections, names, wall_clock()):
        yield _problem(document, path, INVALID_START, line)


def _unmet(
    document: YamlDocument, configuration: Configuration, policies: list[Policy], contacts: frozenset[str]
) -> Iterator[LocatedProblem]:
    has_links = load_settings().public_url is not None
    for unmet in unmet_requirements(policies, configuration, contacts=contacts, has_links=has_links):
        path = ("connections", unmet.connection, *unmet.section.split("."))
        level = Level.WARNING if unmet.can_wait else Level.ERROR
        yield _problem(document, path, UNMET_REQUIREMENT, unmet.advice, level)


def _problem(
    document: YamlDocument, path: KeyPath, code: str, message: str, level: Level = Level.ERROR
) -> LocatedProblem:
    return LocatedProblem.of(document.problem(path, f"{code} {message}"), code, level)
