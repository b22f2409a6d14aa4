"""Rollout rules against the rest of the configuration: names that nothing has, and rules that can never match."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bridge.account import Account
from bridge.decision.rollout import RolloutRule
from bridge.policy.model import Policy
from bridge.yamlio.problems import followed_by, suggestion
from mappings.connection import Configuration


def rollout_problems(configuration: Configuration, policies: Sequence[Policy]) -> Iterator[tuple[int, str]]:
    """The place of each rule that cannot be meant, and what is wrong with it in one line."""
    rules = configuration.rollout
    for place, rule in enumerate(rules):
        problem = _unknown_name(rule, configuration, policies) or _never_matches(place, rules)
        if problem:
            yield place, problem


def rollout_lines(configuration: Configuration, policies: Sequence[Policy]) -> list[str]:
    """The same as lines that name the rule."""
    return [f"rollout: rule {place + 1}: {problem}" for place, problem in rollout_problems(configuration, policies)]


def unlisted_accounts(configuration: Configuration, accounts: Mapping[str, Account]) -> Iterator[tuple[int, str]]:
    """The place of each rule for an account that is not among those of the accounts file.

    It may be meant: the helpdesk names its organizations, and the file need not list them all.
    """
    names = dict.fromkeys(name for key, account in accounts.items() for name in (key, account.name) if name)
    for place, rule in enumerate(configuration.rollout if names else ()):
        for account in rule.account:
            if account not in names:
                found = f"found account {account!r}, which {configuration.accounts} does not have"
                advice = "otherwise the rule is for an organization that has this name in the helpdesk"
                yield place, followed_by(f"{found}{suggestion(account, names)}", advice)


def _unknown_name(rule: RolloutRule, configuration: Configuration, policies: Sequence[Policy]) -> str:
    used = [each for name, each in configuration.connections.items() if not rule.connection or name in rule.connection]
    governing = [policy for policy in policies if not rule.pack or policy.pack in rule.pack]
    known: tuple[tuple[str, Collection[str], Collection[str]], ...] = (
        ("connection", rule.connection, configuration.connections),
        ("pack", rule.pack, [policy.pack for policy in policies]),
        ("clause", rule.clause, [clause for policy in governing for clause in policy.clauses]),
        ("group", rule.group, [group for each in used for group in each.groups]),
        ("brand", rule.brand, [brand for each in used for brand in each.brands]),
    )
    for name, given, allowed in known:
        if unknown := [each for each in given if each not in allowed]:
            return f"{name}: found {unknown[0]!r}; allowed: {', '.join(allowed) or _none_named(name)}"
    return ""


def _none_named(name: str) -> str:
    return f"none, because no connection has any under `{name}s`"


def _never_matches(place: int, rules: Sequence[RolloutRule]) -> str:
    for rule in rules[:place]:
        if rule.covers(rules[place]):
            return (
                f"it can never match, because an earlier rule ({rule}) matches all of its tickets; "
                "put it first, or remove it"
            )
    return ""
