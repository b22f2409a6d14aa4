"""``import``: a draft of a pack from a helpdesk's own rules, with scenarios that show that it agrees with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines
from bridge.errors import InputError

if TYPE_CHECKING:
    from bridge.drafts.pack import Draft
    from mappings.native_rules import NativeRules


@click.command("import")
@click.argument("vendor", metavar="VENDOR")
@click.option("--connection", metavar="NAME", help="Connection to read, if several have this vendor.")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with the vendor's documents, instead of a connection.",
)
@click.option("--pack", "name", metavar="NAME", default="draft", show_default=True, help="Name of the pack.")
@click.option(
    "--output",
    metavar="FOLDER",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; the current one by default.",
)
@json_option
def import_(
    vendor: str, *, connection: str | None, source: Path | None, name: str, output: Path, as_json: bool
) -> Exit:
    """Draft a policy from a helpdesk's own rules.

    SLA policies, schedules with holidays, and automations that remind and close become a pack file, in which each rule
    cites the one it came from, and scenarios, which show that both agree on every deadline. What cannot be taken over
    is listed with the reason. Nothing is changed in the helpdesk.
    """
    from datetime import UTC, datetime, time

    from bridge.drafts.agreement import agreement
    from bridge.drafts.pack import draft
    from bridge.drafts.text import pack_text, scenario_text
    from bridge.runtime.ticket_clock import wall_clock

    _check_name(name)
    rules = _from_file(vendor, source) if source else _from_helpdesk(vendor, connection)
    today = wall_clock().date()
    made = draft(rules, name, f"{name.capitalize()}: draft", today)
    files = {
        output / f"{name}.yaml": pack_text(made, vendor),
        output / f"{name}_scenarios.yaml": scenario_text(
            agreement(made, f"{name}.yaml", datetime.combine(today, time(13, 30), UTC))
        ),
    }
    _write(files)
    _print(made, rules, [str(path) for path in files], as_json=as_json)
    return Exit.OK


def _check_name(name: str) -> None:
    import re

    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise InputError(f"--pack: found {name!r}; allowed: lower-case letters, digits and _, such as acme_support")


def _from_file(vendor: str, source: Path) -> NativeRules:
    from bridge.helpdesks.native_rules import parse_native_rules

    _check_vendor(vendor)
    try:
        documents = json.loads(source.read_bytes())
    except ValueError as error:
        raise InputError(
            f"{source}: found no JSON ({error}); allowed: the lists of the vendor's API by name"
        ) from error
    if not isinstance(documents, dict):
        raise InputError(f"{source}: found {type(documents).__name__}; allowed: an object with the vendor's lists")
    try:
        return parse_native_rules(vendor, documents)
    except InputError as error:
        raise InputError(f"{source}: {error}") from error


def _from_helpdesk(vendor: str, connection: str | None) -> NativeRules:
    from bridge.cli.context import connection_of_vendor
    from bridge.config.configuration import read_configuration
    from bridge.config.settings import load_settings
    from bridge.helpdesks.native_rules import read_native_rules

    _check_vendor(vendor)
    name, chosen = connection_of_vendor(read_configuration(load_settings().config), vendor, connection)
    return read_native_rules(vendor, name, chosen)


def _check_vendor(vendor: str) -> None:
    from bridge.helpdesks.native_rules import importable_vendors

    if vendor not in importable_vendors():
        raise InputError(f"VENDOR: found {vendor!r}; allowed: {', '.join(importable_vendors())}")


def _write(files: dict[Path, str]) -> None:
    for path in files:
        if path.exists():
            raise InputError(f"{path} exists; give another --pack or --output, or remove it")
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be written: {error.strerror}") from error


def _print(draft: Draft, rules: NativeRules, files: list[str], *, as_json: bool) -> None:
    from bridge.drafts.agreement import unshown
    from bridge.drafts.text import configuration_text

    if as_json:
        print_json(
            {
                "files": files,
                "clocks": [clock.name for clock in draft.clocks],
                "not_taken": [_as_json(each) for each in draft.not_taken],
                "without_scenario": unshown(draft),
                "configuration": configuration_text(rules),
            }
        )
        return
    print_lines(_lines(draft, files, configuration_text(rules), unshown(draft)))


def _as_json(each: Any) -> dict[str, str]:
    return {"kind": each.source.kind, "id": each.source.id, "title": each.source.title, "reason": each.reason}


def _lines(draft: Draft, files: list[str], configuration: str, unshown: list[str]) -> Iterator[Styled | list[Styled]]:
    from bridge.drafts.text import not_taken_lines

    for path in files:
        yield [("+ ", "bold green"), path]
    for line in not_taken_lines(draft.not_taken):
        yield [("! ", "bold yellow"), f"not taken over: {line}"]
    for name in unshown:
        yield [("! ", "bold yellow"), f"{name}: no scenario, because no example ticket was found for its condition"]
    if configuration:
        yield "Add to the connection in policybridge.yaml:"
        yield from (f"    {line}" for line in configuration.splitlines())
    yield f"Next: policybridge check {files[0]}, and policybridge test {files[1]}"
