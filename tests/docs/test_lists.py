"""Every list in the documentation is what the program has: nothing is missing, and nothing is there that is not."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from app import assemble, create_app
from bridge.cli import cli
from bridge.cli.exits import Exit
from bridge.config.configured_packs import load_packs
from bridge.config.rollout_check import rollout_lines
from bridge.config.settings import Settings
from bridge.decision import WithheldCause
from bridge.decision.rollout import RolloutRule
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.store.tables import metadata
from bridge.yamlio.document import only, parse_all
from bridge.yamlio.validate import validate
from mappings.connection import Configuration, vendors

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
DESIGN = (ROOT / "docs" / "design.md").read_text("utf-8")
PAGES = {page.name: page.read_text("utf-8") for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table whose heading row begins with ``heading``, as cells."""
    lines = page[page.index(f"| {heading} |") :].splitlines()[2:]
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def names(cell: str) -> list[str]:
    """The names that a cell has in code font."""
    return re.findall(r"`([^`]+)`", cell)


def test_outcomes() -> None:
    assert sorted(names(row[0])[0] for row in table(OPERATIONS, "outcome")) == sorted(ReviewOutcome)


def test_causes() -> None:
    assert sorted(names(row[0])[0] for row in table(OPERATIONS, "cause")) == sorted(ReviewCause)


def test_what_can_withhold_an_action() -> None:
    assert sorted(names(row[0])[0] for row in table(PAGES["rollout.md"], "withheld")) == sorted(WithheldCause)


def test_keys_of_rollout_rules() -> None:
    documented = {name for row in table(PAGES["rollout.md"], "key") for name in names(row[0])}
    assert documented == set(RolloutRule.model_fields)


def test_the_example_of_rollout_can_be_used() -> None:
    text = PAGES["rollout.md"].partition("```yaml\n")[2].partition("```")[0]
    configuration = validate(only(parse_all(text, name="rollout.md"), "rollout.md"), Configuration)
    assert rollout_lines(configuration, [policy for _, policy in load_packs(configuration)]) == []


def test_tables_of_the_database() -> None:
    assert {names(row[0])[0] for row in table(OPERATIONS, "table")} == set(metadata.tables)


def test_commands() -> None:
    documented = [name.partition(" ")[0] for row in table(README, "command") for name in names(row[0])]
    assert sorted(documented) == sorted(cli.commands)


def test_arguments_of_commands() -> None:
    """``coverage [PACK]`` in the table is what ``policybridge coverage --help`` shows."""
    for row in table(README, "command"):
        for text in names(row[0]):
            name, _, documented = text.partition(" ")
            arguments = [each for each in cli.commands[name].params if isinstance(each, click.Argument)]
            metavars = [each.metavar or (each.name or "").upper() for each in arguments]
            assert documented.replace("...", "") in ("", " ".join(metavars).replace("...", "")), text


def test_exit_codes() -> None:
    assert [int(row[0]) for row in table(README, "code")] == [code.value for code in Exit]


@pytest.mark.parametrize("page", PAGES)
def test_every_option_that_a_page_names_exists(page: str) -> None:
    """Of the commands of this program; other programs are named with their options as well."""
    for name, rest in re.findall(r"policybridge (\w+)((?: [^`\n]*)?)", PAGES[page]):
        if name in cli.commands:
            known = {option for each in cli.commands[name].params for option in each.opts + each.secondary_opts}
            documented = set(re.findall(r"(?<!\S)(--[a-z-]+)", rest.partition(";")[0].partition(" &&")[0]))
            assert documented <= known | {"--help", "--detach"}, f"{page}: policybridge {name}{rest}"


def test_routes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENDESK_SUBDOMAIN", "acme")
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_ID", "policybridge")
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET", "secret")
    config = tmp_path / "policybridge.yaml"
    config.write_text("policy: maas360\nconnections: {zendesk: {vendor: zendesk}}\n")
    url = f"sqlite:///{tmp_path / 'bridge.sqlite3'}"
    settings = Settings(_env_prefix="NONE_", _secrets_dir=None, config=config, database_url=url, console_token="t" * 20)
    with assemble(settings) as bridge:
        routes = {rule.rule for rule in create_app(bridge).url_map.iter_rules()}
    documented = {name for row in table(OPERATIONS, "route") for name in names(row[0])}
    assert {_plain(name.partition("?")[0]) for name in documented} == {_plain(route) for route in routes}


def _plain(route: str) -> str:
    return re.sub(r"<[^>]*>", "<>", route)


def test_metrics() -> None:
    source = (ROOT / "bridge" / "console" / "health.py").read_text("utf-8")
    families = set(re.findall(r'(Gauge|Counter)MetricFamily\(\s*"(\w+)"', source))
    exported = {name + ("_total" if kind == "Counter" else "") for kind, name in families}
    documented = {name.partition("{")[0] for row in table(OPERATIONS, "metric") for name in names(row[0])}
    assert {name for name in documented if name.startswith("policybridge_")} == exported


def test_what_is_not_done() -> None:
    """The two lines that name vendors; the others name no part of the program."""
    missing = DESIGN.partition("## What is not done")[2]
    other = re.search(r"Helpdesks other than ([\w ]+)\.", missing)
    assert other
    assert sorted(other[1].lower().split(" and ")) == sorted(vendors())
    by_hand = {name.lower() for name in re.findall(r"`install` for (\w+)", missing)}
    assert by_hand == {vendor for vendor in vendors() if find_spec(f"bridge.helpdesks.{vendor}.setup") is None}
