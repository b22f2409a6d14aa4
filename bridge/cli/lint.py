"""What ``check`` finds out about a pack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import InputError
from bridge.policy import Policy
from bridge.policy.load import load_policy, pack_file, packs
from bridge.settings import load_settings
from bridge.yamlfile import load_model
from mappings.connection import Configuration


@dataclass(frozen=True)
class Checked:
    """A pack file with its policy, or with its faults."""

    pack: str
    """As it was asked for."""
    file: Path
    policy: Policy | None
    faults: tuple[str, ...] = ()
    """``file:line:column where: found ...; allowed: ...``; empty when there is a policy."""

    def contents(self) -> dict[str, int]:
        """How many of what the pack holds."""
        if self.policy is None:
            return {}
        policy = self.policy
        return {
            "clauses": len(policy.clauses),
            "clocks": len(policy.clocks),
            "escalation stages": len(policy.escalation.stages) if policy.escalation else 0,
            "waiting ladders": len(policy.waiting),
            "interpretations": len(policy.interpretations),
        }

    def warnings(self) -> Iterator[str]:
        """What works, and still wants a look."""
        if self.policy is None:
            return
        used = dict.fromkeys((*self.policy.role_directory, *_notified(self.policy)))
        if vacant := [role for role in used if role != "assignee" and role not in self.policy.roles]:
            yield (
                f"nobody fills {', '.join(vacant)} in this pack; where no account does either, tickets get "
                "policy_role_unresolved: name addresses under roles of the pack or of the accounts"
            )

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``check --json``."""
        policy = self.policy
        return {
            "pack": policy.pack if policy else self.pack,
            "file": str(self.file),
            "version": policy.version if policy else None,
            "valid": policy is not None,
            "contents": {what.replace(" ", "_"): number for what, number in self.contents().items()},
            "faults": list(self.faults),
            "warnings": list(self.warnings()),
        }


def _notified(policy: Policy) -> Iterator[str]:
    """The roles that get word from the escalation schedule."""
    schedule = policy.escalation
    rules = (*schedule.stages, schedule.on_request) if schedule else ()
    return (role for rule in rules if rule for role in rule.notify)


def checked(pack: str) -> Checked:
    """Check one pack, by name or path. Raises ``InputError`` when there is no such pack at all."""
    file = pack_file(pack)
    try:
        return Checked(pack, file, load_policy(pack))
    except InputError as error:
        return Checked(pack, file, None, tuple(str(error).splitlines()))


def usual_packs() -> list[str]:
    """The shipped packs and those of ``policybridge.yaml``, where there is one. Raises ``InputError``."""
    config = load_settings().config
    configured = load_model(config, Configuration).policy if config.is_file() else []
    return list(dict.fromkeys([*packs(), *configured]))
