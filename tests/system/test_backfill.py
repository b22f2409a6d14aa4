"""A backfill as people run it: killed, twice at a time, beside a server, with a limit that is used up."""

from __future__ import annotations

import pytest

from bridge.ports.outcomes import ReviewCause
from bridge.ticket import TicketRef
from tests.support.databases import two_engines_one_slow
from tests.support.processes import PATIENCE_S, wait_until
from tests.support.site import Site


def causes(site: Site, number: int) -> list[ReviewCause]:
    """Why a ticket was reviewed, oldest first."""
    return [each.why for each in site.store.reviews(TicketRef(connection="zendesk", id=str(number)))][::-1]


def run(site: Site, *arguments: str) -> str:
    """What a backfill prints that runs to its end."""
    command = site.command("backfill", *arguments)
    printed, _ = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 0, printed
    return printed


@two_engines_one_slow
def test_a_killed_backfill_goes_on_where_it_was_and_a_second_one_does_nothing(site: Site) -> None:
    numbers = [site.ask() for _ in range(8)]
    assert "8 open tickets, 0 known, 8 to bring in" in run(site, "--plan")
    assert not any(map(site.heard, numbers)), "a plan changes nothing"
    site.disturb(numbers[3], delay_s=2)  # takes effect when its sender has long been dead
    killed = site.command("backfill", "--apply")
    wait_until(lambda: site.intended(numbers[3]), "the write-ahead of the fourth ticket")
    killed.kill()
    killed.wait(PATIENCE_S)
    assert [site.written(number) for number in numbers] == [True] * 3 + [False] * 5
    assert "8 open tickets, 3 known; 5 brought in" in run(site, "--apply")
    assert "8 open tickets, 8 known; nothing to bring in" in run(site, "--apply")
    for number in numbers:
        assert site.attempts(number).count(200) == 1, "written to once"
        assert set(causes(site, number)) == {ReviewCause.BACKFILL}
    assert not [each for number in numbers for each in site.unconfirmed(number)]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_backfills_beside_a_server_share_the_work(site: Site) -> None:
    numbers = [site.ask() for _ in range(7)]
    [server] = site.servers
    server.ready()
    first, second = site.command("backfill", "--apply"), site.command("backfill", "--apply")
    new = site.ask()
    for command in (first, second):
        printed, _ = command.communicate(timeout=PATIENCE_S)
        assert command.returncode == 0, printed
    wait_until(site.at_rest, "every ticket is reviewed")
    assert ReviewCause.DELIVERY in causes(site, new)
    for number in [*numbers, new]:
        assert causes(site, number).count(ReviewCause.BACKFILL) <= 1, causes(site, number)
        assert site.attempts(number) == [200], "written to once"
