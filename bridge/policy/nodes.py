"""The tree of values that a pack is, each value with its place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeGuard

from pydantic import BaseModel

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.references import Path, Reference, references


def is_part(value: object) -> TypeGuard[BaseModel]:
    """Whether this is a piece of a pack with keys of its own; a condition counts as one value."""
    return isinstance(value, BaseModel) and not isinstance(value, Predicate)


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a pack with its place, depth first."""
    yield path, value
    if is_part(value):
        for name, field in type(value).model_fields.items():
            yield from nodes(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from nodes(inner, (*path, name))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from nodes(inner, (*path, index))


class PackTree(PackPart):
    """What a whole pack is made of, listed once."""

    @cached_property
    def parts(self) -> tuple[tuple[Path, BaseModel], ...]:
        """The models in it, each with its place; itself left out."""
        return tuple((path, part) for path, part in nodes(self) if path and is_part(part))

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """The names that its parts hold, each with its place."""
        return tuple(found for path, part in self.parts for found in references(part, path))
