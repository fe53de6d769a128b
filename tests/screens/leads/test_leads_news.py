"""The polls of the Leads page: the number of new leads, and the verdicts it waits for."""

import pytest

from campaigns import services
from config.core.accounts import roles
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db


def test_new_leads_are_counted_under_the_pages_own_filters(campaign, make_campaign, make_leads, reader):
    (seen,) = make_leads(campaign)
    make_leads(campaign, 3)
    make_leads(make_campaign("Other"), 4)
    screen = reader()
    assert screen.get(f"/v2/leads/new?since={seen.pk}").words == "7 new leads · Show"
    assert screen.get(f"/v2/leads/new?since={seen.pk}&campaign={campaign.pk}").words == "3 new leads · Show"
    assert screen.get(f"/v2/campaigns/{campaign.pk}/leads/new?since={seen.pk}").words == "3 new leads · Show"
    assert screen.get(f"/v2/leads/new?since={seen.pk + 6}").words == "1 new lead · Show"
    assert screen.get(f"/v2/leads/new?since={seen.pk + 7}").words == ""


def test_show_leads_to_the_filtered_list_in_place(campaign, make_leads, reader):
    (seen, _) = make_leads(campaign, 2)
    page = reader().get(f"/v2/leads/new?since={seen.pk}&awaited={seen.pk}&current_status=pending")
    assert 'hx-get="/v2/leads?current_status=pending"' in page.html
    assert 'hx-target="#list"' in page.html


def test_more_than_a_hundred_are_not_counted_on(campaign, make_leads, reader):
    (seen,) = make_leads(campaign)
    make_leads(campaign, 101)
    assert reader().get(f"/v2/leads/new?since={seen.pk}").words == "100+ new leads · Show"


@pytest.mark.parametrize("asked", ["", "since=x", "since=1&colour=red", "since=1&email=a&email=b", "since=99999999999999999999999"])
def test_a_question_that_is_not_understood_announces_nothing(campaign, make_leads, reader, asked):
    make_leads(campaign, 2)
    page = reader().get(f"/v2/leads/new?{asked}")
    assert (page.status, page.words) == (200, "")


def test_the_page_waits_for_leads_that_are_not_judged_and_is_told_their_verdict(campaign, make_leads, reader):
    (lead,) = make_leads(campaign)
    screen = reader().with_columns()
    assert f'name="awaited" value="{lead.pk}"' in screen.get("/v2/leads").html
    assert screen.get(f"/v2/leads/new?since={lead.pk}&awaited={lead.pk}").words == ""
    judge_all(campaign)
    told = screen.get(f"/v2/leads/new?since={lead.pk}&awaited={lead.pk}")
    assert told.html.count('hx-swap-oob="outerHTML"') == 4
    assert told.words.startswith("Valid Valid 10 of 10 points, 100 %")
    assert told.words.endswith("Complete No")
    assert 'name="awaited" value' not in screen.get("/v2/leads").html


def test_a_lead_outside_ones_view_is_never_told_of(campaign, make_leads, bob, reader):
    rival = services.create_publisher("Rival", actor=bob)
    (lead,) = make_leads(campaign, publisher=rival)
    judge_all(campaign)
    assert reader(roles.PUBLISHER).get(f"/v2/leads/new?since=0&awaited={lead.pk}").words == ""


def test_nobody_learns_through_news_what_is_masked_for_them(campaign, make_leads, reader):
    make_leads(campaign, email="jo@example.com")
    assert reader(roles.ADMIN_MASKED).get("/v2/leads/new?since=0&email=jo").words == ""


def test_one_query_by_id_answers_whatever_arrived(campaign, make_leads, reader):
    waiting = make_leads(campaign, 30)
    judge_all(campaign)
    make_leads(campaign, 30)
    asked = "&".join(f"awaited={lead.pk}" for lead in waiting)
    queries = reader().queries(f"/v2/leads/new?since={waiting[-1].pk}&{asked}")
    assert len([sql for sql in queries if "leads_" in sql]) == 1
