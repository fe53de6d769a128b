"""Selected leads of a list: what each role may do with them, and the ids that “all that match” are."""

import pytest
from django.utils.html import escape

from campaigns import services
from config.core.accounts import roles
from leads import search
from leads.bulk import AT_ONCE
from leads.models import BulkAction, BulkChunk, Lead
from leads.views import selection
from leads.views.lead_list import LeadsList
from leads.views.selection import actions_for
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db

CAUTION = "current_status=caution"
REPROCESS, FLAG = "/v2/leads/reprocess", "/v2/leads/flag"


@pytest.fixture
def cautions(campaign, make_leads) -> list[Lead]:
    leads = make_leads(campaign, 3)
    judge_all(campaign, "caution")
    return leads


def frozen() -> list[int]:
    return [pk for chunk in BulkChunk.objects.order_by("position") for pk in chunk.lead_ids]


def test_all_that_match_are_those_that_match_when_it_is_confirmed(campaign, make_campaign, cautions, make_leads, reader):
    other = make_campaign("Autumn")
    elsewhere = make_leads(other)
    judge_all(other, "caution")
    valid = make_leads(campaign, 2)
    judge_all(campaign)
    admin = reader()
    of_campaign = f"/v2/campaigns/{campaign.pk}/leads/reprocess"
    asked = admin.client.post(of_campaign, {"all": "1", "query": f"{CAUTION}&sort=-id&per_page=25", "id": valid[0].pk}).content.decode()
    assert "Reprocess all 3 leads that match" in asked
    assert "Caution" in asked
    assert not BulkAction.objects.exists()

    moved = make_leads(campaign)
    judge_all(campaign, "caution")
    answer = admin.client.post(of_campaign, {"all": "1", "query": CAUTION, "confirm": "1"})
    action = BulkAction.objects.get()
    assert answer["Location"] == f"/v2/leads/actions/{action.pk}"
    assert frozen() == [lead.pk for lead in (*cautions, *moved)]
    assert elsewhere[0].pk not in frozen()
    assert action.selection_source == {"filters": {"current_status": ["caution"]}, "campaign": campaign.pk}
    assert (action.done, action.state) == (4, "done"), "a few are processed within the request"


def test_what_is_searched_for_is_not_recorded_with_the_action(cautions, reader):
    query = f"email={cautions[0].email}&{CAUTION}"
    reader().client.post(REPROCESS, {"all": "1", "query": query, "confirm": "1"})
    action = BulkAction.objects.get()
    assert frozen() == [cautions[0].pk]
    assert action.selection_source == {"filters": {"email": "(not recorded)", "current_status": ["caution"]}}


@pytest.mark.parametrize(
    ("role", "query", "why"),
    [
        (roles.ADMIN, "current_status=caution&colour=red", "“colour” is not a filter of this list."),
        (roles.ADMIN, "current_status=orange", "orange"),
        (roles.ADMIN_MASKED, "email=a", "masked for your role"),
    ],
)
def test_a_filter_that_is_not_understood_selects_nothing(cautions, reader, role, query, why):
    admin = reader(role)
    for address in (REPROCESS, FLAG):
        words = admin.post(address, all="1", query=query, confirm="1").words
        assert why in words
        assert words.count("Nothing was") == 1
    assert not BulkAction.objects.exists()


def test_nothing_is_selected_by_no_tick_no_id_and_more_than_a_page(cautions, reader):
    admin = reader()
    for ids in ([], ["", "0", "-1", "1 OR 1", "٣", str(2**63)], [*range(1, 102)]):
        for address in (REPROCESS, FLAG):
            answer = admin.client.post(address, {"id": ids, "confirm": "1"}, follow=True)
            assert "Select at" in answer.content.decode()
    assert not BulkAction.objects.exists()


def test_a_lead_of_somebody_else_is_not_found(campaign, make_campaign, cautions, make_leads, reader, bob):
    theirs = make_campaign("Theirs")
    type(theirs).objects.filter(pk=theirs.pk).update(advertiser=services.create_advertiser("Rival", actor=bob))
    (foreign,) = make_leads(theirs)
    judge_all(theirs, "caution")
    agency = reader(roles.AGENCY)
    ids = [cautions[0].pk, foreign.pk, 2**62]
    asked = agency.client.post(REPROCESS, {"id": ids}).content.decode()
    assert "1 will be queued for another run" in asked
    assert "2 will be skipped: not found" in asked
    agency.client.post(REPROCESS, {"id": ids, "confirm": "1"})
    assert list(Lead.objects.filter(processr_status="waiting").values_list("pk", flat=True)) == [cautions[0].pk]
    agency.client.post(REPROCESS, {"all": "1", "query": "", "confirm": "1"})
    assert foreign.pk not in BulkChunk.objects.latest("pk").lead_ids
    assert agency.client.post(f"/v2/campaigns/{theirs.pk}/leads/reprocess", {"all": "1"}).status_code == 404


def test_the_bar_offers_what_the_role_may_do_and_says_how_many_match(campaign, cautions, make_leads, member, reader, monkeypatch):
    managers = dict.fromkeys(roles.MANAGES_CAMPAIGNS, (3, 3))
    offered = {role: tuple(len(actions_for(member(role), place)) for place in (None, campaign)) for role in roles.ALL}
    assert offered == dict.fromkeys(roles.ALL, (0, 0)) | managers | {roles.AGENCY_CALL_CENTRE: (0, 2)}
    for role, shown in ((roles.ADVERTISER, False), (roles.SUPER, True)):
        html = reader(role).get("/v2/leads").html
        assert [part in html for part in ('name="id"', 'id="selected"', "data-flags>Flag</button>", "Reprocess…</button>")] == [shown] * 4

    make_leads(campaign)
    admin = reader()
    assert "Select all 3 matching" in admin.get(f"/v2/leads?{CAUTION}").html
    assert "Select all 4<" in admin.get("/v2/leads").html
    assert "Select all 4 matching" in admin.get("/v2/leads?company.is=empty").html
    monkeypatch.setattr(LeadsList, "count", lambda *_: (10_000, False))
    assert "Select all matching (10,000+)" in admin.get(f"/v2/leads?{CAUTION}").html
    assert "Reprocess all 10,000+ leads that match" in admin.client.post(REPROCESS, {"all": "1", "query": CAUTION}).content.decode()


def test_a_form_for_all_that_match_is_for_a_few(campaign, cautions, make_leads, reader):
    admin = reader()
    assert "Flag 3 leads" in admin.client.post(FLAG, {"all": "1", "query": CAUTION}).content.decode()
    make_leads(campaign, AT_ONCE)
    assert escape(f"Select at most {AT_ONCE} leads for this.") in admin.client.post(FLAG, {"all": "1"}, follow=True).content.decode()


def test_all_that_a_bounded_filter_finds_are_selected_where_the_list_is_short_enough_to_count_them(
    cautions, make_leads, campaign, reader, monkeypatch
):
    make_leads(campaign, 1, company="Beta")
    admin, query = reader(), "company~=bet"
    assert "Reprocess all 1 lead" in admin.post(REPROCESS, all="1", query=query).words
    monkeypatch.setattr(selection, "count_capped", lambda *_: (10_000, False))
    assert "Search all leads by them first" in admin.post(REPROCESS, all="1", query=query).words


def test_a_search_that_finds_too_many_selects_none(cautions, reader, monkeypatch):
    monkeypatch.setattr(search, "FOUND_AT_MOST", 2)
    admin = reader()
    refused = admin.post(REPROCESS, all="1", query="search=example").words
    assert "Not all that match can be selected. More than 2 leads match" in refused
    assert not BulkAction.objects.exists()
