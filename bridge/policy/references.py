"""What a key of a policy file names: a role, a template, a calendar ... declared once, in the annotation of the field.

``notify: tuple[RoleName, ...]`` says it; :func:`references` reads it off the models. The linter, the requirements of a
pack, the mutants, the document and the exported schema all ask here, so a new clause type declares its names and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Path = tuple[str | int, ...]
"""Where something stands in a pack: the keys and positions that lead to it."""


class Kind(StrEnum):
    """What a text in a policy file is, and where in the pack the thing it names is declared."""

    APPROVAL = "approval", "gates"
    CALENDAR = "calendar", "calendars"
    CITATION = "citation", "clauses"
    CLAUSE = "clause", "clauses"
    CLOCK = "clock", "clocks"
    FACT = "fact", "facts"
    LEVEL = "level", "severity.levels"
    OWN_NAME = "own name", ""
    PLAN = "plan", "plan_names"
    PROSE = "prose", ""
    ROLE = "role", "role_directory"
    STAGE = "stage", "facts.stage.values"
    TAG = "tag", ""
    TEMPLATE = "template", "templates"
    TICKET_TYPE = "ticket type", "ticket_types"

    section: str
    """Empty where nothing is looked up: prose, tags, and the names by which a rule is known."""

    def __new__(cls, value: str, section: str) -> Kind:
        member = str.__new__(cls, value)
        member._value_, member.section = value, section
        return member


@dataclass(frozen=True)
class Ref:
    """Annotation of a text: what kind of thing it is."""

    kind: Kind

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The exported schema says what the text names, so that an editor can show it."""
        found = handler(schema)
        if self.kind.section:
            found["description"] = f"A name under {self.kind.section}."
        return found


CalendarName = Annotated[str, Ref(Kind.CALENDAR)]
Citation = Annotated[str, Ref(Kind.CITATION)]
"""The clause from which a piece of a pack follows."""
ClauseId = Annotated[str, Ref(Kind.CLAUSE)]
"""Another clause, from which a part of what a rule does follows."""
ClockName = Annotated[str, Ref(Kind.CLOCK)]
FactName = Annotated[str, Ref(Kind.FACT)]
LevelName = Annotated[str, Ref(Kind.LEVEL)]
OwnName = Annotated[str, Ref(Kind.OWN_NAME)]
"""The name by which a rule is known, to overrides and to people."""
Prose = Annotated[str, Ref(Kind.PROSE)]
RoleName = Annotated[str, Ref(Kind.ROLE)]
StageName = Annotated[str, Ref(Kind.STAGE)]
"""A value of the fact ``stage``."""
TagName = Annotated[str, Ref(Kind.TAG)]
"""Without the ``policy_`` prefix."""
TemplateName = Annotated[str, Ref(Kind.TEMPLATE)]


class Reference(NamedTuple):
    """A text in a pack that is of some kind, and where it stands; in a mapping it may be the key."""

    path: Path
    kind: Kind
    name: str


def references(part: BaseModel, path: Path = ()) -> Iterator[Reference]:
    """What the fields of one piece of a pack name; the pieces inside it are not looked at."""
    for name, key, annotation in _naming_fields(type(part)):
        yield from _named(annotation, getattr(part, name), (*path, key))


@cache
def _naming_fields(model: type[BaseModel]) -> list[tuple[str, str, Any]]:
    """The fields of a model that can name something: attribute, key in the file, annotation."""
    fields = ((name, field.alias or name, annotation_of(field)) for name, field in model.model_fields.items())
    return [each for each in fields if _can_name(each[2])]


def _can_name(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, Ref) for mark in marks) or any(map(_can_name, get_args(annotation)))


@cache
def kind_of(model: type[BaseModel], key: str) -> Kind | None:
    """What the texts under a key of a model are, be it one text or a list; None where that is not declared."""
    field = next((field for name, field in model.model_fields.items() if (field.alias or name) == key), None)
    return next(_kinds(annotation_of(field)), None) if field else None


def annotation_of(field: FieldInfo) -> Any:
    """The whole annotation of a field; pydantic keeps the outermost metadata apart."""
    annotation: Any = field.annotation
    for mark in field.metadata:
        annotation = Annotated[annotation, mark]
    return annotation


def _kinds(annotation: Any) -> Iterator[Kind]:
    if get_origin(annotation) is dict:
        yield from _kinds(get_args(annotation)[1])
        return
    yield from (mark.kind for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Ref))
    for inner in get_args(annotation):
        yield from _kinds(inner)


def _named(annotation: Any, value: Any, path: Path) -> Iterator[Reference]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if isinstance(value, str):
            marks = (mark for mark in annotation.__metadata__ if isinstance(mark, Ref))
            yield from (Reference(path, mark.kind, value) for mark in marks)
        yield from _named(inner[0], value, path)
    elif origin in (Union, UnionType):
        for each in inner:
            yield from _named(each, value, path)
    elif isinstance(value, dict) and origin is dict:
        for key, each in value.items():
            yield from _named(inner[0], key, (*path, key))
            yield from _named(inner[1], each, (*path, key))
    elif isinstance(value, tuple) and origin is tuple:
        for index, each in enumerate(value):
            yield from _named(inner[0], each, (*path, index))
