"""The expiry of an API key and its renewal: whatever fails in between, the file has a key that works."""

import errno
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from bridge.helpdesks.odoo.api_keys import KEYS, OUR_KEY, DailyKeyRenewal, examine_key, key_in_use, rotate
from bridge.helpdesks.odoo.client import OdooClient

from .scripted_odoo import HANDLED, KEY, Fault, Raw, ReceivedCall, ScriptedOdoo

Connect = Callable[..., OdooClient]
TODAY = date(2027, 1, 31)
NEW = "n" * 40
DISABLED = Fault("odoo.exceptions.UserError", "Programmatic API keys are not enabled", 422)


def lists(odoo: ScriptedOdoo, *keys: tuple[str, str | bool]) -> None:
    """These are the keys of the user, oldest first: name and end."""
    odoo.replies[f"{KEYS}/fields_get"] = {"name": {"type": "char"}, "expiration_date": {"type": "datetime"}}
    odoo.replies[f"{KEYS}/search_read"] = [
        {"id": number, "name": name, "expiration_date": end} for number, (name, end) in enumerate(keys, 1)
    ]


def makes(odoo: ScriptedOdoo, *, good: bool = True) -> None:
    """Odoo makes and revokes keys; ``good``: the new one is accepted as well."""

    def generate(_: object, call: ReceivedCall) -> Any:
        odoo.keys |= {NEW} if good else set()
        return NEW

    def revoke(_: object, call: ReceivedCall) -> Any:
        if call.body["key"] not in odoo.keys:
            return Fault("odoo.exceptions.AccessDenied", "The provided API key is invalid.", 403)
        odoo.keys.remove(call.body["key"])
        return True

    odoo.replies |= {f"{KEYS}/generate": generate, f"{KEYS}/revoke": revoke}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "odoo_api_key"
    found.write_text(f"{KEY}\n")
    found.chmod(0o644)
    return found


@pytest.fixture
def by_file(odoo19: ScriptedOdoo, connect: Connect, file: Path) -> OdooClient:
    """A client whose key, in a file, ends in 20 days."""
    lists(odoo19, ("bridge", "2027-02-20 07:59:03"))
    return connect(odoo19, ODOO_API_KEY="", ODOO_API_KEY_FILE=str(file))


def test_a_key_that_does_not_expire_soon_is_kept(odoo: ScriptedOdoo, connect: Connect) -> None:
    lists(odoo, ("bridge", "2027-03-03 07:59:03"))
    client = connect(odoo)
    (line,) = examine_key(client, TODAY)
    assert (line.subject, line.ok) == ("API key", True)
    assert line.advice == "the key 'bridge' expires on 2027-03-03, in 31 days"
    assert rotate(client, TODAY) == ""
    sent = next(call.body for call in odoo.received if call.what == f"{KEYS}/search_read")
    arguments = sent["params"]["args"][6] if odoo.series < 19 else sent
    assert arguments["domain"] == [["user_id", "=", 5]]  # an administrator sees everybody's


def test_a_key_that_does_not_expire(odoo: ScriptedOdoo, connect: Connect) -> None:
    lists(odoo, ("bridge", False))
    (line,) = examine_key(connect(odoo), TODAY)
    assert (line.ok, line.advice) == (True, "the key 'bridge' does not expire")


def test_before_odoo_18_no_key_had_an_end(odoo18: ScriptedOdoo, connect: Connect) -> None:
    lists(odoo18, ("bridge", False))
    odoo18.replies[f"{KEYS}/fields_get"] = {"name": {"type": "char"}}
    client = connect(odoo18)
    assert [line.ok for line in examine_key(client, TODAY)] == [True]
    assert rotate(client, TODAY) == ""
    assert odoo18.received[-1].body["params"]["args"][6]["fields"] == ["name"]


def test_a_password_is_reported_as_missing_key(odoo18: ScriptedOdoo, connect: Connect) -> None:
    lists(odoo18)
    (line,) = examine_key(connect(odoo18), TODAY)
    assert not line.ok
    assert line.advice == (
        "a password is used instead of a key; as the user of the bridge, create a new key in Odoo under Preferences > "
        "Account Security "
        "and set ODOO_API_KEY to it"
    )


