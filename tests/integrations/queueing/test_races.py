"""Runs, bulk actions, people and a sender act on the same leads in real transactions, without a deadlock."""

import threading
from collections.abc import Callable
from time import monotonic
from uuid import uuid4

import pytest
from django.db import connection, transaction

from config.core.actor import SYSTEM
from integrations import integrity
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads import integrity as leads_integrity
from leads.bulk.actions import Reprocess
from leads.lifecycle import claims
from leads.models import Lead
from processr import services
from tests.integrations.queueing.acts import judged
from tests.leads.acts import judge_all, verdict
from tests.module_cast import ANEW
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6

_TAKE = """
WITH next AS MATERIALIZED (
    SELECT d.id FROM integrations_delivery AS d JOIN leads_lead AS l ON l.id = d.lead_id
    WHERE d.state = 'queued' ORDER BY d.id LIMIT 20 FOR NO KEY UPDATE OF l, d SKIP LOCKED
)
UPDATE integrations_delivery AS d SET state = 'sending', claim = %s FROM next WHERE d.id = next.id RETURNING d.lead_id
"""


def send_some() -> None:
    """As a sender does: what is claimed is committed before the call, and recorded after it, leads first."""
    token = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [token])
        leads = sorted({pk for (pk,) in cursor})
    with transaction.atomic():
        lifecycle.mark_delivered(leads, actor=SYSTEM, reason="CRM")
        ours = Delivery.objects.filter(claim=token).order_by("pk").select_for_update(no_key=True)
        Delivery.objects.filter(pk__in=[row.pk for row in ours]).update(state="sent", claim=None, sent_at="2026-01-01T00:00Z")


def test_all_at_the_same_leads_deadlock_nobody_and_leave_everything_in_order(campaign, integrate, make_leads, bob):
    integrate("One"), integrate("Two")
    ids = [lead.pk for lead in judged(campaign, make_leads, 120)]

    def repeatedly(*acts: Callable[[], object]) -> Callable[[], None]:
        return lambda: [act() for _ in range(TIMES) for act in acts] and None

    def engine() -> None:
        claim = claims.claim(campaign.pk, limit=500)
        lifecycle.judge([verdict(lead.pk) for lead in reversed(claim.leads)], token=claim.token)
        claims.unlock_token(claim.token)

    raised = at_once(
        repeatedly(lambda: bulk.run_or_queue(Reprocess.key, ids[:60], actor=bob), engine),
        repeatedly(lambda: lifecycle.flag(ids[::-1], "invalid", actor=bob, reason="x"), lambda: lifecycle.unflag(ids, actor=bob)),
        repeatedly(lambda: lifecycle.delete(ids[30:60], actor=bob), lambda: lifecycle.restore(ids[30:60], actor=bob)),
        repeatedly(send_some, lambda: lifecycle.mark_undelivered(ids[::2], actor=bob)),
    )
    engine()
    assert raised == []
    assert integrity.deliveries() == []
    assert leads_integrity.tallies() + leads_integrity.billing() + leads_integrity.notes() == []
    open_rows = Delivery.objects.filter(state__in=["queued", "sending", "needs_person"])
    assert open_rows.count() == open_rows.values("lead", "job").distinct().count()


def test_a_sender_and_a_reprocess_never_have_the_same_lead(campaign, crm, make_leads, bob):
    """Whichever comes first: a lead that was sent was not reprocessed before, and none that waits for its run is being sent."""
    ids = [lead.pk for lead in judged(campaign, make_leads, 60)]
    wrong: list[list[int]] = []

    def take() -> None:
        token = uuid4()
        for _ in range(TIMES):
            with connection.cursor() as cursor:
                cursor.execute(_TAKE, [token])
            wrong.append(list(Lead.objects.filter(deliveries__state="sending", processr_status="waiting").values_list("pk", flat=True)))

    def reprocess() -> None:
        for start in range(0, 60, 10):
            bulk.run_or_queue(Reprocess.key, ids[start : start + 10], actor=bob)

    assert at_once(take, reprocess) == []
    assert [found for found in wrong if found] == []
    assert Delivery.objects.filter(state="queued").count() == 0
    assert Delivery.objects.filter(state="sending").count() + Lead.objects.filter(processr_status="waiting").count() == 60


def somebody_waits_for(lock: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = %s AND NOT granted)", [lock])
        return bool(cursor.fetchone()[0])


@pytest.mark.sql
@pytest.mark.parametrize("verb", ["judge", "unflag"])
def test_an_integration_that_is_removed_while_leads_are_queued_for_it_keeps_none(verb, campaign, crm, make_leads, bob):
    """The removal waits for those who queue, and finds what they have queued."""
    leads = make_leads(campaign, 3) if verb == "judge" else judged(campaign, make_leads, 3)
    ids = [lead.pk for lead in leads]
    if verb == "unflag":
        lifecycle.flag(ids, "invalid", actor=bob, reason="x")
    queued = threading.Event()

    def queue() -> None:
        with transaction.atomic():
            judge_all(campaign) if verb == "judge" else lifecycle.unflag(ids, actor=bob)
            queued.set()
            until = monotonic() + 20
            while not somebody_waits_for("advisory"):
                assert monotonic() < until, "the removal does not wait"

    def remove() -> None:
        assert queued.wait(20)
        services.remove_job(crm.pk, actor=bob)

    assert at_once(queue, remove) == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_leads_that_are_queued_after_an_integration_was_removed_find_it_gone(campaign, crm, make_leads, bob):
    """Though it was there when they looked which integrations there are."""
    make_leads(campaign, 3)
    removed = threading.Event()

    def remove() -> None:
        with transaction.atomic():
            services.remove_job(crm.pk, actor=bob)
            removed.set()
            until = monotonic() + 20
            while not somebody_waits_for("advisory"):
                assert monotonic() < until, "those who queue do not wait"

    def queue() -> None:
        assert removed.wait(20)
        judge_all(campaign)

    assert at_once(remove, queue) == []
    assert not Delivery.objects.exists()
    assert set(Lead.objects.values_list("current_status", flat=True)) == {"valid"}
