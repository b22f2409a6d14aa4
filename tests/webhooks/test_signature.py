"""Signatures: over the raw bytes, against every secret, for a limited time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.receiver import WebhookRefused
from webhooks.signature import sign, verify

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOLERANCE = timedelta(seconds=300)
STAMP = "2026-03-02T09:00:00Z"

ZENDESK_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
"""Published by Zendesk for tests."""

GROUP_MEMBERSHIP_CREATED = b"""{
\t"type": "zen:event-type:user.group_membership_created",
\t"account_id": 12514403,
\t"id": "6b9bbadf-5725-4e92-bebe-7b71011bf5f1",
\t"subject": "zen:user:6596848315901",
\t"time": "2099-07-04T05:33:18Z",
\t"zendesk_event_version": "2022-06-20",
\t"detail": {
\t\t"created_at": "2099-07-04T05:27:58Z",
\t\t"default_group_id": "0",
\t\t"email": "user.name@example.com",
\t\t"external_id": "",
\t\t"id": "6596848315901",
\t\t"organization_id": "0",
\t\t"role": "end-user",
\t\t"updated_at": "2099-07-04T05:33:18Z"
\t},
\t"event": { "group": { "id": "1" } }
}
"""
"""Sample event from the tests of aaronellington/zendesk-go (MIT), byte for byte: tabs, and a newline at the end."""


def check(signature: str, *, secrets: tuple[str, ...] = ("s1",), timestamp: str = STAMP, body: bytes = b"{}") -> None:
    verify(secrets, timestamp, body, signature, now=NOW, tolerance=TOLERANCE)


def test_the_known_answer_of_a_published_sample() -> None:
    expected = "10IqYzYTLHRftNsNE+im0DeOM6/JactIRuy0XCHJ9B8="
    assert sign(ZENDESK_TEST_SECRET, "1234", GROUP_MEMBERSHIP_CREATED) == expected
    assert sign(ZENDESK_TEST_SECRET, "1234", GROUP_MEMBERSHIP_CREATED.rstrip()) != expected


def test_an_empty_body_is_signed_too() -> None:
    check(sign("s1", STAMP, b""), body=b"")


@pytest.mark.parametrize("secret", ["old", "new"])
def test_during_a_rotation_both_secrets_are_accepted(secret: str) -> None:
    check(sign(secret, STAMP, b"{}"), secrets=("old", "new"))


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
def test_without_a_secret_everything_is_refused(secrets: tuple[str, ...]) -> None:
    with pytest.raises(WebhookRefused, match="no secret configured") as refused:
        check(sign("", STAMP, b"{}"), secrets=secrets)
    assert "signing secret" in refused.value.advice


@pytest.mark.parametrize("age", [-300, -299, 0, 300])
def test_a_timestamp_may_be_a_little_early_or_late(age: int) -> None:
    stamp = (NOW - timedelta(seconds=age)).isoformat()
    check(sign("s1", stamp, b"{}"), timestamp=stamp)


@pytest.mark.parametrize(
    "stamp",
    ["2026-03-02T09:05:01Z", "2026-03-02T08:54:59Z", "2026-03-02T09:00:00", "2026-03-02", "1234", "", "now", "9" * 400],
)
def test_a_timestamp_too_old_too_early_or_unreadable_is_refused(stamp: str) -> None:
    with pytest.raises(WebhookRefused, match="too old or in the future"):
        check(sign("s1", stamp, b"{}"), timestamp=stamp)


def test_nanoseconds_are_accepted() -> None:
    stamp = "2026-03-02T09:00:00.672717030Z"
    check(sign("s1", stamp, b"{}"), timestamp=stamp)


@given(body=st.binary(max_size=200), flip=st.integers(0, 199), bit=st.integers(0, 7))
def test_one_changed_bit_is_refused(body: bytes, flip: int, bit: int) -> None:
    changed = bytearray(body or b"\0")
    changed[flip % len(changed)] ^= 1 << bit
    with pytest.raises(WebhookRefused, match="wrong signature"):
        check(sign("s1", STAMP, body), body=bytes(changed))


@given(signature=st.text(), stamp=st.text(), secrets=st.lists(st.text(st.characters(codec="utf-8")), max_size=3))
def test_nothing_unsigned_is_accepted_or_raises_another_error(signature: str, stamp: str, secrets: list[str]) -> None:
    with pytest.raises(WebhookRefused):
        check(signature, secrets=tuple(secrets), timestamp=stamp)
