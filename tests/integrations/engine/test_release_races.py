"""Releases of held leads at the same time as people, runs and senders act on them, in real transactions and threads."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from campaigns.models import Campaign
from config.core.background import runs
from config.core.errors import DomainError
from integrations import integrity
from integrations.delivery import scheduler
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads import integrity as leads_integrity
from leads.models import BulkAction, Lead
from processr import integrity as processr_integrity
from processr.services import release_held
from tests.integrations.engine.conftest import sent
from tests.leads.acts import judge_all
from tests.module_cast import ANEW
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)
VOLUME, CAP, LEADS, TIMES = 30, 20, 90, 5


@pytest.fixture
def got() -> Counter:
    """Event ids, with the number of times that each came."""
    return Counter()


@pytest.fixture
def full(make_campaign, plays, valid, got):
    lock = threading.Lock()

    def part(outgoing):
        with lock:
            got[outgoing.event_id] += 1
        return sent(outgoing)

    campaign = make_campaign("Full", lead_volume=VOLUME, cap=CAP, hold_over_delivery=True)
    plays(campaign, part, concurrency=4)
    valid(campaign, LEADS)
    return campaign


def check(campaign) -> None:
    problems = integrity.deliveries() + processr_integrity.job_tallies()
    problems += leads_integrity.tallies() + leads_integrity.billing() + leads_integrity.notes()
    assert problems == []
    assert Campaign.objects.get(pk=campaign.pk).slots_taken <= VOLUME
    assert campaign.contracts.get().slots_taken <= CAP
    assert Lead.objects.filter(campaign_slot=True).count() <= VOLUME
    assert Lead.objects.filter(contract_slot=True).count() <= CAP


def releases(campaign, bob, n: int = 9) -> Callable[[], None]:
    def act() -> None:
        for _ in range(TIMES):
            with suppress(DomainError):  # none is held
                release_held(campaign.pk, n, actor=bob)

    return act


def sender() -> None:
    for _ in range(TIMES):
        scheduler.serve_destinations(seconds=5)


def flags(ids, bob) -> None:
    for _ in range(TIMES):
        lifecycle.flag(ids[::2], "invalid", actor=bob, reason="Returned")
        lifecycle.unflag(ids[::-1], actor=bob)


def deletes(ids, bob) -> None:
    for _ in range(TIMES):
        lifecycle.delete(ids[::3], actor=bob)
        lifecycle.restore(ids[::-1], actor=bob)


def manages(ids, bob) -> None:
    for type_key, settings in [
        ("reprocess", {}),
        ("mark_invalid", {"reason": "x"}),
        ("mark_valid", {"reason": "x"}),
        ("mark_delivered", {}),
    ]:
        action = bulk.begin(type_key, ids[::4], actor=bob, settings=settings)
        runs.work_on(bulk.BulkActionRun, action.pk)
        action.refresh_from_db()
        assert action.state == "done", action.error
        judge_all(Campaign.objects.get(name="Full"))


@pytest.mark.parametrize("other", [flags, deletes, manages], ids=lambda act: act.__name__)
def test_a_release_and_a_sender_beside_somebody_who_acts_on_the_same_leads(other, full, bob, got):
    ids = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
    assert at_once(releases(full, bob), sender, lambda: other(ids, bob)) == []
    check(full)
    judge_all(full)
    while Lead.objects.filter(hold_reason="over_delivery", deleted_at=None).exists():
        release_held(full.pk, actor=bob)
    sender()
    check(full)
    assert set(got.values()) == {1}
    assert not Delivery.objects.filter(state__in=("queued", "sending")).exists()
    assert set(Lead.objects.filter(current_status="valid", deleted_at=None).values_list("delivery_status", flat=True)) == {"delivered"}


def test_two_releases_at_once_release_each_lead_once(full, bob, got):
    held = list(Lead.objects.filter(hold_reason="over_delivery").order_by("pk").values_list("pk", flat=True))
    Campaign.objects.filter(pk=full.pk).update(lead_volume=VOLUME - 5)
    assert at_once(releases(full, bob, 3), releases(full, bob, 3)) == []
    left = list(Lead.objects.filter(hold_reason="over_delivery").order_by("pk").values_list("pk", flat=True))
    assert left == held[len(held) - len(left) :], "the oldest are released first"
    assert sum(BulkAction.objects.values_list("done", flat=True)) == len(held) - len(left)
    sender()
    check(full)
    assert len(got) == LEADS - len(left)
    assert set(got.values()) == {1}


def test_releases_of_all_at_once_with_what_raises_the_cap_give_no_slot_twice(full, bob):
    ids = list(Lead.objects.filter(campaign_slot=True).order_by("pk").values_list("pk", flat=True))
    assert at_once(releases(full, bob, 100), releases(full, bob, 100), lambda: flags(ids, bob)) == []
    check(full)
