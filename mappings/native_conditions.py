"""Conditions of a helpdesk's own rules in the words of a policy pack: what is the same for every vendor. Pure."""

from __future__ import annotations

import re
from typing import Any

from mappings.native_rules import Condition


class NotSayable(ValueError):
    """A condition that packs cannot express; the message names it."""


def joined(conditions: list[Condition]) -> Condition:
    """One condition that is true where all of these are; keys that occur once are written side by side."""
    keys = [key for each in conditions for key in each]
    if len(set(keys)) == len(keys):
        return {key: value for each in conditions for key, value in each.items()}
    return {"all": list(conditions)}


def slug(title: str) -> str:
    """A title as a name in a pack."""
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    return name if name[:1].isalpha() else f"n_{name}"


def name_in(section: dict[str, Any], title: str, ident: int) -> str:
    """The name of a record in a section of the connection, where it is added; no two records have the same."""
    name = slug(title)
    if section.get(name, ident) != ident:
        name = f"{name}_{ident}"
    section[name] = ident
    return name
