"""``upgrade``: whether this version can take over an installation, and the step of its database to the new schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import click

from bridge.cli.exits import Exit
from bridge.cli.output import Styled, json_option, print_json, print_lines

if TYPE_CHECKING:
    from bridge.store.upgrade_check import RecordedState

Verdict = Literal["ready", "changes", "prevents"]
SIGNS: dict[Verdict, Styled] = {
    "ready": ("✓", "bold green"),
    "changes": ("~", "bold yellow"),
    "prevents": ("✗", "bold red"),
}


@dataclass(frozen=True)
class UpgradeFinding:
    """One thing that an upgrade meets."""

    verdict: Verdict
    """Whether it is as it should be, is changed by the upgrade, or prevents it."""
    subject: str
    detail: str


@click.command()
@click.option("--check", "only_check", is_flag=True, help="Only show what would change, and what prevents it.")
@json_option
def upgrade(*, only_check: bool, as_json: bool) -> Exit:
    """Upgrade the database to this version of the program.

    With --check nothing is changed, so a new version can be tried beside the running one: is its configuration
    accepted, can the recorded policies be read, and what happens to the database.

    Exit code 1: something prevents the upgrade.
    """
    from bridge.cli.context import command_settings, open_database

    settings = command_settings()
    findings = [*_in_configuration(), *_in_database(settings.database_url)]
    prevented = any(each.verdict == "prevents" for each in findings)
    upgraded = not (only_check or prevented)
    if upgraded:
        with open_database(must_exist=False):
            pass
    if as_json:
        print_json({"findings": [asdict(each) for each in findings], "prevented": prevented, "upgraded": upgraded})
    else:
        print_lines(_lines(findings, prevented=prevented, upgraded=upgraded))
    return Exit.FINDINGS if prevented else Exit.OK


def _in_configuration() -> Iterator[UpgradeFinding]:
    from bridge.cli.config_check import UNMET_REQUIREMENT, check_config
    from bridge.cli.pack_check import check_pack, default_packs
    from bridge.config.settings import load_settings
    from bridge.errors import InputError
    from bridge.policy.lint import Level

    file = load_settings().config
    if not file.is_file():
        yield UpgradeFinding("ready", "configuration", f"there is no {file}, so there is nothing to check")
        return
    try:
        results = [*map(check_pack, default_packs(file)), check_config(file)]
        errors = (problem for each in results for problem in each.problems if problem.level is Level.ERROR)
        # what a connection cannot carry out keeps no server from starting: `check` and `doctor` name it
        wrong = [str(problem) for problem in errors if problem.code != UNMET_REQUIREMENT]
    except InputError as error:
        wrong = str(error).splitlines()
    yield from (UpgradeFinding("prevents", "configuration", line) for line in wrong)
    if not wrong:
        yield UpgradeFinding("ready", "configuration", f"{file} and its policies are accepted")


def _in_database(url: str) -> Iterator[UpgradeFinding]:
    from bridge.errors import BridgeError
    from bridge.store.upgrade_check import recorded_state

    try:
        state = recorded_state(url)
    except BridgeError as error:
        yield UpgradeFinding("prevents", "database", str(error))
        return
    yield from _in_schema(state)
    yield from _in_texts(state)


def _in_schema(state: RecordedState) -> Iterator[UpgradeFinding]:
    schema = state.schema
    if schema is None:
        yield UpgradeFinding("changes", "database", "there is none yet; its tables will be created")
        return
    if not schema.steps:
        yield UpgradeFinding("ready", "database", f"has schema {schema.found}, the newest")
        return
    yield UpgradeFinding("changes", "database", f"schema {schema.found} becomes {schema.newest}")
    yield from (UpgradeFinding("changes", f"schema {revision}", title) for revision, title in schema.steps.items())


def _in_texts(state: RecordedState) -> Iterator[UpgradeFinding]:
    from bridge.errors import BridgeError
    from bridge.policy.recorded import recorded_policy

    readable = 0
    for text in state.texts:
        try:
            recorded_policy(text)
            readable += 1
        except BridgeError as error:
            yield UpgradeFinding("prevents", "recorded policies", str(error))
    if readable:
        yield UpgradeFinding(
            "ready", "recorded policies", f"{readable} {'text' if readable == 1 else 'texts'} can be read"
        )


def _lines(findings: list[UpgradeFinding], *, prevented: bool, upgraded: bool) -> Iterator[Styled | list[Styled]]:
    for each in findings:
        yield [SIGNS[each.verdict], f" {each.subject}: {each.detail}"]
    if upgraded:
        yield "The database is at the schema of this version."
    elif prevented:
        yield "This version cannot take over yet: fix what is marked ✗, and check again."
    else:
        yield "This version can take over: back up the database, stop the old version, then run `policybridge upgrade`."
