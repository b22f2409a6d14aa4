"""The packs of an installation, and whether at most one of them governs each ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.errors import InputError
from bridge.policy.load import load_policy, override_problems
from bridge.policy.model import Policy
from bridge.policy.selection import ties
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import FileProblem, InvalidFile
from mappings.connection import Configuration

NamedPack = tuple[str, Policy]
"""How a pack is written under ``policy``, which is also its key under ``overrides``; and the pack."""


def load_pack(configuration: Configuration, name: str) -> Policy:
    """A pack with its overrides. Raises ``InputError``; what follows from an override has its place in its own file."""
    overrides = configuration.overrides.get(name)
    try:
        return load_policy(name, overrides)
    except InvalidFile as error:
        if not (overrides and configuration.file):
            raise
        misfits = override_misfits(read(configuration.file), name, overrides, error)
        own = [problem for problem in error.problems if str(problem) in _errors_without_overrides(name)]
        raise InvalidFile([*own, *misfits]) from error


def override_misfits(
    document: YamlDocument, name: str, overrides: Mapping[str, Any], error: InputError
) -> list[FileProblem]:
    """Of the errors of a pack with its overrides those that it does not have without, each at the override."""
    if isinstance(error, InvalidFile):
        own = _errors_without_overrides(name)
        error = InvalidFile(problem for problem in error.problems if str(problem) not in own)
    return override_problems(document, ("overrides", name), overrides, error)


def _errors_without_overrides(name: str) -> list[str]:
    try:
        load_policy(name)
    except InputError as error:
        return str(error).splitlines()
    return []


def load_packs(configuration: Configuration, *, distinct: bool = False) -> list[NamedPack]:
    """The packs of ``policybridge.yaml`` with their overrides. Raises ``InputError`` for one that cannot be loaded.

    ``distinct``: also refuse packs that could govern the same ticket.
    """
    packs = [(name, load_pack(configuration, name)) for name in configuration.policy]
    if distinct and (conflicts := pack_conflicts(packs)):
        raise InputError("\n".join(conflicts))
    return packs


def pack_conflicts(packs: Sequence[NamedPack]) -> list[str]:
    """A line for every two packs that could both govern one ticket, with what to write where; empty: there are none."""
    names = [policy.pack for _, policy in packs]
    twice = sorted({name for name in names if names.count(name) > 1})
    found = [f"policy: found two packs called {name}; give one of them another name under `pack`" for name in twice]
    written = {policy.pack: name for name, policy in packs}
    pairs = ties([policy for _, policy in packs if policy.pack not in twice])
    return found + [_conflict(one, other, written) for one, other in pairs]


def _conflict(one: Policy, other: Policy, written: dict[str, str]) -> str:
    wins = one if one.applies_when.root and not other.applies_when.root else other
    this, that, winner = (written[policy.pack] for policy in (one, other, wins))
    return (
        f"policy: found {one.pack} and {other.pack}, both with precedence {one.precedence}, which could govern the "
        f"same ticket ({one.applies_when.worded()} / {other.applies_when.worded()}); write under `overrides` what "
        f"tells their tickets apart, such as `{this}: {{applies_when: {{brand: ONE}}}}` and `{that}: {{applies_when: "
        "{brand: OTHER}}` (brands as a connection names them; or form, team, account, tags), or "
        f"`{winner}: {{precedence: {wins.precedence + 1}}}`, a higher `precedence`, which wins where both apply"
    )
