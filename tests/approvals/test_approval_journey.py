"""The whole way for real: a local Zendesk, an installation, a link in a comment, a click, and the tag is gone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from pydantic import SecretStr

from app import Bridge, assemble, create_app
from bridge.cli import cli
from bridge.cli.review import review_now
from bridge.config.settings import Settings
from bridge.policy.load import load_policy
from bridge.runtime.ticket_clock import wall_clock
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.ticket import TicketRef

from .conftest import URL

IDS = seeds.connection()
CLIENT = "helpdesk@acme.example"
GATE = {
    "gates": [{"clause": "MA-08", "name": "estimate", "when": {"affected": "all"}, "request_message": "estimate"}],
    "templates": {"estimate": "This will take a day.\n\nPlease approve it here: {approval_link}"},
}


@pytest.fixture
def sandbox(present_day: ZendeskSandbox) -> ZendeskSandbox:
    """A Zendesk account as on its first day."""
    present_day.reset()
    return present_day


@pytest.fixture
def settings(sandbox: ZendeskSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A Zendesk account that is connected with a pack whose customers approve estimates."""
    pack, config = tmp_path / "pack.yaml", tmp_path / "policybridge.yaml"
    pack.write_text(json.dumps(load_policy("maas360", GATE).source))
    facts = {"affected": {"field": IDS["facts.affected"], "values": seeds.option_tags("affected")}}
    connection = {"vendor": "zendesk", "mode": "enforce", "in_force_since": "2020-01-01T00:00:00Z", "facts": facts}
    config.write_text(json.dumps({"policy": str(pack), "connections": {"zendesk": connection}}))
    for name in ("ZENDESK_EMAIL", "ZENDESK_API_TOKEN", "ZENDESK_SUBDOMAIN"):
        monkeypatch.delenv(name, raising=False)
    database = f"sqlite:///{tmp_path / 'bridge.sqlite3'}"
    given = {
        "ZENDESK_URL": sandbox.url,
        "ZENDESK_OAUTH_CLIENT_ID": sandbox.client_id,
        "ZENDESK_OAUTH_CLIENT_SECRET": sandbox.client_secret,
        "POLICYBRIDGE_CONFIG": str(config),
        "POLICYBRIDGE_DATABASE_URL": database,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return Settings(
        config=config,
        database_url=database,
        console_token=SecretStr("only for admins"),
        public_url=URL,
        secret_key=SecretStr("a key that nobody else knows"),
    )


def ask(sandbox: ZendeskSandbox) -> TicketRef:
    fields = [{"id": IDS["facts.affected"], "value": "affected_all"}]
    values = {"subject": "Console down", "comment": {"body": "Nothing works"}, "custom_fields": fields}
    return TicketRef(connection="zendesk", id=str(sandbox.ask(CLIENT, values)["id"]))


def fetch(sandbox: ZendeskSandbox, path: str) -> Any:
    answer = requests.get(f"{sandbox.url}/api/v2/{path}", auth=sandbox.auth, timeout=30)
    answer.raise_for_status()
    return answer.json()


def is_waiting(sandbox: ZendeskSandbox, ref: TicketRef) -> bool:
    return "policy_awaiting_estimate" in fetch(sandbox, f"tickets/{ref.id}.json")["ticket"]["tags"]


def review(bridge: Bridge, ref: TicketRef) -> None:
    """Look until nothing is left to do."""
    while review_now(bridge, ref).outcome == "applied":
        pass


def test_a_customer_approves_by_the_link_in_the_comment(sandbox: ZendeskSandbox, settings: Settings) -> None:
    ref = ask(sandbox)
    with assemble(settings) as bridge:
        review(bridge, ref)
        assert is_waiting(sandbox, ref)
        comments = fetch(sandbox, f"tickets/{ref.id}/comments.json")["comments"]
        [body] = [comment["plain_body"] for comment in comments if "This will take a day" in comment["plain_body"]]
        [path] = re.findall(rf"{re.escape(URL)}(/approve/\S+)", body)
        browser = create_app(bridge).test_client()
        assert "This will take a day." in browser.get(path).get_data(as_text=True), "no login stands before it"
        assert browser.post(path, data={"decision": "approve"}).status_code == 200
        [answer] = bridge.store.approvals(ref)
        assert (answer.by, answer.granted) == (CLIENT, True)
        review(bridge, ref)
        assert not is_waiting(sandbox, ref)


def test_an_agent_records_an_approval_by_phone(sandbox: ZendeskSandbox, settings: Settings) -> None:
    ref = ask(sandbox)
    with assemble(settings) as bridge:
        review(bridge, ref)
    arguments = [
        "approve",
        str(ref),
        "estimate",
        "--email",
        CLIENT,
        "--caller",
        "Pat Example",
        "--comment",
        "before noon",
    ]
    unknown = CliRunner().invoke(cli, [*arguments[:2], "budget", *arguments[3:]])
    assert (unknown.exit_code, "allowed under this policy: estimate" in unknown.output) == (2, True)
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.output
    assert "approved on the phone by Pat Example" in done.output
    with assemble(settings) as bridge:
        [answer] = bridge.store.approvals(ref)
        assert (answer.name, answer.remarks, answer.by) == ("Pat Example", "before noon", CLIENT)
        assert answer.recorded_by
        assert answer.at <= wall_clock()
        review(bridge, ref)
        assert not is_waiting(sandbox, ref)
    again = CliRunner().invoke(cli, [*arguments, "--refuse"])
    assert again.exit_code == 1
    assert "estimate is not requested any more" in again.output
