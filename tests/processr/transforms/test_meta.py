"""The facts of a lead besides its form."""

from datetime import UTC, datetime

import pytest

from config.core import enterprise
from config.core.models import Enterprise
from leads.models import Lead
from processr.job_types.lead import NAMES, meta_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [("UTC", "2026-01-31", "2026-01-31 23:30:00"), ("Asia/Tokyo", "2026-02-01", "2026-02-01 08:30:00"), ("America/New_York", "2026-01-31", "2026-01-31 18:30:00")],
)  # fmt: skip
def test_the_day_a_lead_came_is_the_enterprises(campaign, make_leads, zone, day, moment):
    (lead,) = make_leads(campaign)
    Enterprise.objects.update(zone=zone)
    enterprise.forget()
    lead.created_at = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    known = meta_of(lead)
    assert (known["createdDate"], known["createdTs"]) == (day, moment)


def test_all_of_it_is_text_under_the_names_that_are_offered_and_the_hash_is_not_among_it(campaign, make_leads):
    (lead,) = make_leads(campaign, publisher=None)
    for one in (lead, Lead.objects.get()):
        known = meta_of(one)
        assert known.keys() == NAMES.keys()
        assert all(isinstance(value, str) for value in known.values())
        assert one.lead_hash not in known.values()
    assert (known["emailDomain"], known["publisherId"], known["id"]) == ("@example.com", "", str(lead.pk))


def test_of_a_lead_without_an_address_there_is_no_domain(campaign, make_leads):
    assert meta_of(make_leads(campaign, email="")[0])["emailDomain"] == ""
