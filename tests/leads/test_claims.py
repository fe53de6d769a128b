"""Claimed leads belong to a living worker, or are freed by the next sweep."""

import threading

import pytest
from django.db import connection

from leads.lifecycle import claims
from leads.models import Lead
from tests.embedded.installation import until
from tests.module_cast import ANEW

pytestmark = pytest.mark.django_db(transaction=True)
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW


class Worker(threading.Thread):
    """Claims in a session of its own, and keeps it until it is told to die; then the session is gone, as after kill -9."""

    def __init__(self, campaign) -> None:
        super().__init__()
        self.campaign, self.claimed, self.die = campaign, threading.Event(), threading.Event()

    def run(self) -> None:
        claims.claim(self.campaign.pk, limit=500)
        self.session = connection.connection.info.backend_pid
        self.claimed.set()
        self.die.wait(30)
        connection.close()

    def session_is_gone(self) -> bool:
        """The server ends a session a moment after its client has gone."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [self.session])
            return cursor.fetchone() == (0,)


@pytest.fixture
def worker(campaign, make_leads):
    make_leads(campaign, 3)
    worker = Worker(campaign)
    worker.start()
    assert worker.claimed.wait(10)
    yield worker
    worker.die.set()
    worker.join(10)


def waiting() -> int:
    return Lead.objects.filter(processr_status="waiting", claim=None).count()


def test_what_a_living_worker_claims_stays_its_own_however_long_it_takes(worker):
    assert claims.free_orphans() == 0
    assert waiting() == 0


def test_what_a_dead_worker_claimed_is_free_at_the_next_sweep(worker):
    worker.die.set()
    worker.join(10)
    until(worker.session_is_gone, "the session of the dead worker has ended", within=10)
    assert claims.free_orphans() == 3
    assert waiting() == 3


@pytest.mark.sql
def test_a_turn_that_let_go_without_judging_leaves_its_leads_to_the_next_sweep(campaign, make_leads):
    make_leads(campaign, 2)
    claim = claims.claim(campaign.pk, limit=500)
    claims.unlock_token(claim.token)
    assert claims.free_orphans() == 2


def test_an_empty_claim_holds_no_lock(campaign):
    claims.claim(campaign.pk, limit=500)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone() == (0,)
