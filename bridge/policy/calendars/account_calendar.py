"""Business hours as a pack writes them, and as they hold for an account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import model_validator

from bridge.account import Account
from bridge.policy.calendars.calendar import Calendar, CalendarSpec
from bridge.policy.references import CalendarName, Citation


class PackCalendar(CalendarSpec):
    """Business hours of a pack; an account's contract may replace them."""

    clause: Citation
    from_account: bool = False
    """Use the account's own calendar where it has one, and the account's time zone otherwise."""
    fixed_time_zone: bool = False
    """The hours are the vendor's own: they stay in this zone wherever the account is."""
    combines: tuple[CalendarName, ...] = ()
    """In place of hours: names of other calendars of the pack; open whenever one of them is."""

    @property
    def _stated_elsewhere(self) -> bool:
        return bool(self.combines)

    @model_validator(mode="after")
    def _combines_alone(self) -> PackCalendar:
        if self.combines and self.model_fields_set - {"clause", "combines", "time_zone"}:
            raise ValueError(
                "allowed: only clause and time_zone beside combines; the hours belong in the combined calendars"
            )
        return self


def calendar_in_force(calendars: Mapping[str, PackCalendar], name: str | None, account: Account) -> Calendar:
    """A calendar by name, as it holds for an account; the first by default, and for a name that is not there."""
    spec = calendars.get(name or "") or next(iter(calendars.values()))
    if spec.from_account and account.calendar:
        zone = account.time_zone or spec.time_zone
        return Calendar.of(CalendarSpec.model_validate({"time_zone": zone, **account.calendar}))
    return Calendar.of(_spec(json.dumps(_hours(calendars, spec, account))))


class CalendarsInForce:
    """The calendars of one pack as they hold for accounts, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, str | None, str], Calendar] = {}

    def of(self, calendars: Mapping[str, PackCalendar], name: str | None, account: Account) -> Calendar:
        """A calendar by name, for an account; see :func:`calendar_in_force`."""
        terms = json.dumps(account.calendar, sort_keys=True, default=str) if account.calendar else ""
        key = name, account.time_zone, terms
        if key not in self._known:
            self._known[key] = calendar_in_force(calendars, name, account)
        return self._known[key]


def _hours(calendars: Mapping[str, PackCalendar], spec: PackCalendar, account: Account) -> dict[str, Any]:
    own = {"clause", "from_account", "combines", "fixed_time_zone"}
    words = spec.model_dump(mode="json", exclude=own, exclude_defaults=True)
    if spec.from_account and account.time_zone and not spec.fixed_time_zone:
        words["time_zone"] = account.time_zone
    if spec.combines:
        words["union"] = [_hours(calendars, calendars[name], account) for name in spec.combines]
    return words


@lru_cache(maxsize=256)
def _spec(words: str) -> CalendarSpec:
    return CalendarSpec.model_validate_json(words)
