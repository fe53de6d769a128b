"""Actions over leads of several campaigns: each lead goes to the chosen integrations of its own, and counts only where something is sent."""

import pytest

from integrations.delivery.queue import EXTRAS_KEY
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads.models import BulkAction, LeadNote
from leads.statuses import Refusal
from processr import services
from tests.integrations.queueing.acts import jobs_of, judged

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(make_campaign):
    return make_campaign("Autumn")


def act(type_key: str, leads, bob, chosen, **settings) -> BulkAction:
    """Do it, after checking that its preview says what becomes of the leads."""
    settings = {EXTRAS_KEY: [job.pk for job in chosen], **settings}
    ids = [lead.pk for lead in leads]
    foretold = bulk.preview(type_key, ids, actor=bob, settings=settings)
    action = bulk.run_or_queue(type_key, ids, actor=bob, settings=settings)
    assert (foretold.moved, foretold.skipped) == (action.done, dict(bulk.skip_reasons(action)))
    return action


@pytest.mark.sql
def test_a_lead_without_a_chosen_integration_on_its_campaign_is_not_sent_again(campaign, elsewhere, crm, integrate, make_leads, bob):
    other = integrate("Newsletter", on=elsewhere)
    (here,), (there,) = judged(campaign, make_leads), judged(elsewhere, make_leads)
    Delivery.objects.all().delete()
    action = act("send_again", [here, there], bob, [crm])
    assert (action.done, dict(bulk.skip_reasons(action))) == (1, {Refusal.NOT_CHOSEN: 1})
    assert (jobs_of(here), jobs_of(there)) == ([crm.pk], [])
    assert not LeadNote.objects.filter(lead_id=there.pk, reason="Sent again").exists()
    Delivery.objects.all().delete()
    assert act("send_again", [here, there], bob, [crm, other]).done == 2
    assert (jobs_of(here), jobs_of(there)) == ([crm.pk], [other.pk])


@pytest.mark.sql
def test_valid_again_is_skipped_where_nothing_is_sent(campaign, elsewhere, crm, integrate, make_leads, bob):
    (here,), (there,) = judged(campaign, make_leads), judged(elsewhere, make_leads)
    lifecycle.flag([here.pk, there.pk], "valid", actor=bob, reason="Known")
    Delivery.objects.all().delete()
    action = act("mark_valid", [here, there], bob, [crm], reason="Known")
    assert (action.done, dict(bulk.skip_reasons(action))) == (1, {Refusal.ALREADY_VALID: 1})
    assert (jobs_of(here), jobs_of(there)) == ([crm.pk], [])


@pytest.mark.sql
def test_nothing_is_asked_of_an_integration_that_was_switched_off_after_it_was_chosen(campaign, crm, integrate, make_leads, bob):
    second = integrate("Newsletter")
    (lead,) = judged(campaign, make_leads)
    Delivery.objects.all().delete()
    settings = {EXTRAS_KEY: [crm.pk]}
    action = bulk.begin("send_again", [lead.pk], actor=bob, settings=settings)
    services.disable_job(crm.pk, actor=bob)
    action = bulk.run_if_few(action)
    assert (action.done, dict(bulk.skip_reasons(action))) == (0, {Refusal.NOT_CHOSEN: 1})
    assert act("send_again", [lead], bob, [crm, second]).done == 1
    assert jobs_of(lead) == [second.pk]
