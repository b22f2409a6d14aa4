"""Stages of Odoo as statuses of a policy, and which statuses a stage and all behind it have. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bridge.ticket import Status
from mappings.native_conditions import NotSayable
from mappings.odoo.vocabulary import many2many_ids

Json = Mapping[str, Any]

_NAMES = (
    (Status.WAITING_CUSTOMER, r"await|pending|wait.*(customer|client|reply|answer)|^waiting$"),
    (Status.WAITING_INTERNAL, r"on hold|^hold|wait"),
    (Status.WAITING_DEVELOPMENT, r"develop|backlog"),
    (Status.IN_PROGRESS, r"progress|assigned|working|started"),
)
"""How people call stages; the connection says it with certainty."""


class NativeStages:
    """The stages of a helpdesk in their order, each with a status."""

    def __init__(self, stages: Iterable[Json], statuses: Mapping[str, Collection[int]]) -> None:
        """``statuses``: status -> ids of its stages, as the connection has them."""
        self._rows = sorted(stages, key=lambda stage: (int(stage.get("sequence") or 0), int(stage["id"])))
        named = {ident: status for status, idents in statuses.items() for ident in idents}
        self._status = {int(row["id"]): str(named.get(row["id"]) or _likely(row)) for row in self._rows}

    def names(self) -> dict[str, int | str | list[int | str]]:
        """The section ``statuses`` of a connection. Solved and new stages are known by their flags."""
        found: dict[str, list[int | str]] = {}
        for ident, status in self._status.items():
            if status not in (Status.NEW, Status.OPEN, Status.SOLVED):
                found.setdefault(status, []).append(ident)
        return dict(found)

    def status(self, ident: int) -> str:
        """The status of one stage. Raises ``NotSayable`` where it is gone, or another stage has the same status."""
        return self._alone([ident])[0]

    def status_of(self, ident: int) -> str:
        """The status that a ticket gets in a stage; empty where the stage is gone."""
        return self._status.get(ident, "")

    def from_stage(self, ident: int, teams: Iterable[int]) -> tuple[str, ...]:
        """The statuses of a stage and of all behind it, for these teams: Odoo's SLA is met in any of them."""
        target = self._row(ident)
        row, of_teams = int(target.get("sequence") or 0), set(teams)
        behind = (each for each in self._rows if int(each.get("sequence") or 0) >= row)
        return self._alone([int(each["id"]) for each in behind if _is_open_to(of_teams, each)])

    def statuses(self, idents: Iterable[int]) -> tuple[str, ...]:
        """The statuses of some stages. Raises ``NotSayable`` where another stage has one of them as well."""
        return self._alone(list(idents))

    def _alone(self, idents: list[int]) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(self._status[int(self._row(ident)["id"])] for ident in idents))
        for row in self._rows:
            if row["id"] not in idents and (status := self._status[row["id"]]) in found:
                problem = f"{row['name']}, which has the same status ({status}) as a stage that counts"
                raise NotSayable(f"{problem}; name them under statuses in the connection")
        return found

    def _row(self, ident: int) -> Json:
        for row in self._rows:
            if row["id"] == ident:
                return row
        raise NotSayable(f"the stage {ident}, which does not exist")


def _is_open_to(teams: set[int], stage: Json) -> bool:
    only = many2many_ids(stage.get("team_ids"))
    return not only or bool(teams & set(only))


def _likely(stage: Json) -> Status:
    """By its flags, and if it is open by its name."""
    if stage.get("closed"):
        return Status.SOLVED
    if stage.get("unattended"):
        return Status.NEW
    name = str(stage.get("name") or "").lower()
    return next((status for status, pattern in _NAMES if re.search(pattern, name)), Status.OPEN)
