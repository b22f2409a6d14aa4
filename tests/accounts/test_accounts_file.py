"""The accounts file: read again without a restart, open tickets of changed accounts looked at again, changes kept."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.account import Account
from bridge.config.accounts_file import Accounts, refusal
from bridge.errors import InputError
from bridge.policy.load import load_policy
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.ticket import Status, Ticket, TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
POLICY = load_policy("maas360")
ACME = "accounts:\n  '5101': {name: Acme, contacts: [pat@acme.example]}\n  Globex: {plan: standard}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.yaml"
    path.write_text(ACME)
    return path


def edit(path: Path, text: str) -> None:
    """Save another text, at a later moment of the file system's clock."""
    later = path.stat().st_mtime_ns + 1_000_000_000
    path.write_text(text)
    os.utime(path, ns=(later, later))


def seen(store: SqlStore, ident: str, account: str | None, name: str = "", status: Status = Status.OPEN) -> TicketRef:
    """A ticket that was reviewed, and is due no more."""
    ref = TicketRef(connection="desk", id=ident)
    ticket = Ticket(ref=ref, created_at=NOW, account=account, status=status)
    store.wake(ref, NOW, "command")
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    review = Review(f"r{ident}", ref, NOW, "command", "nothing", ticket=ticket, account=Account(name=name))
    assert store.finish(claim, review, confirmed=(), due=None)
    return ref


def due(store: SqlStore) -> set[str]:
    """Which tickets are due, and why."""
    claims = store.claim(NOW + timedelta(hours=1), limit=50, lease_s=1)
    for claim in claims:
        store.finish(
            claim,
            Review(f"x{claim.ref.id}{claim.generation}", claim.ref, NOW, claim.why, "nothing"),
            confirmed=(),
            due=None,
        )
    assert {claim.why for claim in claims} <= {"account"}
    return {claim.ref.id for claim in claims}


def ticket_of(account: str) -> Ticket:
    return Ticket(ref=TicketRef(connection="desk", id="9"), created_at=NOW, account=account)


