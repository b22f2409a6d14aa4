"""The base of every piece of a pack file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class PackPart(BaseModel):
    """Base of every piece of a pack file: immutable, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
