"""Places are given in the order of asking, and come back whatever happens."""

import threading

import pytest

from bridge.errors import Retry
from bridge.helpdesks.http.fair_semaphore import Turns


def test_first_come_first_served() -> None:
    turns, order = Turns(1), []

    def ask(number: int) -> None:
        with turns.take(30):
            order.append(number)

    people = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    with turns.take(0):
        for before, person in enumerate(people):
            person.start()
            while len(turns._waiting) == before:
                """The next one comes when this one stands in the queue."""
    for person in people:
        person.join(10)
    assert order == [0, 1, 2, 3, 4]


def test_who_has_no_patience_leaves_the_queue() -> None:
    turns = Turns(1)
    with (
        turns.take(0),
        pytest.raises(Retry, match="1 other calls kept the vendor busy for 0 s") as caught,
        turns.take(0),
    ):
        raise AssertionError("let in, though there was no place")
    assert not caught.value.all_tickets
    with turns.take(0):
        """The place is free again, for nobody who has left stands before us."""


def test_a_place_comes_back_after_an_error() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(KeyError), turns.take(0):
            raise KeyError
