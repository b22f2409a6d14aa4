"""The fair semaphore admits callers in the order in which they asked, and a slot is always returned."""

import threading

import pytest

from bridge.errors import Retry
from bridge.helpdesks.http.fair_semaphore import FairSemaphore


def test_requests_are_admitted_in_order_of_arrival() -> None:
    semaphore, order = FairSemaphore(1), []

    def ask(number: int) -> None:
        with semaphore.acquire(30):
            order.append(number)

    callers = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    with semaphore.acquire(0):
        for before, caller in enumerate(callers):
            caller.start()
            while len(semaphore._waiting) == before:
                """The next caller starts when this one stands in the queue."""
    for caller in callers:
        caller.join(10)
    assert order == [0, 1, 2, 3, 4]


def test_a_caller_that_times_out_leaves_the_queue() -> None:
    semaphore = FairSemaphore(1)
    with (
        semaphore.acquire(0),
        pytest.raises(Retry, match="1 other calls to the helpdesk took more than 0 s") as caught,
        semaphore.acquire(0),
    ):
        raise AssertionError("admitted although no slot was free")
    assert not caught.value.all_tickets
    with semaphore.acquire(0):
        """The slot is free again: the caller that gave up no longer stands in the queue."""


def test_a_slot_is_returned_after_an_error() -> None:
    semaphore = FairSemaphore(1)
    for _ in range(3):
        with pytest.raises(KeyError), semaphore.acquire(0):
            raise KeyError
