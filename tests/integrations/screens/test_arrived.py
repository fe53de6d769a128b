"""Deliveries that arrived while its lead was not Valid: listed, counted, dismissed, and never sent again by that."""

import pytest

from campaigns import services as campaigns
from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations import services
from integrations.models import Delivery
from leads.models import LeadNote
from tests.integrations.screens.conftest import invalid

pytestmark = pytest.mark.django_db

LIST = "/v2/deliveries/needs-a-person/arrived"
DISMISS = f"{LIST}/dismiss"


@pytest.fixture
def two(crm, deliver) -> list[Delivery]:
    made = deliver(crm, 2, state="sent", arrived_while_not_valid=True)
    invalid(*(delivery.lead for delivery in made))
    return made


def marked() -> int:
    return Delivery.objects.filter(arrived_while_not_valid=True).count()


def test_an_empty_list_says_what_would_come_here(reader):
    assert "Nothing arrived while its lead was not Valid" in reader().get(LIST).words


def test_each_row_says_the_lead_its_status_and_the_integration(two, reader):
    admin = reader()
    page = admin.get(LIST)
    assert [(row["Lead"], row["Lead is now"], row["Integration"], row["Campaign"]) for row in page.rows] == [
        (str(delivery.lead_id), "Invalid", "CRM", "Spring") for delivery in reversed(two)
    ]
    assert f'href="/v2/leads/{two[0].lead_id}"' in page.html
    assert len(admin.get(f"{LIST}?lead={two[0].lead_id}").rows) == 1
    assert "Arrived while not Valid 2" in admin.get("/v2/deliveries/needs-a-person").words


def test_dismissed_ones_lose_their_mark_with_a_note_and_stay_sent(two, reader):
    page = reader().post(DISMISS, id=[two[0].pk, "x", "99999999999999999999", 10**9])
    assert "1 dismissed. 1 skipped" in page.words
    first = Delivery.objects.get(pk=two[0].pk)
    assert (first.arrived_while_not_valid, first.state, marked()) == (False, "sent", 1)
    note = LeadNote.objects.filter(lead_id=first.lead_id, kind=LeadNote.Kind.DELIVERY).latest("pk")
    assert note.changes == [["Delivery to CRM", "Arrived while not Valid", "Dismissed"]]
    assert AuditEntry.objects.get(action="arrivals dismissed").after["deliveries"] == [first.pk]


def test_nothing_chosen_and_what_was_dismissed_already(two, reader, bob):
    assert "choose at least one" in reader().post(DISMISS).words
    services.dismiss([two[0].pk], actor=bob)
    assert "None dismissed" in reader().post(DISMISS, id=two[0].pk).words
    assert marked() == 1


def test_others_see_and_dismiss_only_their_own(two, campaign, integrate, deliver, reader, bob, currency):
    other = campaigns.create_advertiser("Other", actor=bob)
    foreign = campaigns.create_campaign("Foreign", advertiser=other, currency=currency, start=campaign.start, actor=bob)
    (theirs,) = deliver(integrate("Desk", on=foreign), state="sent", arrived_while_not_valid=True)
    agency = reader(roles.AGENCY)
    assert len(agency.get(LIST).rows) == 2
    assert "None dismissed" in agency.post(DISMISS, id=theirs.pk).words
    assert marked() == 3
    assert reader(roles.PUBLISHER).get(LIST).status == 403
