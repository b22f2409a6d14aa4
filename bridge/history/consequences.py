"""Which writes may change what a policy decides at the same instant, so that a simulation has to look again."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.decision import Action, Fact, Say, SystemField, Tag
from bridge.decision.targets import Field
from bridge.policy.model import Policy
from bridge.policy.pack_parts import conditions

_read: dict[str, frozenset[str]] = {}
"""By the digest of a policy: the names that its conditions read."""


def may_lead_to_more(actions: Iterable[Action], policy: Policy) -> bool:
    """Whether something in these writes may change what the policy decides at the same instant."""
    return any(_may_lead_to_more(action, policy) for action in actions)


def _may_lead_to_more(action: Action, policy: Policy) -> bool:
    if isinstance(action, Say):
        return action.is_public
    match action.target:
        case Tag() | Field() | SystemField.ACTIVITIES:
            return False
        case Fact() | SystemField.STATUS | SystemField.ASSIGNEE:
            return True
        case SystemField.PRIORITY:
            return policy.severity.chosen_in is not None or not _names(policy).isdisjoint({"priority"})
        case SystemField.TIER | SystemField.GROUP:  # a helpdesk shows the tier as a group
            moves = policy.tiers is not None or any(reaction.hand_back for reaction in policy.reactions)
            return moves or not _names(policy).isdisjoint({"tier", "group", "team"})


def _names(policy: Policy) -> frozenset[str]:
    if policy.digest not in _read:
        _read[policy.digest] = frozenset(name for _, when in conditions(policy) for _, name, _ in when.names())
    return _read[policy.digest]
