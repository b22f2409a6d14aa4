"""Views: extensions are applied to the view they inherit, and refused when an anchor or a field is missing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from bridge.sandbox.odoo import errors
from bridge.sandbox.odoo.env import RecordSet
from bridge.sandbox.odoo.model import Model
from bridge.sandbox.odoo.tables import Row

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_POSITIONS = ("after", "before", "inside", "replace", "attributes")
_INVALID = "Error while parsing or validating view:\n\n"


class View(Model):
    """``ir.ui.view``."""

    def insert(self, values: Mapping[str, Any], *, echoes: int = 0) -> int:
        given = dict(values)
        given.setdefault("mode", "extension" if given.get("inherit_id") else "primary")
        inherited = self.row(given.get("inherit_id"))
        if inherited is not None:
            given.setdefault("model", inherited["model"])
            given.setdefault("type", inherited["type"])
        ident = super().insert(given, echoes=echoes)
        self._check(ident)
        return ident

    def update_rows(self, values: Mapping[str, Any], *, echoes: int = 0) -> None:
        super().update_rows(values, echoes=echoes)
        for ident in self.ids:
            self._check(ident)

    def _columns(self, values: Mapping[str, Any], row: Row) -> dict[str, Any]:
        """Whatever the arch is called, it is kept once."""
        archs = [values[name] for name in ("arch_db", "arch_base", "arch") if values.get(name)]
        return super()._columns({**values, **({"arch_db": archs[-1]} if archs else {})}, row)

    def _compute_xml_id(self, row: Row) -> str:
        data = self.env.sudo()["ir.model.data"].rows()
        found = (d for d in data if (d["model"], d["res_id"]) == (self.name, row["id"]))
        return next((f"{d['module']}.{d['name']}" for d in found), "")

    def _check(self, ident: int) -> None:
        row = self.row(ident) or {}
        if row["model"] not in self.env.work.registry.base:
            raise errors.validation(f"{_INVALID}Model not found: {row['model']}")
        root = row
        while root["inherit_id"]:
            root = self.row(root["inherit_id"]) or {}
        fields = self.env.sudo()[row["model"]].fields
        tree = self.combined(root, row["id"])
        for element in tree.iter("field"):
            name = element.get("name")
            if name not in fields:
                text = f'{_INVALID}Field "{name}" does not exist in model "{row["model"]}"'
                raise errors.validation(text, self._about(row))

    def combined(self, root: Row, checked: int | None = None) -> Element:
        """A view with everything that extends it. Raises a validation fault."""
        tree = _parsed(root["arch_db"])
        rows = [r for r in self.rows() if r["inherit_id"] == root["id"] and (r["active"] or r["id"] == checked)]
        for row in sorted(rows, key=lambda found: (found["priority"], found["id"])):
            changes = _parsed(row["arch_db"])
            for change in [changes] if changes.tag not in ("data", "odoo") else list(changes):
                self._apply(tree, change, row)
        return tree

    def _apply(self, tree: Element, change: Element, row: Row) -> None:
        target = _located(tree, change)
        if target is None:
            shown = " ".join(f'{key}="{value}"' for key, value in change.attrib.items() if key != "position")
            text = f"{_INVALID}Element '<{change.tag} {shown}>' cannot be located in parent view"
            raise errors.validation(text, self._about(row))
        _insert(tree, target, change)

    def _about(self, row: Row) -> dict[str, Any]:
        parent = f"ir.ui.view({row['inherit_id']},)" if row["inherit_id"] else "ir.ui.view()"
        origin = {"view": f"ir.ui.view({row['id']},)", "name": row["name"], "xmlid": self._compute_xml_id(row)}
        return {**origin, "view.model": row["model"], "view.parent": parent, "file": None, "line": 1}


def combined_view(views: RecordSet, model: str, kind: str) -> dict[str, Any]:
    """What ``get_view`` of a model answers. Raises a user fault without a view."""
    assert isinstance(views, View)  # noqa: S101 - it is the model of that name
    rows = [row for row in views.rows() if (row["model"], row["type"], row["mode"]) == (model, kind, "primary")]
    if not rows:
        raise errors.user_error(f"No default view of type '{kind}' could be found!")
    root = min(rows, key=lambda row: (row["priority"], row["id"]))
    arch = ElementTree.tostring(views.combined(root), encoding="unicode")
    return {"arch": arch, "id": root["id"], "model": model, "models": {model: []}}


def mentions(arch: str | None, field: str) -> bool:
    """The arch shows a field."""
    return any(element.get("name") == field for element in _parsed(arch or "<data/>").iter("field"))


def _parsed(arch: str) -> Element:
    try:
        return ElementTree.fromstring(arch)  # noqa: S314 - written by the tests' own installer
    except ElementTree.ParseError as error:
        raise errors.validation(f"{_INVALID}Error while parsing view: {error}") from None


def _located(tree: Element, change: Element) -> Element | None:
    if change.tag == "xpath":
        expression = change.get("expr", "")
        return (
            tree if expression in ("/*", ".") else tree.find(f".{expression}" if expression[:1] == "/" else expression)
        )
    wanted = {key: value for key, value in change.attrib.items() if key != "position"}
    return next((e for e in tree.iter(change.tag) if all(e.get(k) == v for k, v in wanted.items())), None)


def _insert(tree: Element, target: Element, change: Element) -> None:
    position = change.get("position", "inside")
    if position not in _POSITIONS:
        raise errors.validation(f"{_INVALID}Invalid position attribute: '{position}'")
    new = [copy.deepcopy(child) for child in change]
    if position == "attributes":
        for attribute in new:
            target.set(attribute.get("name", ""), attribute.text or "")
        return
    if position == "inside":
        target.extend(new)
        return
    parent = next(element for element in tree.iter() if target in list(element))
    at = list(parent).index(target)
    if position == "replace":
        parent.remove(target)
    for offset, element in enumerate(new):
        parent.insert(at + offset + (position == "after"), element)
