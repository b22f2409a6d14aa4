"""Sample tickets for the demo: a small help desk under the MaaS360 guide, over about a week of virtual time.

Each ticket shows one thing the policy is about; routine tickets keep the help desk busy in between.
``SAMPLES["maas360"]`` makes the list; dates in the texts follow the virtual start.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bridge.sandbox.runner import SampleTicket
from bridge.sandbox.sample_tickets import exceptions, severities
from bridge.sandbox.sample_tickets.builders import CONFIRMED, ESCALATE
from bridge.sandbox.sample_tickets.routine import routine

__all__ = ["CONFIRMED", "ESCALATE", "SAMPLES", "maas360"]


def maas360(start: datetime) -> list[SampleTicket]:
    """The samples of the MaaS360 demo; ``start`` is the virtual instant at which they begin."""
    return [
        severities.critical_nobody_resolves(),
        severities.high_with_updates(),
        severities.medium_with_missing_intake(),
        severities.question_solved_without_word(),
        exceptions.silent_customer(),
        exceptions.out_of_office(start),
        exceptions.three_contacts(),
        exceptions.escalation_requested(),
        exceptions.japanese(),
        exceptions.not_a_contact(),
        exceptions.priority_overridden(),
        exceptions.duplicate(),
        severities.critical_done_well(),
        *routine(),
    ]


SAMPLES: dict[str, Callable[[datetime], list[SampleTicket]]] = {"maas360": maas360}
