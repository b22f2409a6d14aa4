"""YAML files fitted into pydantic models; every problem says file, line, column, what was found and what is allowed.

A line of the ``InputError`` reads ``FILE:LINE:COLUMN where.it.is: found X; allowed: a, b, c``. A validator of a model
joins in by raising ``ValueError("allowed: ...")``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.nodes import Node

from bridge.yamlio.document import YamlDocument, only, parse_all, read
from bridge.yamlio.nodes import children
from bridge.yamlio.problems import FileProblem, KeyPath, Step, allowed, expected, followed_by, reject, shown

M = TypeVar("M", bound=BaseModel)
MOST_PROBLEMS = 100
"""Listed of one file; nobody reads more at a time."""


def load_model(source: Path | str, model: type[M], *, name: str | None = None) -> M:
    """Read one document, from a file (``Path``) or from a text (``str``), into a model. Raises ``InputError``."""
    if isinstance(source, Path):
        return validate(read(source), model)
    name = name or "<text>"
    return validate(only(parse_all(source, name=name), name), model)


def validate(document: YamlDocument, model: type[M]) -> M:
    """Fit a document into a model; ``InputError`` has one line for each problem, in the order of the file."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        reject(problems_of(document, model, error))


def problems_of(document: YamlDocument, model: type[BaseModel], error: ValidationError) -> list[FileProblem]:
    """Pydantic's errors as problems; what several members of a union say about one value becomes one line."""
    problems: list[FileProblem] = []
    found: dict[tuple[Step, ...], object] = {}
    advised: dict[tuple[Step, ...], dict[str, None]] = {}
    if error.error_count() > MOST_PROBLEMS:
        problems.append(
            document.problem((), f"found {error.error_count()} problems; {MOST_PROBLEMS} of them are listed")
        )
    for detail in error.errors(include_url=False)[:MOST_PROBLEMS]:
        loc, context = detail["loc"], detail.get("ctx", {})
        path = _in_file(document.node, loc)
        match detail["type"]:
            case "extra_forbidden":
                message = _with_split_text_hint(f"unknown key: {_unknown_key(loc, model)}", detail)
                problems.append(document.problem(path, message, key=True))
                continue
            case "missing" | "union_tag_not_found":
                missing = context.get("discriminator", str(loc[-1])).strip("'")
                problems.append(document.problem((*path, missing), "found nothing; this key is required"))
                continue
            case "union_tag_invalid":
                path = (*path, context["discriminator"].strip("'"))
        found[path] = context.get("tag", detail["input"])
        advised.setdefault(path, {})[advice(detail)] = None
    for path, texts in advised.items():
        first, *more = texts
        rest = "".join(f" or {text.removeprefix('allowed: ')}" for text in more)
        value = shown(found[path])
        prefix = "" if first.lower().startswith((value.lower(), "found ")) else f"found {value}; "
        problems.append(document.problem(path, f"{prefix}{first}{rest}"))
    return problems


def _with_split_text_hint(message: str, detail: ErrorDetails) -> str:
    """Within braces a comma ends a text; the rest of it then looks like a key without a value."""
    hint = "if it belongs to the text before it, put the whole text in quotes"
    return followed_by(message, hint) if detail["input"] is None else message


NUMBER, WHOLE, LIST = "a number", "a whole number", "a list"
PLAIN = {
    "model_type": "keys with values",
    "dict_type": "keys with values",
    "model_attributes_type": "keys with values",
    "tuple_type": LIST,
    "list_type": LIST,
    "set_type": LIST,
    "frozen_set_type": LIST,
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "path_type": "a path",
}
"""Pydantic's types of errors -> what is allowed, where its own message speaks of Python."""

PATTERNS = {
    r"^[a-zA-Z0-9][a-zA-Z0-9-]*$": "letters, digits and hyphens, such as acme",
    r"^[a-z0-9][a-z0-9_-]*$": "lower-case letters, digits, hyphens and underscores",
    r"^[A-Za-z][A-Za-z0-9_-]*$": "a letter, and then letters, digits, hyphens and underscores",
    r"^[^\s,]+$": "a text without blanks and commas",
}
"""The patterns in models, in words; a text may have no other one."""


