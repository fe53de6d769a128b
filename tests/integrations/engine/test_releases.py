"""Leads beyond the volume of a campaign that holds over delivery, and their release, over a real receiver (decisions 26 and 39)."""

from multiprocessing import get_context

import pytest
from django.db import connection

from campaigns.models import Campaign
from config.core.background import runs
from integrations import integrity
from integrations.delivery import scheduler
from integrations.models import Delivery
from leads import bulk
from leads import integrity as leads_integrity
from leads.bulk import runner
from leads.bulk.actions import bulk_types
from leads.models import BulkAction, Lead, LeadNote, PriceEntry
from leads.shown_status import shown_statuses
from processr.bulk import ReleaseHeld
from processr.services import release_held
from tests.embedded.installation import until
from tests.module_cast import ANEW

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db(transaction=True)
VOLUME, HELD = 2, 500


@pytest.fixture
def full(make_campaign, post_to, receiver, valid):
    """full(n): a campaign without free slots whose leads were sent, with the ids of n leads that are held, the oldest first."""

    def make(n: int):
        campaign = make_campaign("Full", lead_volume=VOLUME, hold_over_delivery=True)
        post_to(campaign, receiver.url("ok"), again=True, side_by_side=4)
        valid(campaign, VOLUME)
        held = [lead.pk for lead in valid(campaign, n)]
        send()
        receiver.forget()
        assert held_leads() == held
        return campaign, held

    return make


def send() -> None:
    scheduler.serve_destinations(seconds=60)


def held_leads() -> list[int]:
    return list(Lead.objects.filter(hold_reason="over_delivery").order_by("pk").values_list("pk", flat=True))


def of_leads(ids) -> list[str]:
    return sorted(Lead.objects.filter(pk__in=ids).values_list("email", flat=True))


def arrived(receiver) -> list[str]:
    got = receiver.got
    assert len({event for event, _ in got}) == len(got), "nothing comes twice"
    return sorted(person for _, person in got)


def released() -> list[int]:
    """The leads of whose release a note tells, once for each note."""
    notes = LeadNote.objects.filter(kind="delivery").order_by("lead_id").values_list("lead_id", "changes")
    return [lead_id for lead_id, changes in notes if ["hold_reason", "over_delivery", ""] in changes]


def check() -> None:
    assert integrity.deliveries() + leads_integrity.billing() + leads_integrity.tallies() + leads_integrity.notes() == []


def test_leads_beyond_the_volume_are_held_and_three_released_are_the_three_oldest(full, receiver, bob):
    campaign, held = full(HELD)
    assert {status.api_number for status in shown_statuses(Lead.objects.filter(pk__in=held)).values()} == {510}
    assert not Lead.objects.filter(pk__in=held, publisher_billable=True).exists()
    assert not Lead.objects.filter(pk__in=held, advertiser_billable=True).exists()
    assert not PriceEntry.objects.filter(lead__in=held).exists()

    Campaign.objects.filter(pk=campaign.pk).update(lead_volume=VOLUME + 2)
    send()
    assert (receiver.got, held_leads()) == ([], held)

    action = release_held(campaign.pk, 3, actor=bob)
    assert (action.state, action.done, action.failed) == ("done", 3, 0)
    send()
    assert arrived(receiver) == of_leads(held[:3])
    assert held_leads() == held[3:]
    rows = list(
        Lead.objects.filter(pk__in=held[:3]).order_by("pk").values_list("publisher_billable", "advertiser_billable", "over_allocation")
    )
    assert rows == [(True, True, False), (True, True, False), (False, False, True)]
    assert set(Delivery.objects.filter(lead__in=held[3:]).values_list("state", "held_for")) == {("queued", "over_delivery")}
    assert Campaign.objects.get(pk=campaign.pk).slots_taken == VOLUME + 2
    check()


def test_a_run_that_is_stopped_has_released_what_it_says_and_the_next_goes_on_from_there(full, receiver, bob, monkeypatch):
    campaign, held = full(150)
    monkeypatch.setattr(runner, "CHUNK", 40)
    action = release_held(campaign.pk, 120, actor=bob)
    assert (action.state, action.total, held_leads()) == ("queued", 120, held)

    class Stops(ReleaseHeld):
        def after_move(self, chunk, moved):
            super().after_move(chunk, moved)
            if chunk.position == 1:
                runs.stop(bulk.BulkActionRun(chunk.action), actor=bob)

    with monkeypatch.context() as patched:
        patched.setitem(bulk_types._plugins, ReleaseHeld.key, Stops)
        runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done, held_leads()) == ("stopped", 80, held[80:])
    send()
    assert arrived(receiver) == of_leads(held[:80])

    last = release_held(campaign.pk, actor=bob)
    assert (last.state, last.done) == ("done", 70)
    send()
    assert arrived(receiver) == of_leads(held)
    assert released() == held
    check()


def test_a_release_whose_worker_is_killed_is_finished_and_releases_nobody_twice(full, receiver, bob, monkeypatch):
    campaign, held = full(150)
    monkeypatch.setattr(runner, "CHUNK", 40)
    action = release_held(campaign.pk, actor=bob)
    killed_in_second_chunk(action)
    until(lambda: held_leads() == held[40:], "the chunk that was not committed is undone", within=20)
    send()
    BulkAction.objects.update(beat_at="2020-01-01T00:00Z")
    assert runs.waiting(bulk.BulkActionRun) == [action.pk]
    runs.work_on(bulk.BulkActionRun, action.pk)
    action.refresh_from_db()
    assert (action.state, action.done, action.failed) == ("done", 150, 0)
    send()
    assert arrived(receiver) == of_leads(held)
    assert released() == held
    check()


def killed_in_second_chunk(action: BulkAction) -> None:
    """Its leads are moved by then, and nothing of it is committed."""
    fork = get_context("fork")
    reached, never = fork.Event(), fork.Event()

    class Hangs(ReleaseHeld):
        def after_move(self, chunk, moved):
            super().after_move(chunk, moved)
            if chunk.position == 1:
                reached.set()
                never.wait()

    def work() -> None:
        connection.connection = None  # not closed: the session is the parent's
        bulk_types._plugins[ReleaseHeld.key] = Hangs
        runs.work_on(bulk.BulkActionRun, action.pk)

    process = fork.Process(target=work)
    process.start()
    try:
        until(reached.is_set, "the second chunk is under way", within=60)
    finally:
        process.kill()
        process.join()
