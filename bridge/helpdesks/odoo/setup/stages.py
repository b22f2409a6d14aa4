"""Stages for the statuses that policies use: existing ones are taken, new ones are created only if allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.odoo.setup.context import ALSO_ARCHIVED, SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, external_id
from bridge.helpdesks.setup.status_names import NAMES, status_labels
from bridge.policy.model import Policy
from bridge.policy.requirements import HelpdeskRequirements
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import Status
from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.fields import STAGE_FIELDS
from mappings.odoo.native_stages import NativeStages

_CLOSED = frozenset({Status.WAITING_DEVELOPMENT, Status.SOLVED, Status.CLOSED})
"""Statuses in which a ticket is closed for the customer."""


@dataclass(frozen=True)
class OdooStage:
    """A stage for a canonical status."""

    status: Status
    name: str
    named: bool = False
    """The connection already names it."""

    @property
    def external_id(self) -> str:
        return external_id("stage", self.name)

    def record(self, model: str, row: int, fields: frozenset[str], teams: Sequence[int]) -> SetupRecord:
        """The record of the stage. ``row``: its sequence; ``fields``: those of stages; ``teams``: empty for all."""
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
        existing = {column: text for column, text in columns.items() if column.partition("/")[0] in fields}
        return SetupRecord(model, self.external_id, self.name, f"for the status {self.status}", existing)


def wanted_stages(
    requirements: HelpdeskRequirements, policies: Sequence[Policy], connection: Connection
) -> list[OdooStage]:
    """The stages that the connection names, and one for each other status that the policies use."""
    labels = status_labels(policies)
    named = [
        OdooStage(s, ref, named=True) for s, refs in connection.statuses.items() for ref in refs if isinstance(ref, str)
    ]
    others = (status for status in NAMES if status in requirements.statuses and status not in connection.statuses)
    return [*named, *(OdooStage(status, labels.get(status, NAMES[status])) for status in others)]


def last_open_row(stages: Sequence[Json]) -> int:
    """The last sequence of an open stage; new stages are put there, before those that close a ticket."""
    open_ = (int(stage["sequence"]) for stage in stages if not (stage.get("closed") or stage.get("fold")))
    return max(open_, default=1)


def ensure_stages(
    context: SetupContext, stages: Sequence[OdooStage], taken: Collection[int | str]
) -> Iterator[InstallLine]:
    """Create missing stages if that is allowed, and note what the connection has to say.

    ``taken``: the stages that the connection has a status for.
    """
    fields = context.fields_of(context.schema.stage)
    there = _present(context, fields)
    found = _found(context, stages, there)
    found |= (alike := _alike([stage for stage in stages if stage not in found], there, {*taken, *found.values()}))
    names = {int(record["id"]): str(record["name"]) for record in there}
    for stage, ident in alike.items():
        advice = f"takes {names[ident]} ({ident}) for {stage.name} ({stage.status}); to choose otherwise, name a stage"
        yield Diagnosis("stages", ok=True, advice=f"{advice} under statuses.{stage.status} in policybridge.yaml")
    missing = [stage for stage in stages if stage not in found]
    if context.options.stages:
        # in Enterprise a stage must name its teams; in the community helpdesk a stage without teams is for all
        everybody = context.schema.flavour == "enterprise"
        teams = context.client.search_read(context.schema.team, [], ["name"], order="id") if everybody else []
        row, ids = last_open_row(there), [int(team["id"]) for team in teams]
        yield from context.ensure([stage.record(context.schema.stage, row, fields, ids) for stage in missing])
        there = _present(context, fields)
        found |= _found(context, missing, there) if context.apply else dict.fromkeys(missing)
    elif missing:
        listed = ", ".join(f"{stage.name} ({stage.status})" for stage in missing)
        yield Diagnosis("stages", ok=True, advice=f"there is no stage for {listed}; --stages creates them")
    context.entries.update(
        {("statuses", each.status.value): found[each] for each in stages if each in found and not each.named}
    )


def _present(context: SetupContext, fields: frozenset[str]) -> Sequence[Json]:
    wanted = [name for name in STAGE_FIELDS if name in fields]
    return context.client.search_read(context.schema.stage, [], wanted, order="sequence, id", context=ALSO_ARCHIVED)


def _alike(
    stages: Sequence[OdooStage], there: Sequence[Json], taken: Collection[int | str | None]
) -> dict[OdooStage, int]:
    """The first free stage of all teams that is called as people call such a stage, for statuses without one."""
    likely, alike = NativeStages(there, {}), dict[OdooStage, int]()
    for stage in stages:
        free = (
            ident
            for record in there
            if (ident := int(record["id"])) not in {*taken, *alike.values()}
            and record.get("active", True)
            and not record.get("team_ids")
            and likely.status_of(ident) == stage.status
        )
        if not stage.named and (first := next(free, None)):
            alike[stage] = first
    return alike


def _found(context: SetupContext, stages: Sequence[OdooStage], there: Sequence[Json]) -> dict[OdooStage, int | None]:
    """The ids of existing stages: ours by their external id, even if they were renamed, and others by their name."""
    made = context.external_ids.installed_records()
    names = {str(record["name"]).strip().lower(): int(record["id"]) for record in there if record.get("active", True)}
    names |= {
        stage.name.lower(): made[stage.external_id].id
        for stage in stages
        if stage.external_id in made and not stage.named
    }
    return {stage: names[stage.name.lower()] for stage in stages if stage.name.lower() in names}
