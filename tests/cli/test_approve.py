"""``policybridge approve``: an approval by phone that cannot be recorded."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bridge.cli.exits import Exit


@pytest.fixture
def asking(connected: Any) -> Any:
    """The machine, under a pack that asks the customer about every case in which nobody can work."""
    file = connected.folder / "policybridge.yaml"
    settings = json.loads(file.read_text())
    ask = {"clause": "MA-08", "name": "estimate", "when": {"affected": "all"}, "request_message": "estimate"}
    settings["overrides"] = {"maas360": {"gates": [ask], "templates": {"estimate": "Do you agree?"}}}
    file.write_text(json.dumps(settings))
    return connected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("estimate", "--email", "nobody", "--caller", "Pat"), "address: found 'nobody'; allowed: "),
        (
            ("estmate", "--email", "a@b.example", "--caller", "Pat"),
            "gate: found 'estmate'; allowed under this policy: ",
        ),
        (("resolution", "--email", "a@b.example", "--caller", "Pat", "--refuse"), "a resolution can only be confirmed"),
    ],
)
def test_an_answer_that_cannot_be_used(
    asking: Any, critical_ticket: Callable[[], str], arguments: tuple[str, ...], message: str
) -> None:
    done = asking("approve", critical_ticket(), *arguments)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(message)
