"""The figures above lists of leads: of all, or of what the filters select."""

from urllib.parse import urlencode

import pytest

from config.core.accounts import roles
from leads import figures, lifecycle
from leads.lifecycle import tallies
from leads.models import Lead
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
FILTERS = [
    {}, {"current_status": "valid"}, {"current_status": ["valid", "invalid"]}, {"current_status!": "invalid"}, {"created": "today"},
    {"created": "yesterday"}, {"delivery": "delivered", "billable": "yes"}, {"email": "ann"}, {"name!": "ann"}, {"company~": "& co"},
    {"field.company": "Acme & Co"}, {"search": "acme"},
]  # fmt: skip
"""Filters by keys of the tallies, by an index, and bounded ones."""


@pytest.fixture
def some(campaign, make_leads, bob):
    people = [("ann", "Acme & Co"), ("ann", "Beta"), ("bob", "Acme & Co"), ("cy", ""), ("di", "acme ltd")]
    leads = [
        make_leads(campaign, firstName=name, email=f"{name}{n}@example.com", company=company)[0] for n, (name, company) in enumerate(people)
    ]
    judge_all(campaign)
    lifecycle.flag([leads[1].pk, leads[4].pk], "invalid", actor=bob, reason="Wrong person")
    lifecycle.mark_delivered([leads[0].pk], actor=bob)
    tallies.fold()
    return leads


def counted(ids: list[int]) -> str:
    leads = Lead.objects.filter(pk__in=ids)
    numbers = {
        "Valid": leads.filter(current_status="valid").count(),
        "Invalid": leads.filter(current_status="invalid").count(),
        "Delivered": leads.filter(delivery_status="delivered").count(),
    }
    shares = [f"{label} {n} {round(100 * n / len(ids)) if ids else 0} %" for label, n in numbers.items()]
    return " ".join(shares)


def test_the_figures_of_a_filter_are_those_of_the_leads_that_the_list_shows(reader, some):
    admin = reader(roles.ADMIN)
    for filters in FILTERS:
        query = urlencode({**filters, "figures": "filtered"}, doseq=True)
        ids = admin.get(f"/v2/leads?{query}").ids
        told = admin.get(f"/v2/leads/figures?{query}").words
        assert (filters, told[: told.index(" ", 6)]) == (filters, f"Total {len(ids)}")
        assert told.endswith(counted(ids).replace("0 0 %", "0 —")) or told.endswith(counted(ids)), (filters, told)


def test_more_than_are_counted_is_said(reader, some, monkeypatch):
    monkeypatch.setattr(figures, "COUNT_CAP", 2)
    monkeypatch.setattr(figures, "LOOKED_AT", 3)
    admin = reader(roles.ADMIN)
    assert admin.get("/v2/leads/figures?figures=filtered&email=").words.startswith("Total 5 that match")
    assert "of many: 2 are counted" in admin.get("/v2/leads/figures?figures=filtered&email=ann&email=bob").words
    assert admin.get("/v2/leads/figures?figures=filtered&company~=acme").words.startswith("Total 2 that match among the newest 3")


def test_a_campaign_has_figures_of_its_own(reader, campaign, some):
    admin = reader(roles.ADMIN)
    path = f"/v2/campaigns/{campaign.pk}/leads"
    assert "Billable 1 20 %" in admin.get(path).words
    following = admin.get(f"{path}?figures=filtered&current_status=invalid").html
    assert f'hx-get="{path}/figures?figures=filtered&amp;current_status=invalid"' in following
    assert admin.get(f"{path}/figures?figures=filtered&current_status=invalid").words.startswith("Total 2 that match")
    assert admin.get("/v2/campaigns/999999/leads/figures").status == 404


def test_what_is_not_understood_selects_nothing(reader, some):
    admin = reader(roles.ADMIN)
    assert admin.get("/v2/leads/figures?figures=filtered&colour=red").words.startswith("Total 0 nothing is selected")
    page = admin.get("/v2/leads?figures=some")
    assert (page.ids, "“some” says no leads that the figures could be of." in page.words) == ([], True)


def test_the_switch_keeps_the_filters_and_the_filters_keep_the_switch(reader, some):
    admin = reader(roles.ADMIN)
    assert 'href="/v2/leads?current_status=valid&amp;figures=filtered"' in admin.get("/v2/leads?current_status=valid").html
    html = admin.get("/v2/leads?current_status=valid&figures=filtered").html
    assert 'href="/v2/leads?current_status=valid"' in html
    assert '<input type="hidden" name="figures" value="filtered">' in html
    fragment = admin.client.get("/v2/leads?current_status=valid&figures=filtered", headers={"hx-request": "true"}).content.decode()
    assert 'id="figures-switch" href="/v2/leads?current_status=valid" hx-swap-oob="true"' in fragment
    assert 'hx-get="/v2/leads/figures?current_status=valid&amp;figures=filtered"' in fragment


def test_searches_and_actions_know_the_switch(reader, some):
    admin = reader(roles.ADMIN)
    began = admin.post("/v2/leads/searches", query="company~=acme&figures=filtered")
    assert (began.status, "Company: contains acme" in began.words) == (200, True), began.words
    query = "current_status=invalid&figures=filtered"
    assert "Reprocess all 2 leads that match" in admin.post("/v2/leads/reprocess", query=query, all="1").words
