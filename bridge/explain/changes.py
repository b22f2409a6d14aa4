"""What people would see change between two decisions on one ticket, such as what is and what if. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.decision import Clock, Decision, Tag, Target
from bridge.decision.targets import describe_target
from bridge.explain.sections import describe_action, moment
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS


def changes(before: Decision, after: Decision) -> tuple[str, ...]:
    """Each change in one line; fields that only show the decision are left out."""
    return (*_level(before, after), *_clocks(before, after), *_values(before, after), *_messages(before, after))


def _level(before: Decision, after: Decision) -> Iterator[str]:
    if before.level != after.level:
        yield f"severity: {before.level or 'none'} -> {after.level or 'none'}"


def _clocks(before: Decision, after: Decision) -> Iterator[str]:
    old, new = ({(each.name, each.started_at): each for each in decision.clocks} for decision in (before, after))
    for run in dict.fromkeys((*old, *new)):
        was, now = _stands(old.get(run)), _stands(new.get(run))
        if was != now:
            yield f"{run[0]}: {was} -> {now}"


def _stands(clock: Clock | None) -> str:
    if clock is None:
        return "no clock"
    times: tuple[tuple[str, datetime | None], ...] = (("due", clock.due_at), ("met", clock.met_at))
    return ", ".join([str(clock.state), *(f"{event} {moment(at)}" for event, at in times if at)])


def _values(before: Decision, after: Decision) -> Iterator[str]:
    old, new = (_wanted(decision) for decision in (before, after))
    for target in dict.fromkeys((*old, *new)):
        was, now = old.get(target, "as it is"), new.get(target, "as it is")
        if was == now:
            continue
        if isinstance(target, Tag):
            yield f"{'' if target in new else 'no longer '}{describe_target(target)}"
        else:
            yield f"{describe_target(target)}: {was} -> {now}"


def _wanted(decision: Decision) -> dict[Target, str]:
    """What a ticket should have, fields that only show the decision left out."""
    wanted = (each for each in decision.desired if getattr(each.target, "name", "") not in DISPLAY_FIELDS)
    return {each.target: "empty" if each.value is None else str(each.value) for each in wanted}


def _messages(before: Decision, after: Decision) -> Iterator[str]:
    old, new = ({describe_action(each.action()): each for each in d.due_messages} for d in (before, after))
    yield from (what for what in new if what not in old)
    yield from (f"no longer {what}" for what in old if what not in new)
