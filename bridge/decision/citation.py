"""Citations: the clause of a policy from which something follows."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, StringConstraints

from bridge.ticket import Facts

NonEmpty = Annotated[str, StringConstraints(min_length=1)]


class Citation(Facts):
    """A clause of one version of a pack."""

    pack: NonEmpty
    version: NonEmpty
    clause: NonEmpty

    def __str__(self) -> str:
        return f"{self.pack} {self.version}, {self.clause}"

    def __hash__(self) -> int:
        return hash((self.pack, self.version, self.clause))


class Cited(Facts):
    """Base of everything a policy yields. It cannot exist without a citation."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    cite: Citation
    because: str = ""
    """The reason in one line, for people."""
