"""Rollout rules: how far the bridge may act on which tickets, as an admin says it in ``policybridge.yaml``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator

from bridge.decision.plan import Mode
from bridge.decision.targets import TAG_PREFIX
from bridge.ticket import Facts

RolloutMode = Mode | Literal["off"]
"""The mode of a connection, or ``off``: leave the tickets alone."""

CRITERIA = ("connection", "pack", "clause", "group", "team", "brand", "account", "tag")


def _as_texts(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _percent(value: Any) -> Any:
    """``10``, ``10%`` and ``10 %`` are the same."""
    text = str(value).removesuffix("%").strip()
    if not (text.isdecimal() and 1 <= int(text) <= 100):
        raise ValueError("allowed: a whole percentage from 1 to 100")
    return int(text)


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_texts)]


class RolloutRule(Facts):
    """A mode for the tickets, or the parts of their plans, that all criteria name; the first rule that matches wins."""

    connection: Texts = ()
    pack: Texts = ()
    clause: Texts = ()
    """Only what follows from these clauses."""
    group: Texts = ()
    """Groups by their names in the connection."""
    team: Texts = ()
    brand: Texts = ()
    account: Texts = ()
    """Keys or names of accounts."""
    tag: Texts = ()
    """Tickets that have one of these tags now."""
    share: Annotated[int, BeforeValidator(_percent)] = 100
    """Only so many percent, always the same ones; a larger share contains the smaller one."""
    by: Literal["account", "ticket"] = "account"
    """What a share is a share of: of accounts, so that one customer sees one behaviour, or of tickets."""
    mode: RolloutMode

    @model_validator(mode="after")
    def _not_our_own_tags(self) -> Self:
        if ours := next((tag for tag in self.tag if tag.lower().startswith(TAG_PREFIX)), None):
            raise ValueError(f"found {ours}, which the bridge writes itself; allowed: tags that people set")
        return self

    @model_validator(mode="after")
    def _share_of_something(self) -> Self:
        if "by" in self.model_fields_set and "share" not in self.model_fields_set:
            raise ValueError("found `by` without `share`; add `share`, such as 10 %, or remove `by`")
        return self

    def __str__(self) -> str:
        named = [f"{name} {' or '.join(getattr(self, name))}" for name in CRITERIA if getattr(self, name)]
        share = [f"{self.share} % of {self.by}s"] if self.share < 100 else []
        return ", ".join(named + share) or "everything"

    def covers(self, other: RolloutRule) -> bool:
        """Whether this rule matches whatever another one does."""
        named = all(
            not getattr(self, name) or (getattr(other, name) and set(getattr(other, name)) <= set(getattr(self, name)))
            for name in CRITERIA
        )
        return named and (self.share == 100 or (self.by == other.by and other.share <= self.share))
