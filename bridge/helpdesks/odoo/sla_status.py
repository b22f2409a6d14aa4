"""What Odoo's own deadlines said of tickets, read with the addon ``helpdesk_mgmt_sla``."""

from __future__ import annotations

from functools import cached_property

from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.ticket_reader import TicketReader
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import TicketRef
from mappings.odoo.schema import MODEL
from mappings.odoo.sla_status import FIELDS, POLICY, STATUS, SlaStages, to_targets


class SlaStatus:
    """The targets of tickets; stages and SLA policies are read once."""

    def __init__(self, client: OdooClient, reader: TicketReader) -> None:
        self._client, self._reader = client, reader

    def targets(self, ref: TicketRef) -> tuple[NativeTarget, ...]:
        """The targets of a ticket. Raises :mod:`bridge.errors`."""
        ident = int(ref.id)
        rows = self._client.search_read(STATUS, [("ticket_id", "=", ident)], FIELDS, order="id")
        if not rows:
            return ()
        moves = self._reader.stage_moves(ident)  # before the ticket, which never shows an older state then
        tickets = self._client.read(MODEL, [ident], ["create_date", "stage_id"])
        return to_targets(rows, tickets[0], self._stages, moves) if tickets else ()

    @cached_property
    def _stages(self) -> SlaStages:
        policies = self._client.search_read(
            POLICY, [], ["ignore_stage_ids"], order="id", context={"active_test": False}
        )
        return SlaStages.of(self._reader.database().catalog.stages, policies)
