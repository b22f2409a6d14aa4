"""What models there are and which fields they have; read from the tables of :mod:`schema_base` and its neighbours.

A line of such a table is ``name  type  Title  flags``, columns two blanks apart. A type names its relation
(``many2one:res.users``, ``one2many:mail.message/res_id``) or its options (``selection:0=Low,1=High``, or ``@name`` of
the module's ``OPTIONS``). Flags: ``required``, ``readonly``, ``computed`` (on reading), ``unstored``, ``tracked``,
``group=``, ``related=``, ``default=``, ``ondelete=``, ``not18`` and ``not19``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.sandbox.odoo import schema_base, schema_helpdesk, schema_mail, schema_sla
from bridge.sandbox.odoo.field import Field

_LOG = """
    id            integer             ID               readonly
    display_name  char                Display Name     readonly computed
    create_uid    many2one:res.users  Created by       readonly
    create_date   datetime            Created on       readonly
    write_uid     many2one:res.users  Last Updated by  readonly
    write_date    datetime            Last Updated on  readonly
"""
_GAP = re.compile(r"\s{2,}")
_OPTIONS = schema_base.OPTIONS | schema_mail.OPTIONS | schema_sla.OPTIONS
_DEFAULTS: Mapping[str, Any] = {"true": True, "false": False}


@dataclass(frozen=True)
class Schema:
    """One model of the database: its name, order and fields."""

    name: str
    title: str
    order: str
    fields: Mapping[str, Field] = field(default_factory=dict)


def schemas(series: int) -> dict[str, Schema]:
    """All models of a series, by name."""
    blocks = [block for words in (schema_base, schema_mail, schema_helpdesk, schema_sla) for block in words.MODELS]
    return {found.name: found for found in (_schema(block, series) for block in blocks)}


def _schema(block: str, series: int) -> Schema:
    head, *lines = block.strip().splitlines()
    name, title, order = _GAP.split(head.strip())
    fields = {made.name: made for made in (*_fields(lines, series), *_fields(_LOG.strip().splitlines(), series))}
    return Schema(name, title, order, fields)


def _fields(lines: list[str], series: int) -> Iterator[Field]:
    for line in lines:
        name, kind, string, *rest = _GAP.split(line.strip())
        flags = rest[0].split() if rest else []
        if f"not{series}" not in flags:
            yield _field(name, kind, string, flags)


def _field(name: str, kind: str, string: str, flags: list[str]) -> Field:
    kind, _, about = kind.partition(":")
    values = dict(flag.split("=", 1) for flag in flags if "=" in flag)
    kept_on = "restrict" if "required" in flags else "set null"
    made = Field(
        name,
        kind,
        string,
        required="required" in flags,
        readonly="readonly" in flags,
        tracked="tracked" in flags,
        computed="computed" in flags,
        related=values.get("related", ""),
        groups=values.get("group", ""),
        ondelete=values.get("ondelete", kept_on),
        default=_DEFAULTS.get(values.get("default", ""), values.get("default")),
        store="stored" in flags or not ({"computed", "unstored"} & set(flags) or "related" in values),
    )
    if kind == "selection":
        named = _OPTIONS.get(about.removeprefix("@")) or dict(option.split("=", 1) for option in about.split(","))
        return replace(made, selection=tuple(named.items()))
    relation, _, inverse = about.partition("/")
    return replace(made, relation=relation, inverse=inverse)
