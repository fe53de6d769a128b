"""kill -9 while leads are posted and judged: each acknowledged lead is stored once and judged once, and soon."""

from collections.abc import Callable, Collection

import pytest

from tests.processes.poster import Poster
from tests.processes.sluice import Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN = "Payroll demo requests"  # active, without a cap, with the three jobs
CHILDREN = ("worker", "deliverer", "batcher", "caller", "web", "postgres", "valkey", "scheduler")


@pytest.mark.parametrize("victims", [("worker",), ("web",), ("postgres",), ("valkey",), CHILDREN], ids=" ".join)
def test_no_acknowledged_lead_is_lost_doubled_or_judged_twice_when_these_are_killed(sluice: Sluice, victims: Collection[str]) -> None:
    running = sluice.pids()
    killed = [running[name] for name in victims]
    posters = post_while(sluice, kill=lambda: sluice.kill(*killed), wait=lambda: sluice.wait_until_back(*killed))
    check(sluice, posters)


def test_no_acknowledged_lead_is_lost_doubled_or_judged_twice_when_the_workers_pool_is_killed(sluice: Sluice) -> None:
    """The worker itself lives on, and makes itself a new pool."""
    killed = sluice.pool()
    posters = post_while(sluice, kill=lambda: sluice.kill(*killed), wait=lambda: sluice.wait_for_another_pool(*killed))
    check(sluice, posters)


def test_no_acknowledged_lead_is_lost_doubled_or_judged_twice_when_the_machine_loses_its_power(sluice: Sluice) -> None:
    """A power cut, as far as processes can show one: the launcher and all its children are killed, then started again."""
    check(sluice, post_while(sluice, kill=sluice.kill_launcher_and_children, wait=sluice.start))


def post_while(sluice: Sluice, *, kill: Callable[[], None], wait: Callable[[], None]) -> list[Poster]:
    """Kill processes that have claimed leads and not judged them, while leads are posted.

    While the killed come back a few posts a second are enough: as many as can be would only be more to judge.
    """
    campaign = sluice.campaign(CAMPAIGN)
    with Poster(sluice, campaign, keyed=True) as keyed, Poster(sluice, campaign, keyed=False) as numbered:
        posters = [keyed, numbered]
        with sluice.halfway_through_judging():
            wait_for_acknowledgements(posters)
            sluice.wait_until_leads_are_in_the_works()
            kill()
            keyed.slowly = numbered.slowly = True
            wait()
            keyed.slowly = numbered.slowly = False
        wait_for_acknowledgements(posters)
    return posters


def wait_for_acknowledgements(posters: list[Poster], more: int = 10) -> None:
    for poster in posters:
        poster.wait_for(more)


def check(sluice: Sluice, posters: list[Poster]) -> None:
    sluice.wait_until_all_are_judged()
    for poster in posters:
        assert not poster.complaint
        assert sluice.not_judged_exactly_once(poster.acknowledged) == []
        taken = [pk for (pk,) in sluice.rows("SELECT id FROM leads_lead WHERE email LIKE %s ORDER BY id", f"%@{poster.domain}")]
        assert taken == sorted(poster.acknowledged), "leads that nobody was told of, or that came twice"
    assert "problems" not in sluice.run("check_integrity")