def test_a_key_that_ends_soon_on_odoo_18(odoo18: ScriptedOdoo, connect: Connect, file: Path) -> None:
    lists(odoo18, ("bridge", "2027-03-02 07:59:03"))
    client = connect(odoo18, ODOO_API_KEY="", ODOO_API_KEY_FILE=str(file))
    reported = (
        "the key 'bridge' expires on 2027-03-02, in 30 days; as the user of the bridge, create a new key in Odoo under "
        f"Preferences > Account Security and write it to {file}"
    )
    assert [(line.ok, line.advice) for line in examine_key(client, TODAY)] == [(False, reported)]
    assert rotate(client, TODAY) == reported
    assert file.read_text() == f"{KEY}\n"


def test_a_key_in_a_variable_is_not_renewed_automatically(odoo19: ScriptedOdoo, connect: Connect) -> None:
    lists(odoo19, ("bridge", "2027-02-20 07:59:03"))
    reported = rotate(connect(odoo19), TODAY)
    assert reported.endswith(
        "set ODOO_API_KEY to it; it can be renewed automatically in a file named by ODOO_API_KEY_FILE"
    )
    assert f"{KEYS}/generate" not in odoo19.calls()


@pytest.mark.parametrize(
    ("keys", "ours"),
    [
        ([("a", "2027-03-01 00:00:00"), ("b", "2027-02-10 00:00:00")], "2027-02-10"),  # whichever ends first
        ([("a", "2027-01-30 00:00:00"), ("b", "2027-04-10 00:00:00")], "2027-04-10"),  # what has ended is not ours
        ([("a", "2027-02-10 00:00:00"), (OUR_KEY, "2027-04-01 00:00:00")], "2027-04-01"),  # made here
        ([(OUR_KEY, "2027-02-10 00:00:00"), (OUR_KEY, "2027-04-01 00:00:00")], "2027-04-01"),  # the last one made here
        ([("a", False), ("b", "2027-02-10 00:00:00")], "2027-02-10"),
    ],
)
def test_the_key_in_use_among_several(
    odoo19: ScriptedOdoo, connect: Connect, keys: list[tuple[str, str | bool]], ours: str
) -> None:
    lists(odoo19, *keys)
    found = key_in_use(connect(odoo19), TODAY)
    assert found is not None
    assert found.ends == date.fromisoformat(ours)


def test_the_key_is_renewed_automatically(odoo19: ScriptedOdoo, by_file: OdooClient, file: Path) -> None:
    makes(odoo19)
    assert rotate(by_file, TODAY) == f"the API key was renewed in {file} and is valid until 2027-05-01"
    assert file.read_text() == NEW
    assert file.stat().st_mode & 0o777 == 0o600
    assert odoo19.keys == {NEW}
    made = next(call for call in odoo19.received if call.what == f"{KEYS}/generate")
    assert made.headers["Authorization"] == f"bearer {KEY}"
    assert made.body == {"key": KEY, "scope": None, "name": OUR_KEY, "expiration_date": "2027-05-01"}
    revoked = odoo19.received[-1]
    assert (revoked.headers["Authorization"], revoked.body) == (f"bearer {NEW}", {"key": KEY})
    odoo19.replies["helpdesk.ticket/search_count"] = 3
    assert by_file.search_count("helpdesk.ticket", []) == 3
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_key_in_the_secrets_directory_is_renewed(odoo19: ScriptedOdoo, connect: Connect, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "kept").write_text(KEY)
    (secrets / "odoo_api_key").symlink_to("kept")
    lists(odoo19, ("bridge", "2027-02-20 07:59:03"))
    makes(odoo19)
    assert "renewed" in rotate(connect(odoo19, ODOO_API_KEY=""), TODAY)
    assert (secrets / "kept").read_text() == NEW
    assert (secrets / "odoo_api_key").is_symlink()


def test_another_process_uses_the_new_key(
    odoo19: ScriptedOdoo, connect: Connect, by_file: OdooClient, file: Path
) -> None:
    other = connect(odoo19, ODOO_API_KEY="", ODOO_API_KEY_FILE=str(file))
    makes(odoo19)
    rotate(by_file, TODAY)
    assert other.uid == 5


