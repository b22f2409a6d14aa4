"""What an update of an Odoo ticket depends on besides the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings.coercion import Json
from mappings.connection import Connection
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.messages import Recipient


@dataclass(frozen=True)
class UpdateContext:
    """Everything besides the plan that an update depends on."""

    ticket: Json
    """The ticket as Odoo shows it now."""
    connection: Connection
    """The connection with names resolved to ids."""
    catalog: HelpdeskCatalog
    people: Mapping[str, Recipient]
    """Recipients in the database by address in lower case."""
    customer: Recipient | None
    """The recipient of public messages, if it is in the database."""
    address: str
    """Address of a customer who is not a contact; empty where there is none or Odoo cannot mail to it."""
    at: datetime
    """The current time by Odoo's clock."""
    activities: Sequence[int] = ()
    """What is to be taken off people's lists when that is asked for."""
