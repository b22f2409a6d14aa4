"""Colours of the tags that ``install`` creates: what agents should see at a glance stands out, the rest stays grey.

On the cards of a board Odoo leaves out tags without a colour, so only those of these kinds are shown there.
"""

from __future__ import annotations

from bridge.decision import TAG_PREFIX

_RED, _ORANGE, _YELLOW, _PURPLE = 1, 2, 3, 5
"""Odoo's colour indexes; 0 is none."""
_KINDS = {
    "breached_": _RED,
    "escalated_": _ORANGE,
    "escalation_requested": _ORANGE,
    "warning_": _YELLOW,
    "awaiting_": _PURPLE,
}


def color_of(tag: str) -> int:
    """The colour of a tag of ours by its kind; 0 for none."""
    name = tag.removeprefix(TAG_PREFIX)
    return next((color for kind, color in _KINDS.items() if name.startswith(kind)), 0)
