"""Actions over leads of several campaigns: each lead goes to the chosen integrations of its own, and counts only where something is sent."""

import pytest
from django.test import Client

from config.core.accounts import roles
from integrations import texts
from integrations.delivery.queue import EXTRAS_KEY
from integrations.models import Delivery
from leads import bulk, lifecycle, privacy
from leads.bulk import effects
from leads.models import BulkAction, LeadNote
from leads.statuses import Refusal
from processr import services
from processr.services import test_lead
from tests.cast import make_user
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


@pytest.mark.sql
@pytest.mark.parametrize("stops", [services.disable_job, services.remove_job])
def test_the_result_names_an_integration_that_was_switched_off_after_the_preview(
    stops, campaign, elsewhere, crm, integrate, make_leads, bob
):
    """On the page, in the API and on each lead (decision 42)."""
    newsletter = integrate("Newsletter")
    leads, (there,) = judged(campaign, make_leads, 3), judged(elsewhere, make_leads)
    lifecycle.flag([leads[0].pk], "valid", actor=bob, reason="Known")
    lifecycle.flag([leads[1].pk], "invalid", actor=bob, reason="Returned")
    Delivery.objects.all().delete()
    ids, settings = [*(lead.pk for lead in leads), there.pk], {"reason": "Known", EXTRAS_KEY: [crm.pk]}
    action = bulk.begin("mark_valid", ids, actor=bob, settings=settings)
    stops(crm.pk, actor=bob)
    action = bulk.run_if_few(action)
    assert (action.done, dict(bulk.skip_reasons(action))) == (3, {Refusal.ALREADY_VALID: 1})
    told = "CRM was switched off or removed since it was chosen: 3 leads were not queued for it."
    admin = make_user(roles.ADMIN)
    assert effects.remarks(action, admin) == [told]
    assert effects.remarks(action, make_user(roles.AGENCY_CALL_CENTRE)) == []
    noted = LeadNote.objects.filter(reason=texts.SWITCHED_OFF).order_by("lead_id")
    assert list(noted.values_list("lead_id", "changes")) == [(lead.pk, [["Delivery to CRM", "", "not queued"]]) for lead in leads[1:]]
    client = Client()
    client.force_login(admin)
    assert told in client.get(f"/v2/leads/actions/{action.pk}").content.decode()
    assert act("mark_valid", leads, bob, [newsletter], reason="Known").answers == {}


@pytest.mark.parametrize("reason", [test_lead.REASON, texts.REMOVED, texts.SWITCHED_OFF])
def test_reasons_that_upper_apps_write_are_read_by_masked_roles(reason):
    masked = make_user(roles.ADMIN_MASKED)
    assert privacy.reason_of_action(masked, reason) == reason
    assert privacy.reason_of_action(masked, f"{reason}!") == privacy.REASON_HIDDEN