def test_two_processes_that_renew_at_the_same_moment_make_one_key(
    odoo19: ScriptedOdoo, connect: Connect, file: Path
) -> None:
    soon, later = (f"{datetime.now(UTC).date() + timedelta(days=days)} 07:59:03" for days in (5, 90))
    lists(odoo19, ("bridge", soon))
    makes(odoo19)
    generate, meet = odoo19.replies[f"{KEYS}/generate"], Barrier(2)

    def slowly(odoo: ScriptedOdoo, call: ReceivedCall) -> Any:
        made = generate(odoo, call)
        lists(odoo19, (OUR_KEY, later))
        time.sleep(0.2)  # the other one has begun meanwhile
        return made

    odoo19.replies[f"{KEYS}/generate"] = slowly
    clients = [connect(odoo19, ODOO_API_KEY="", ODOO_API_KEY_FILE=str(file)) for _ in range(2)]

    def renew(client: OdooClient) -> None:
        meet.wait(10)
        DailyKeyRenewal("acme", client).run_if_due()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(renew, clients))
    assert odoo19.calls().count(f"{KEYS}/generate") == 1
    assert file.read_text() == NEW
    assert {client.key for client in clients} == odoo19.keys == {NEW}


def unchanged(odoo: ScriptedOdoo, client: OdooClient, file: Path) -> bool:
    """The old key is in use, works, and is the only one."""
    return (client.key, file.read_text(), odoo.keys) == (KEY, f"{KEY}\n", {KEY}) and len([*file.parent.iterdir()]) == 1


def test_an_odoo_that_does_not_allow_programmatic_keys(odoo19: ScriptedOdoo, by_file: OdooClient, file: Path) -> None:
    odoo19.replies[f"{KEYS}/generate"] = DISABLED
    reported = rotate(by_file, TODAY)
    assert "in 20 days and was not renewed: Odoo refuses" in reported
    assert "Programmatic API keys are not enabled" in reported
    assert f"write it to {file}; or set Odoo's system parameter base.enable_programmatic_api_keys to True" in reported
    assert unchanged(odoo19, by_file, file)


def test_a_file_that_cannot_be_replaced(
    odoo19: ScriptedOdoo, by_file: OdooClient, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, "Device or resource busy")  # a file that is mounted by itself

    makes(odoo19)
    monkeypatch.setattr(Path, "replace", busy)
    assert "was not renewed: [Errno 16] Device or resource busy; as the user" in rotate(by_file, TODAY)
    assert unchanged(odoo19, by_file, file)


def test_a_folder_that_cannot_be_written(odoo19: ScriptedOdoo, by_file: OdooClient, file: Path) -> None:
    file.unlink()
    file.parent.rmdir()
    assert "was not renewed: [Errno 2]" in rotate(by_file, TODAY)
    assert f"{KEYS}/generate" not in odoo19.calls()


def test_a_new_key_that_does_not_work(odoo19: ScriptedOdoo, by_file: OdooClient, file: Path) -> None:
    makes(odoo19, good=False)
    reported = rotate(by_file, TODAY)
    assert "Odoo does not accept the key that it has just created (one that is no longer used" in reported
    assert unchanged(odoo19, by_file, file)


def test_an_odoo_that_becomes_unreachable(odoo19: ScriptedOdoo, by_file: OdooClient, file: Path) -> None:
    makes(odoo19)
    assert by_file.uid
    odoo19.replies["res.users/context_get"] = Raw(b"", 502)
    assert "was not renewed: Odoo is not available for res.users.context_get" in rotate(by_file, TODAY)
    assert unchanged(odoo19, by_file, file)


def test_an_old_key_that_cannot_be_revoked(odoo19: ScriptedOdoo, by_file: OdooClient, file: Path) -> None:
    makes(odoo19)
    odoo19.replies[f"{KEYS}/revoke"] = DISABLED
    reported = rotate(by_file, TODAY)
    assert reported.startswith(
        f"the API key was renewed in {file} and is valid until 2027-05-01 (one that is no longer used"
    )
    assert (by_file.key, file.read_text()) == (NEW, NEW)


def test_no_error_contains_a_key(odoo19: ScriptedOdoo, by_file: OdooClient) -> None:
    makes(odoo19)
    odoo19.replies[f"{KEYS}/revoke"] = lambda request, call: request.connection.close() or HANDLED
    reported = rotate(by_file, TODAY)
    assert KEY not in reported
    assert NEW not in reported
