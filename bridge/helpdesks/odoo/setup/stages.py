"""Stages for the statuses that policies name: those that are there are pointed out, new ones are made with consent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.odoo.setup.context import ALSO_ARCHIVED, SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, mark
from bridge.policy.model import Policy
from bridge.policy.requirements import Reach
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import Status
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.schema import STAGE_FIELDS

NAMES: dict[Status, str] = {
    Status.IN_PROGRESS: "In Progress",
    Status.WAITING_CUSTOMER: "Waiting for Customer",
    Status.CUSTOMER_UPDATE_REQUIRED: "Customer Update Required",
    Status.WAITING_INTERNAL: "Waiting Internally",
    Status.WAITING_DEVELOPMENT: "Waiting for Development",
}
"""Statuses that need a stage of their own, in the order of a board, and its name where no policy has one."""


_CLOSED = frozenset({Status.WAITING_DEVELOPMENT, Status.SOLVED, Status.CLOSED})
"""To the customer a ticket is closed in them."""


@dataclass(frozen=True)
class Stage:
    """A stage that stands for a canonical status."""

    status: Status
    name: str
    named: bool = False
    """The connection names it already."""

    @property
    def mark(self) -> str:
        return mark("stage", self.name)

    def piece(self, model: str, row: int, fields: frozenset[str], teams: Sequence[int]) -> SetupRecord:
        """``row``: its sequence number; ``fields``: those that stages have; ``teams``: whose it is, none for all."""
        closed = "1" if self.status in _CLOSED else ""
        columns = {
            "name": self.name,
            "sequence": str(row),
            "fold": closed,
            "closed": closed,
            "unattended": "1" if self.status is Status.NEW else "",
            "company_id/.id": "",
            "team_ids/.id": ",".join(map(str, teams)),
        }
        told = {column: text for column, text in columns.items() if column.partition("/")[0] in fields}
        return SetupRecord(model, self.mark, self.name, f"stands for {self.status}", told)


def wanted_stages(reach: Reach, policies: Sequence[Policy], connection: Connection) -> list[Stage]:
    """Those that the connection calls by name, and for other statuses that policies name one under their own name."""
    labels: dict[Status, str] = {}
    for policy in reversed(policies):
        labels |= policy.statuses.labels if policy.statuses else {}
    named = [
        Stage(s, ref, named=True) for s, refs in connection.statuses.items() for ref in refs if isinstance(ref, str)
    ]
    others = (status for status in NAMES if status in reach.statuses and status not in connection.statuses)
    return [*named, *(Stage(status, labels.get(status, NAMES[status])) for status in others)]


def last_open_row(stages: Sequence[Json]) -> int:
    """The sequence number at which open stages end: new ones come before those that close a ticket."""
    open_ = (int(stage["sequence"]) for stage in stages if not (stage.get("closed") or stage.get("fold")))
    return max(open_, default=1)


def ensure_stages(site: SetupContext, stages: Sequence[Stage]) -> Iterator[InstallLine]:
    """Create what is missing if that is wished, and say what the file should name."""
    fields = site.fields_of(site.schema.stage)
    there = _present(site, fields)
    found = _found(site, stages, there)
    missing = [stage for stage in stages if stage not in found]
    if site.options.stages:
        # in Enterprise a stage shows in the teams it names, in the community helpdesk in all when it names none
        everybody = site.schema.flavour == "enterprise"
        teams = site.client.search_read(site.schema.team, [], ["name"], order="id") if everybody else []
        row, ids = last_open_row(there), [int(team["id"]) for team in teams]
        yield from site.ensure([stage.piece(site.schema.stage, row, fields, ids) for stage in missing])
        found = _found(site, stages, _present(site, fields)) if site.apply else found | dict.fromkeys(missing)
    elif missing:
        told = ", ".join(f"{stage.name} ({stage.status})" for stage in missing)
        yield Diagnosis("stages", ok=True, advice=f"no stage stands for {told}; --stages creates them")
    if told := ", ".join(f"{s.status}: {found[s] or s.name}" for s in stages if s in found and not s.named):
        advice = f"add to policybridge.yaml, connections.{site.name}: statuses: {{{told}}}"
        yield Diagnosis("stages", ok=True, advice=advice)


def _present(site: SetupContext, fields: frozenset[str]) -> Sequence[Json]:
    wanted = [name for name in STAGE_FIELDS if name in fields]
    return site.client.search_read(site.schema.stage, [], wanted, order="sequence, id", context=ALSO_ARCHIVED)


def _found(site: SetupContext, stages: Sequence[Stage], there: Sequence[Json]) -> dict[Stage, int | None]:
    """The ids of the stages that are there: ours by their mark, whatever they are called now, others by their name."""
    made = site.registry.made()
    names = {str(record["name"]).strip().lower(): int(record["id"]) for record in there if record.get("active", True)}
    names |= {stage.name.lower(): made[stage.mark].id for stage in stages if stage.mark in made and not stage.named}
    return {stage: names[stage.name.lower()] for stage in stages if stage.name.lower() in names}