def advice(detail: ErrorDetails) -> str:
    """What is allowed instead."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "enum" | "literal_error":
            return allowed(detail["input"], _listed_values(context["expected"]))
        case "union_tag_invalid":
            return allowed(context["tag"], _listed_values(context["expected_tags"]))
        case "value_error" | "assertion_error":
            return detail["msg"].partition(", ")[2]
        case "string_type" if isinstance(detail["input"], bool | int | float):
            return "allowed: a text; put it in quotes"
        case "date_type" | "date_parsing" | "date_from_datetime_parsing" | "date_from_datetime_inexact":
            return "allowed: a date such as 2026-03-09"
        case "timezone_aware" | "datetime_type" | "datetime_parsing" | "datetime_from_date_parsing":
            return "allowed: a date-time with offset such as 2026-03-02T08:00:00Z"
        case "too_short" | "string_too_short":
            unit = "item" if context.get("field_type", "Value") != "Value" else "character"
            return f"allowed: at least {context['min_length']} {unit}{'s' if context['min_length'] != 1 else ''}"
        case "string_pattern_mismatch":
            return f"allowed: {PATTERNS[context['pattern']]}"
        case plain if plain in PLAIN:
            return f"allowed: {PLAIN[plain]}"
        case _:
            return f"allowed: {detail['msg'].removeprefix('Input should be ').partition(', unable')[0]}"


def _listed_values(expected_text: str) -> list[str]:
    """The words in pydantic's ``'a', 'b' or 'c'``."""
    return re.findall(r"'([^']*)'", expected_text) or re.split(r", | or ", expected_text)


def _in_file(node: Node, loc: KeyPath) -> tuple[Step, ...]:
    """The steps of a pydantic ``loc`` that exist in the file: names of union members and the like are left out.

    A name may look like a key, so the reading that goes deepest wins, and of two equal ones the later.
    """
    if not loc:
        return ()
    skipped = _in_file(node, loc[1:])
    found = children(node).get(str(loc[0]))
    if found is None:
        return skipped
    taken = (loc[0], *_in_file(found[1], loc[1:]))
    return taken if len(taken) > len(skipped) else skipped


def _unknown_key(loc: KeyPath, model: type[BaseModel]) -> str:
    """What is allowed instead of the unknown key at the end of ``loc``."""
    types: list[Any] = [model]
    for step in loc[:-1]:
        named = [found for found in types if _is_named(found, step)] if len(types) > 1 else []
        types = named or [inner for outer in types for inner in _inside(outer, step)] or types
    keys = [key for found in types for key in _keys(found)]
    return expected(loc[-1], dict.fromkeys(keys))


def _union_members(annotation: Any) -> Iterator[Any]:
    """The members of a union, annotations taken off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _union_members(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for member in get_args(annotation):
            yield from _union_members(member)
    elif annotation is not NoneType:
        yield annotation


def _keys(found: Any) -> list[str]:
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _inside(outer: Any, step: Step) -> list[Any]:
    """The types that stand behind one step of a ``loc``."""
    if isinstance(outer, type) and issubclass(outer, BaseModel):
        named = [field for name, field in outer.model_fields.items() if (field.alias or name) == step]
        return [inner for field in named for inner in _union_members(field.annotation)]
    arguments = get_args(outer)
    return list(_union_members(arguments[-2 if arguments[-1] is Ellipsis else -1])) if arguments else []


def _is_named(found: Any, tag: Step) -> bool:
    """Whether a tag in a ``loc`` means this member of a union."""
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        return False
    literals = [field.annotation for field in found.model_fields.values() if get_origin(field.annotation) is Literal]
    return found.__name__ == tag or any(tag in get_args(literal) for literal in literals)