def test_an_edit_wakes_the_open_tickets_of_the_accounts_it_changes(store: SqlStore, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(store, NOW)
    seen(store, "1", "5101")
    seen(store, "2", "7777")
    seen(store, "3", "5101", status=Status.CLOSED)
    seen(store, "4", "9999", name="Globex")
    assert accounts.refresh(store, NOW) == []
    assert due(store) == set()
    edit(file, ACME.replace("pat@acme.example", "pat@acme.example, sam@acme.example"))
    [line] = accounts.refresh(store, NOW)
    assert due(store) == {"1"}
    assert line.detail == "account 5101: contacts with sam@acme.example"
    assert accounts(ticket_of("5101"), None).contacts == {"pat@acme.example", "sam@acme.example"}
    edit(file, ACME.replace("standard", "premium"))
    accounts.refresh(store, NOW + timedelta(minutes=1))
    assert due(store) == {"1", "4"}, "Globex is known by its name at the helpdesk"
    details = {each.detail for each in store.audit_entries()}
    assert {
        "account 5101: contacts without sam@acme.example",
        'account Globex: plan "standard" -> "premium"',
    } <= details


def test_the_audit_log_holds_no_token_of_a_channel(store: SqlStore, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(store, NOW)
    edit(file, "accounts:\n  '5101': {roles: {coo: 'coo@vendor.example, slack://canary/canary'}}\n")
    details = [line.detail for line in accounts.refresh(store, NOW)]
    assert any('roles nothing -> {"coo": "coo@vendor.example, slack://***"}' in detail for detail in details), details
    assert "canary" not in str(details)


def test_an_account_that_comes_or_goes_is_a_change(store: SqlStore, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(store, NOW)
    seen(store, "1", "6000")
    edit(file, "accounts:\n  '6000': {plan: premium}\n")
    found = {line.detail for line in accounts.refresh(store, NOW)}
    assert found == {"account 6000 added", "account 5101 removed", "account Globex removed"}
    assert due(store) == {"1"}


def test_an_edit_while_no_bridge_runs_is_noticed_at_the_next_start(store: SqlStore, file: Path) -> None:
    Accounts(file).refresh(store, NOW)
    seen(store, "1", "5101")
    assert Accounts(file).refresh(store, NOW) == [], "a restart alone changes nothing"
    edit(file, ACME.replace("pat@", "sam@"))
    assert Accounts(file).refresh(store, NOW)
    assert due(store) == {"1"}


def test_processes_that_notice_the_same_edit_record_it_once(store: SqlStore, file: Path) -> None:
    one, other = Accounts(file), Accounts(file)
    assert one.refresh(store, NOW)
    assert other.refresh(store, NOW) == []


@pytest.mark.parametrize(
    "text",
    [
        "accounts: [",
        "accounts: {'5101': {plan: gold}}",
        "accounts: {'5101': {roles: {coo: Ann}}}",
        "accounts: {'5101': {overrides: {clocks: [{name: first_response, speed: 1}]}}}",
    ],
)
def test_a_bad_edit_keeps_what_was_there_and_is_reported_once(store: SqlStore, file: Path, text: str) -> None:
    accounts = Accounts(file, [POLICY])
    accounts.refresh(store, NOW)
    edit(file, text)
    for minute in range(3):
        assert accounts.refresh(store, NOW + timedelta(minutes=minute)) == []
    assert accounts(ticket_of("5101"), None).name == "Acme"
    assert str(file) in accounts.problem
    [refused] = [line for line in store.audit_entries() if line.kind == "accounts_refused"]
    assert refused.detail == accounts.problem
    edit(file, ACME)
    accounts.refresh(store, NOW)
    assert accounts.problem == ""


def test_a_refused_edit_stands_in_the_record_until_the_file_can_be_used_again(store: SqlStore, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(store, NOW)
    assert refusal(store) is None
    edit(file, "accounts: [")
    accounts.refresh(store, NOW + timedelta(minutes=1))
    refused = refusal(store)
    assert refused
    assert (refused.at, refused.detail) == (NOW + timedelta(minutes=1), accounts.problem)
    edit(file, ACME)
    for minute in (2, 3):
        accounts.refresh(store, NOW + timedelta(minutes=minute))
        assert refusal(store) is None
    assert [line.kind for line in store.audit_entries()][:2] == ["accounts_accepted", "accounts_refused"]


def test_a_file_fixed_while_no_bridge_runs_is_accepted_at_the_next_start(store: SqlStore, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(store, NOW)
    edit(file, "accounts: [")
    accounts.refresh(store, NOW + timedelta(minutes=1))
    edit(file, ACME)
    for _ in range(2):  # two processes start
        Accounts(file).refresh(store, NOW + timedelta(minutes=2))
    assert refusal(store) is None
    assert [line.kind for line in store.audit_entries()].count("accounts_accepted") == 1


def test_contract_terms_that_fit_no_pack_name_their_line(file: Path) -> None:
    file.write_text("accounts:\n  '5101':\n    overrides:\n      calendars:\n        japan: {hours: {mon: soon}}\n")
    with pytest.raises(
        InputError, match=r"accounts\.yaml:5:\d+ accounts\.5101\.overrides\.calendars: does not fit pack maas360"
    ):
        Accounts(file, [POLICY])
    file.write_text("accounts:\n  '5101': {overrides: {closure: {clause: XX-99}}}\n")
    with pytest.raises(InputError, match=r"accounts\.yaml:2:\d+ .* closure\.clause: .*found 'XX-99'"):
        Accounts(file, [POLICY])


def test_contract_terms_that_fit_are_taken(file: Path) -> None:
    file.write_text("accounts:\n  '5101': {overrides: {clocks: [{name: first_response, targets: {critical: 15m}}]}}\n")
    accounts = Accounts(file, [POLICY])
    fitted = POLICY.for_account(accounts(ticket_of("5101"), None))
    assert fitted.digest != POLICY.digest


def test_contacts_may_come_as_csv(store: SqlStore, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(
        "account,email,management\n5101,Pat@Acme.example,\n5101,boss@acme.example,yes\nGlobex,a@globex.example,no\n"
    )
    accounts = Accounts(path)
    acme = accounts(ticket_of("5101"), Account(name="Acme", plan="premium"))
    assert acme.contacts == {"pat@acme.example", "boss@acme.example"}
    assert acme.management == {"boss@acme.example"}
    assert (acme.name, acme.plan) == ("Acme", "premium"), "what the file does not say stays as the helpdesk says it"
    assert accounts(ticket_of("1"), Account(name="Globex")).management == frozenset()
    accounts.refresh(store, NOW)
    seen(store, "1", "5101")
    edit(path, "account,email,management\n5101,pat@acme.example,yes\n")
    accounts.refresh(store, NOW)
    assert due(store) == {"1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,mail\n", r"contacts\.csv:1:1: found no column account, email; allowed: account, email, management"),
        ("account,email\n5101,nobody\n", r"contacts\.csv:2:1: found .*nobody"),
        ("account,email,management\n5101,a@b.example,maybe\n", r"contacts\.csv:2:1: .* yes or no"),
    ],
)
def test_a_csv_that_cannot_be_used_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        Accounts(path)
