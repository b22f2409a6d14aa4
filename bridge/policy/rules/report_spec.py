"""Reports that a pack defines: which figures, by which clause, from which facts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import CalendarName, Citation, ClockName, FactName, OwnName

WHOLE = 100


class WindowUse(PackPart):
    """How to recognise a used maintenance window: a ticket with a change planned in it."""

    calendar: CalendarName
    when: Predicate = Predicate()
    start_fact: FactName
    """Fact that holds the planned start, an instant."""
    end_fact: FactName


class Availability(PackPart):
    """The share of each calendar month in which no outage ticket was open, against a goal."""

    kind: Literal["availability"]
    clause: Citation
    name: OwnName
    goal_percent: float = Field(gt=0, le=100)
    when: Predicate = Predicate()
    """Which tickets are outages, such as ``{level: "1"}``."""
    start_fact: FactName
    """Fact that holds the begin of the outage, an instant."""
    end_fact: FactName
    """Fact that holds its end; without it the outage lasts."""
    maintenance_window: WindowUse | None = None
    """Windows that were used count neither as time promised nor as time lost."""


class ClockMetrics(PackPart):
    """How long clocks took, by plan, priority and month: median, 90th percentile, and attainment of a target."""

    kind: Literal["clock_metrics"]
    clause: Citation
    name: OwnName
    clocks: tuple[ClockName, ...] = Field(min_length=1)
    """Names of clocks of the pack; one without targets is measured all the same."""


class ClockShares(PackPart):
    """Who used a clock: the share of its counted time that each tier, group, team or assignee had the ticket."""

    kind: Literal["clock_shares"]
    clause: Citation
    name: OwnName
    clock: ClockName
    by: Literal["tier", "group", "team", "assignee"] = "tier"
    budgets: dict[str, Annotated[float, Field(gt=0, le=100)]] = {}
    """Tier (group, team, assignee) -> how much of the target it may use, in percent."""

    @model_validator(mode="after")
    def _at_most_the_target(self) -> ClockShares:
        if self.by == "tier" and (other := next((name for name in self.budgets if not name.isdecimal()), None)):
            raise ValueError(f"budgets: found {other!r}; allowed: numbers of tiers, or by: group, team or assignee")
        if (total := sum(self.budgets.values())) > WHOLE:
            raise ValueError(f"budgets: found {total:g}% in all; allowed: at most 100%")
        return self


class Satisfaction(PackPart):
    """The customers' scores by type, priority and month, with the tickets behind each figure."""

    kind: Literal["satisfaction"]
    clause: Citation
    name: OwnName
    fact: FactName
    """Fact that holds the score."""


class Channels(PackPart):
    """The share of each channel, by month."""

    kind: Literal["channels"]
    clause: Citation
    name: OwnName


ReportSpec = Annotated[Availability | ClockMetrics | ClockShares | Satisfaction | Channels, Field(discriminator="kind")]
