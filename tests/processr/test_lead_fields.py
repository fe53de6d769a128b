"""The fields that jobs and value transforms fill in: lists of leads offer them as filters and columns, by their names."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services
from config.core.accounts import roles
from leads.filters import filters_for
from leads.selectors import leads_for
from leads.views.column_choice import LeadColumnChoice
from processr.models import ValueTransform
from tests.cast import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(campaign, make_campaign, add_job) -> None:
    add_job(campaign, "email_domain_facts")
    add_job(campaign, "email_domain_facts", config={"field": "workEmail", "names_begin_with": "work"})
    for n, owner in enumerate((campaign, campaign, make_campaign("Without transforms"))):
        owner.use_value_transforms = owner == campaign
        owner.save(update_fields=["use_value_transforms"])
        ValueTransform.objects.create(
            campaign=owner, type="transform", label=f"Size {n}", source_field="a", new_field=f"size{n}", config={"values": {}}
        )


def offered(who, campaign=None) -> dict[str, str]:
    filters = filters_for(who, campaign=campaign)({}, leads_for(who), request=SimpleNamespace(user=who))
    return {offer.name: offer.label for offer in filters.offers() if offer.name.startswith(("transformed:", "enriched:"))}


def test_made_fields_are_offered_as_filters_and_columns(campaign, make_campaign, made):
    admin = make_user(roles.ADMIN)
    names = offered(admin)
    assert names["transformed:size1"] == "size1 (transformed)"
    assert "transformed:size2" not in names
    enriched = [name for name in names if name.startswith("enriched:")]
    assert len(enriched) == 2 * len([name for name in enriched if name.startswith("enriched:work")]) > 0
    assert names.items() <= LeadColumnChoice(admin).offered().items()
    assert offered(admin, campaign) == names
    assert offered(admin, make_campaign("Another")) == {}


def test_made_fields_are_offered_to_those_who_may_use_them(campaign, made, pat, acme, bob):
    masked, publisher, outsider = make_user(roles.ADMIN_MASKED), make_user(roles.PUBLISHER), make_user(roles.AGENCY)
    services.add_member(publisher, pat, actor=bob)
    services.add_member(outsider, services.create_agency("Elsewhere", advertisers=[], actor=bob), actor=bob)
    assert offered(masked) == offered(publisher) == offered(outsider) == {}
    assert "transformed:size1" in LeadColumnChoice(masked).offered()
    assert "transformed:size1" not in LeadColumnChoice(publisher).offered()


def test_many_jobs_cost_the_lists_no_more_queries(campaign, add_job, made):
    admin = make_user(roles.ADMIN)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            offered(admin)
        return len(captured)

    few = queries()
    for n in range(5):
        add_job(campaign, "email_domain_facts", config={"field": "email", "names_begin_with": f"n{n}"})
    assert queries() == few
    assert len(offered(admin)) > 5
