"""The call centre: Valid leads of the campaigns of its agency that are open to it, and nothing else (decision 33)."""

import pytest

from campaigns import services
from campaigns.extension_points import Figures
from campaigns.models import Campaign
from campaigns.selectors import campaigns_for, publishers_for
from config.core.accounts import roles
from leads import figures, lifecycle
from leads.lifecycle import tallies
from leads.models import Lead
from leads.selectors import leads_for
from tests.leads.acts import judge_all
from tests.processr.api.program import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(reader):
    return reader(roles.AGENCY_CALL_CENTRE)


@pytest.fixture
def worlds(make_campaign, bob):
    """Campaigns by name: of the agency and open to the call centre, of the agency alone, and open but of somebody else."""
    rival = services.create_advertiser("Rival", actor=bob)
    worlds = {name: make_campaign(name) for name in ("Open", "Closed", "Theirs")}
    Campaign.objects.exclude(name="Closed").update(call_centre=True)
    Campaign.objects.filter(name="Theirs").update(advertiser=rival)
    return worlds


def test_the_call_centre_sees_valid_leads_of_open_campaigns_of_its_agency(worlds, make_leads, centre, bob, member):
    kept, flagged, tested, deleted = make_leads(worlds["Open"], 4)
    others = [*make_leads(worlds["Closed"]), *make_leads(worlds["Theirs"])]
    for campaign in worlds.values():
        judge_all(campaign)
    (waiting,) = make_leads(worlds["Open"])
    lifecycle.flag([flagged.pk], "invalid", actor=bob, reason="Returned")
    lifecycle.flag([tested.pk], "test", actor=bob, reason="Ours")
    lifecycle.delete([deleted.pk], actor=bob)
    hidden = [flagged, waiting, tested, deleted, *others]

    assert centre.get("/v2/leads").ids == centre.get(f"/v2/campaigns/{worlds['Open'].pk}/leads").ids == [kept.pk]
    for fold in (lambda: None, tallies.fold):
        fold()
        assert "1 lead" in centre.get("/v2/leads").words
        assert tallies.count_for(centre.user) == 1
        for status in ("invalid", "test", "pending", "caution"):
            assert tallies.count_for(centre.user, current_status=status) == 0
        seen = figures.of_campaign(centre.user, worlds["Open"].pk)
        assert (seen.total, seen.valid, seen.invalid) == (1, 1, 0)
        assert all(figures.of_campaign(centre.user, worlds[name].pk) == Figures() for name in ("Closed", "Theirs"))
    program = Program(centre.user)
    for lead, status in ((kept, 200), *((lead, 404) for lead in hidden)):
        for address in ("", "/notes", "/profile"):
            assert centre.get(f"/v2/leads/{lead.pk}{address}").status == status
        assert centre.get(f"/v2/leads/{lead.pk}/job_details").status == 403
        assert program.get(f"lead-explanations/{lead.pk}").status_code == 403
    assert list(campaigns_for(centre.user)) == [worlds["Open"]]
    assert [centre.get(f"/v2/campaigns/{one.pk}").status for one in worlds.values()] == [200, 404, 404]
    assert publishers_for(centre.user).count() == 1
    agency = member(roles.AGENCY)
    assert leads_for(agency).count() == 5  # all but the deleted one and that of somebody else
    assert set(campaigns_for(agency)) == {worlds["Open"], worlds["Closed"]}

    Campaign.objects.update(call_centre=False)
    assert not leads_for(centre.user).exists()
    assert not publishers_for(centre.user).exists()
    assert (tallies.count_for(centre.user), centre.get(f"/v2/leads/{kept.pk}").status) == (0, 404)
    assert Lead.objects.filter(current_status="valid", deleted_at=None).count() == 3


def test_empty_pages_name_the_switch_that_opens_a_campaign(worlds, centre):
    Campaign.objects.update(call_centre=False)
    assert ["“Call centre” of the campaign" in centre.get(address).words for address in ("/v2/leads", "/v2/campaigns")] == [True, True]
