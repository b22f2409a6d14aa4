"""Names that nobody knows, as arguments of commands: one line that says what is known, and exit code 2."""

from collections.abc import Callable
from typing import Any

import pytest

from bridge.cli.exits import Exit


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("parked", "--connection", "acne"), "connection: found 'acne'; allowed: acme"),
        (("resume", "--connection", "acne", "--yes"), "connection: found 'acne'; allowed: acme"),
        (("stop", "--connection", "acne"), "connection: found 'acne'; allowed: acme"),
        (("preview", "--connection", "acne"), "connection: found 'acne'; allowed: acme"),
        (("release", "acne:1"), "connection: found 'acne'; allowed: acme"),
        (("release", "7777"), "ticket: found acme:7777, which was never reviewed"),
        (("explain", "7777", "--recorded"), "ticket: found acme:7777, which was never reviewed"),
        (("activity", "--account", "Nobody"), "account: found 'Nobody'; allowed: Acme (5101)"),
        (("activity", "--clause", "MA-99"), "clause: found 'MA-99'; allowed: MA-01, "),
        (("undo", "--clause", "MA-99"), "clause: found 'MA-99'; allowed: MA-01, "),
    ],
)
def test_an_unknown_name_is_one_line(
    connected: Any, critical_ticket: Callable[[], str], arguments: tuple[str, ...], line: str
) -> None:
    connected("review", critical_ticket())
    done = connected(*arguments)
    assert (done.code, done.out) == (Exit.UNUSABLE, "")
    assert done.err.startswith(line)
    assert done.err.count("\n") == 1


def test_what_is_known_and_has_written_nothing_is_an_empty_list(
    connected: Any, critical_ticket: Callable[[], str]
) -> None:
    assert connected("activity", "--clause", "MA-09").code == Exit.OK, "of a configured policy"
    connected("review", critical_ticket())
    for name in ("acme", "5101"):
        assert "nothing written" not in connected("activity", "--account", name).out
    assert connected("activity", "--account", "Acme", "--kind", "closings").out.endswith("nothing written\n")
    assert connected("activity", "--clause", "ma-24").code == Exit.OK


def test_a_connection_that_is_no_longer_configured_is_known_by_its_stop(connected: Any) -> None:
    connected("stop", "--connection", "acme")
    connected.write("policybridge.yaml", "policy: [")
    assert connected("resume", "--connection", "acme", "--yes").code == Exit.OK


@pytest.mark.parametrize("command", [("check",), ("render", "maas360"), ("serve",), ("report",)])
def test_a_named_configuration_that_is_not_there_is_an_error(policybridge: Any, command: tuple[str, ...]) -> None:
    policybridge.environment["POLICYBRIDGE_CONFIG"] = "elsewhere.yaml"
    done = policybridge(*command)
    assert (done.code, done.out) == (Exit.UNUSABLE, "")
    assert "elsewhere.yaml" in done.err
    assert "there is no such file" in done.err
    assert done.err.count("\n") == 1


def test_without_a_name_there_may_be_no_configuration(policybridge: Any) -> None:
    assert policybridge("render", "maas360").code == Exit.OK
