"""``policybridge init``: a conversation that ends with files that work, or the same from flags and the environment."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import cli
from bridge.cli.exits import Exit
from bridge.config.accounts_file import read_accounts
from bridge.config.configuration import read_configuration
from bridge.config.field_proposals import AccountField, facts_of, proposals
from bridge.config.zendesk_settings import load_zendesk_settings
from bridge.policy.load import load_policy
from bridge.sandbox.odoo.process import OdooSandbox
from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox

Init = Callable[..., Result]
IDS = seeds.connection()


@pytest.fixture
def init(zendesk_process: ZendeskSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    zendesk_process.reset()
    monkeypatch.chdir(tmp_path)
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"ZENDESK_OAUTH_CLIENT_{name}", raising=False)
    monkeypatch.setenv("POLICYBRIDGE_SECRETS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("ZENDESK_URL", zendesk_process.url)

    def run(*arguments: str, answers: str = "") -> Result:
        return CliRunner().invoke(cli, ["init", *arguments], input=answers, catch_exceptions=False)

    return run


@pytest.fixture
def credentials(init: Init, zendesk_process: ZendeskSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_ID", zendesk_process.client_id)
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET", zendesk_process.client_secret)


def test_the_conversation_asks_again_until_it_can_sign_in_and_writes_files_that_work(
    init: Init, zendesk_process: ZendeskSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = f"{zendesk_process.client_id}\nwrong\n"
    right = f"{zendesk_process.client_id}\n{zendesk_process.client_secret}\n"
    done = init(answers=f"zendesk\nmaas360\n{wrong}{right}y\ny\nn\n\n\n\n\n\n")
    assert done.exit_code == Exit.OK, done.output
    assert "✗ Zendesk refuses the OAuth client" in done.stdout
    assert "✓ signed in as bridge@vendor.example (admin)" in done.stdout
    assert zendesk_process.client_secret not in done.stdout
    connection = read_configuration(Path("policybridge.yaml")).connections["zendesk"]
    assert connection.mode == "shadow"
    assert connection.facts["affected"].field == IDS["facts.affected"]
    assert connection.facts["affected"].values == seeds.option_tags("affected")
    assert "company" not in connection.facts
    assert "# company: {field: ...}  # Company name" in Path("policybridge.yaml").read_text()
    assert read_accounts(Path("accounts.yaml"), []) == {}
    for name in ("ID", "SECRET"):
        assert stat.S_IMODE(Path(f"secrets/ZENDESK_OAUTH_CLIENT_{name}").stat().st_mode) == 0o600
    monkeypatch.setenv("POLICYBRIDGE_SECRETS_DIR", "secrets")
    assert load_zendesk_settings().oauth_client_id == zendesk_process.client_id


@pytest.mark.parametrize(("series", "asks_for_login"), [(19, False), (18, True)])
def test_odoo_is_asked_before_a_person_is_asked_for_a_login(
    init: Init, monkeypatch: pytest.MonkeyPatch, series: int, asks_for_login: bool
) -> None:
    for name in ("URL", "DB", "API_KEY", "LOGIN"):
        monkeypatch.delenv(f"ODOO_{name}", raising=False)
    with OdooSandbox(series) as odoo:
        login = f"{odoo.login}\n" if asks_for_login else ""
        answers = f"http://127.0.0.1:1\n{odoo.db}\nkey\n{odoo.url}\n{odoo.db}\n{odoo.api_key}\n{login}"
        done = init("odoo", "--policy", "maas360", answers=answers + "n\n" * 30)
    assert done.exit_code == Exit.OK, done.output
    assert "✗" in done.stdout.partition("✓ signed in")[0], "an address at which nothing answers is asked again"
    assert ("Login of the bridge's user" in done.stdout) is asks_for_login
    assert Path("secrets/ODOO_LOGIN").exists() is asks_for_login


@pytest.mark.usefixtures("credentials")
def test_a_script_takes_what_is_sure_and_is_asked_nothing(init: Init) -> None:
    done = init("zendesk", "--policy", "maas360", "--name", "desk", "--directory", "new", "--yes")
    assert done.exit_code == Exit.OK, done.stderr
    connection = read_configuration(Path("new/policybridge.yaml")).connections["desk"]
    assert {"affected", "impact", "company"} <= connection.facts.keys()
    assert "device" not in connection.facts  # called "Device, operating system": that may be it, or not
    assert not Path("new/secrets").exists()
    assert "· desk, tiers: the policy maas360 uses the tier 3" in done.stdout
    following = done.stdout.partition("next:")[2].splitlines()
    steps = [line.split("--")[0].strip() for line in following if line.strip().startswith("policybridge")]
    assert steps == [
        *("policybridge install zendesk", "policybridge install zendesk"),
        *("policybridge doctor", "policybridge conflicts zendesk", "policybridge serve"),
    ], "the path of the README"
    assert "export ZENDESK_WEBHOOK_SECRET_FILE=secrets/ZENDESK_WEBHOOK_SECRET" in done.stdout


@pytest.mark.usefixtures("credentials")
def test_files_that_exist_are_never_overwritten(init: Init) -> None:
    Path("policybridge.yaml").write_text("mine")
    done = init("zendesk", "--policy", "maas360", "--yes")
    assert done.exit_code == Exit.UNUSABLE
    assert done.stderr.startswith("policybridge.yaml: already exists and was not changed")
    assert Path("policybridge.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes", "--policy", "maas360"], "VENDOR: found none; allowed: odoo, zendesk"),
        (["salesforce", "--yes"], "VENDOR: found salesforce; allowed: odoo, zendesk"),
        (["zendesk", "--yes"], "--policy: found none; allowed: erp_maestro, maas360"),
        (["zendesk", "--yes", "--policy", "maas361"], "maas361"),
        (["zendesk", "--yes", "--policy", "maas360"], "found no credentials; set ZENDESK_OAUTH_CLIENT_ID"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_is_written(init: Init, arguments: list[str], message: str) -> None:
    done = init(*arguments)
    assert done.exit_code == Exit.UNUSABLE
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(Path().iterdir())


def test_a_field_is_proposed_by_its_options_even_if_it_is_called_otherwise() -> None:
    options = {"biz_1": "Catastrophic", "biz_2": "Major", "biz_3": "Significant", "biz_4": "Minor", "biz_5": "Unclear"}
    fields = [
        AccountField(1, "How bad is it?", "choice", options),
        AccountField(2, "Impact", "text"),
        AccountField(3, "Company name", "text"),
        AccountField(4, "Weather", "choice", {"rain": "Rain"}),
    ]
    found = {each.fact: each for each in proposals(facts_of([load_policy("maas360")]), fields)}
    assert found["impact"].field.ref == 1
    assert found["impact"].values == {
        "biz_1": "catastrophic",
        "biz_2": "major",
        "biz_3": "significant",
        "biz_4": "minor",
    }
    assert found["impact"].unknown_options == ["Unclear"]
    assert found["company"].field.ref == 3
    assert not {2, 4} & {each.field.ref for each in found.values()}


def test_a_field_of_the_name_is_proposed_with_the_options_that_have_to_be_translated() -> None:
    fields = [AccountField(1, "Users affected", "choice", {"aff_1": "Everyone", "aff_2": "Only me"})]
    [found] = proposals(facts_of([load_policy("maas360")]), fields)
    assert (found.fact, found.is_sure, found.values) == ("affected", False, {})
    assert found.unknown_options == ["Everyone", "Only me"]


def test_a_field_is_proposed_to_one_fact_only() -> None:
    fields = [AccountField(1, "Contact", "text"), AccountField(2, "Preferred contact", "text")]
    found = {each.fact: each.field.ref for each in proposals(facts_of([load_policy("maas360")]), fields)}
    assert (found["contact"], found["preferred_contact"]) == (1, 2)
    assert len(found) == len(set(found.values()))


@pytest.mark.usefixtures("credentials")
def test_a_folder_that_cannot_be_made_is_one_line(init: Init, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = init("zendesk", "--policy", "maas360", "--yes", "--directory", str(tmp_path / "file" / "below"))
    assert done.exit_code == Exit.UNUSABLE
    assert "below: cannot be written: Not a directory; choose another with --directory" in done.stderr


def test_a_name_that_no_connection_may_have_is_refused_before_anything_is_written(init: Init, tmp_path: Path) -> None:
    done = init("zendesk", "--policy", "maas360", "--yes", "--name", "My desk")
    assert done.exit_code == Exit.UNUSABLE
    assert done.stderr.startswith("--name: found 'My desk'; allowed: small letters")
    assert not list(tmp_path.iterdir())
