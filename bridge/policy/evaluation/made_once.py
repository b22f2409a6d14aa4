"""What rules yield, made once: it is never changed, and most of it is the same at each review of a ticket."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from bridge.decision import Citation, DesiredValue, OnOverride, RuleResult, Target


@lru_cache(maxsize=1_000)
def citation(pack: str, version: str, clause: str) -> Citation:
    """A citation of a clause."""
    return Citation(pack=pack, version=version, clause=clause)


@lru_cache(maxsize=1_000)
def stamp(since: datetime, _zone: tzinfo | None) -> str:
    """An instant as keys write it, in its own zone: instants of two zones can be the same."""
    return f"{since:%Y%m%dT%H%M%SZ}"


@lru_cache(maxsize=4_000, typed=True)
def desired_value(
    cite: Citation,
    because: str,
    target: Target,
    value: bool | int | str | None,
    since: datetime,
    key: str,
    to: tuple[str, ...],
    shown: str,
    on_override: OnOverride,
) -> DesiredValue:
    """A value that a target should hold; ``typed``, because true is no 1."""
    return DesiredValue(
        cite=cite,
        because=because,
        target=target,
        value=value,
        since=since,
        key=key,
        to=to,
        shown=shown,
        on_override=on_override,
    )


@lru_cache(maxsize=4_000)
def rule_result(cite: Citation, because: str, rule: str, *, applied: bool) -> RuleResult:
    """Whether a rule applied."""
    return RuleResult(cite=cite, because=because, rule=rule, applied=applied)
