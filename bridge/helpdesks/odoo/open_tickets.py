"""The open tickets of an Odoo database, page by page: those in stages that mean no resolved status."""

from __future__ import annotations

from bridge.helpdesks.odoo.client import OdooClient
from bridge.ticket import RESOLVED
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import MODEL

_PAGE = 500


def open_tickets(
    client: OdooClient, catalog: HelpdeskCatalog, connection: Connection, cursor: str | None
) -> tuple[list[int], str | None]:
    """Ids of open tickets above the one in ``cursor``, and the cursor of the next page; None: there is none.

    A ticket whose stage means no status at all is open.
    """
    stages = [int(stage["id"]) for stage in catalog.stages]
    resolved = [stage for stage in stages if catalog.status(stage, connection) in RESOLVED]
    domain = [("stage_id", "not in", resolved), ("id", ">", int(cursor or 0))]
    found = [int(row["id"]) for row in client.search_read(MODEL, domain, ["id"], order="id", limit=_PAGE)]
    return found, str(found[-1]) if len(found) == _PAGE else None
