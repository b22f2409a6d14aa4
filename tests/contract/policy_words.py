"""What tests of the words of policies share: a pack with something laid over it, and a clock that it does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.decision import Clock
from bridge.policy.load import load_policy
from bridge.policy.model import Policy

from .conftest import VendorScenario
from .vendor import Seen

COMPLETION = {
    "name": "completion",
    "clause": "MA-10",
    "met_by": ["solved"],
    "calendar": "always",
    "targets": {"critical": "10h", "high": "20h"},
}


def laid_over(**overrides: Any) -> Callable[[Any], Any]:
    """A test of the pack with something laid over it."""
    return pytest.mark.parametrize("overrides", [overrides], ids=[next(iter(overrides))])


def clocks(scenario: VendorScenario, ident: str, name: str) -> list[Clock]:
    decision = scenario.reviews(ident)[-1].decision
    return [clock for clock in decision.clocks if clock.name == name] if decision else []


def policy_of(scenario: VendorScenario) -> Policy:
    """The pack with what is laid over it."""
    return load_policy("maas360", scenario.overrides)


def said(seen: Seen) -> str:
    """What agents alone can read; some vendors write several notes as one."""
    return "\n".join(seen.notes)
