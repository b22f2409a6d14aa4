"""Faults in delivering webhooks, on demand."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("drop", "duplicate", "delay")


@dataclass
class DeliveryFault:
    """A fault in delivery, for the next ``times`` invocations: one of :data:`KINDS`; ``delay_s`` in real seconds."""

    kind: str
    times: int = 1
    delay_s: float = 0.0


def taken(planned: list[DeliveryFault]) -> DeliveryFault | None:
    """The fault for the next invocation, counted down; what is used up is forgotten."""
    planned[:] = [fault for fault in planned if fault.times > 0]
    if not planned:
        return None
    planned[0].times -= 1
    return planned[0]
