"""Values of the canonical records: instants, what facts hold, and names as every helpdesk keeps them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Facts(BaseModel):
    """Base of every immutable canonical record; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _to_utc(value: datetime) -> datetime:
    return value if value.tzinfo is UTC else value.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An instant: aware in any zone when given, UTC when kept."""

PLAUSIBLE_YEARS = range(1971, 2190)
"""Years that a person means, all within those of calendars; others, such as 0001 and 9999, stand for "never"."""

FactValue = bool | int | float | str | None
"""What a fact may hold. ``None`` and a missing key both mean "nobody said"."""


_NO_TAG_CHARACTERS = re.compile(r"[^\w:/-]+")


@lru_cache(4096)
def tag_form(name: object) -> str:
    """A name in the one form in which every helpdesk keeps a tag as it is written.

    Zendesk keeps tags in lower case and divides them at blanks and commas; Odoo keeps any name. Other special
    characters become ``_`` as well, so that no helpdesk has a reason to change the tag.
    """
    return _NO_TAG_CHARACTERS.sub("_", str(name).strip().lower())


def same_form(one: object, other: object) -> bool:
    """Whether two values are the same to every helpdesk: one keeps the options of a dropdown as tags, in their form."""
    if one is None or other is None:
        return one is other
    return str(one) == str(other) or tag_form(one) == tag_form(other)
