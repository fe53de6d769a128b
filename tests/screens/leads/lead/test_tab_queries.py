"""Each tab of a lead costs a fixed number of queries, whatever there is of the lead."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from integrations.models import Delivery
from leads import lifecycle
from leads.editing import service
from leads.extension_points import lead_tabs
from leads.models import Lead
from leads.privacy.tabs import TABS
from processr.engine import scheduler
from processr.models import Event
from processr.services import add_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_with(campaign, bob, make_leads) -> Callable[[int], Lead]:
    """lead_with(12): a lead with as many runs, calls, notes, deliveries, captured and made values, and other leads of its address."""
    job = add_job(campaign, "test_data", actor=bob)
    crm = add_job(campaign, "collect", label="CRM", actor=bob)

    def make(n: int) -> Lead:
        lead, *_ = make_leads(campaign, n + 1, email=f"jo{n}@example.com")
        scheduler.serve_campaigns(seconds=10)
        for number in range(n):
            lifecycle.edit({lead.pk: {f"field{number}": "new", "company": f"Acme {number}"}}, actor=bob)
            service.add_comment(lead, f"Called {number}", actor=bob)
            lifecycle.requeue([lead.pk], actor=bob)
            scheduler.serve_campaigns(seconds=10)
            lifecycle.flag([lead.pk], "valid" if number % 2 else "invalid", actor=bob, reason="Checked")
        Delivery.objects.filter(lead=lead).delete()
        made = Delivery.objects.bulk_create(Delivery(lead=lead, job=crm, round=number) for number in range(1, n + 1))
        about = {"lead_id": lead.pk, "campaign_id": campaign.pk, "started_at": timezone.now(), "outcome": "success"}
        for delivery in made:
            Event.objects.create(**about, kind="delivery", job_id=crm.pk, source={"delivery": delivery.pk}, message="POST /leads")
            Event.objects.create(**about, kind="provider", job_id=job.pk, run_number=1, message="GET /check")
        values = {f"made{number}": "x" for number in range(n)}
        Lead.objects.filter(pk=lead.pk).update(enriched=values | {"ipCountry": "DE"}, transformed=values)
        return lead

    return make


def test_each_tab_costs_the_same_queries_for_a_lead_with_little_and_with_much(lead_with, reader):
    little, much = lead_with(1), lead_with(50)
    assert Event.objects.filter(lead_id=much.pk, kind="flow").count() == 51
    admin = reader()

    def queries(lead: Lead) -> dict[str, int]:
        addresses = {key: f"/v2/leads/{lead.pk}/{key}" for key in (tab.key for tab in lead_tabs)}
        return {key: len(admin.queries(address)) for key, address in addresses.items()}

    for lead in (little, much):
        queries(lead)  # the look is recorded, and what is cached is read
    found = queries(little)
    assert set(found) == set(TABS)
    assert queries(much) == found
