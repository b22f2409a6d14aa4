"""Records that should exist, compared with those that do: what is missing is created, what was kept is restored."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from bridge.helpdesks.installer import InstallStep
from mappings.coercion import Json


class Wanted(Protocol):
    """One record that should exist."""

    @property
    def model(self) -> str:
        """The vendor's name for this kind of record."""

    @property
    def key(self) -> str:
        """What identifies it among everything that ``install`` makes, whatever its name becomes."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def why(self) -> str: ...

    def differing(self, there: Json) -> Sequence[str]:
        """The parts in which an existing record differs from what it should be."""


W = TypeVar("W", bound=Wanted)


class Records(Protocol[W]):
    """The records of one account that ``install`` has made. Methods raise only :mod:`bridge.errors`."""

    def present(self, wanted: Sequence[W]) -> Mapping[str, Json]:
        """Those of our records that exist, by key."""

    def create(self, wanted: Sequence[W]) -> Iterator[W]:
        """Create records; each is yielded once it exists and is recorded as ours."""

    def change(self, wanted: W, parts: Sequence[str]) -> None:
        """Restore these parts of an existing record, and nothing else of it."""

    def digest(self, there: Json) -> str:
        """A digest of an existing record, by which a later look knows whether anybody has changed it."""


def ensure(
    records: Records[W], wanted: Sequence[W], *, apply: bool, taken: Container[str] = ()
) -> Iterator[InstallStep]:
    """The steps to what is wanted; with ``apply`` each is yielded after it was done.

    ``taken``: names of existing records of somebody else, which are used and left unchanged.
    """
    if not wanted:
        return
    there = records.present(wanted)
    missing = [each for each in wanted if each.key not in there and each.name not in taken]
    for each in records.create(missing) if apply else missing:
        yield InstallStep("create", each.model, each.name, each.why)
    for each in wanted:
        if each.key in there and (parts := each.differing(there[each.key])):
            seen = records.digest(there[each.key])
            if apply:
                records.change(each, parts)
            yield InstallStep("change", each.model, each.name, f"differs in {', '.join(parts)}; {each.why}", seen)
