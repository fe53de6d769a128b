"""The Associated Campaigns tab of a lead (decision 47)."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services
from config.core.accounts import roles
from leads import lifecycle
from leads.figures.statistics import LeadNumbers
from leads.models import Lead
from leads.views import associated
from leads.views.chart import DailyChart
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
ADDRESS = "jo+news@müller.de"
NO_OTHER = "has come in only once among the leads that you see."


@pytest.fixture
def autumn(make_campaign):
    return make_campaign("Autumn")


@pytest.fixture
def jo(campaign, make_leads) -> Lead:
    return make_leads(campaign, email=ADDRESS)[0]


@pytest.fixture
def others(jo, campaign, autumn, make_leads) -> list[Lead]:
    """Leads of the same person: one of the same campaign, and then two of another one."""
    same = make_leads(campaign, email="Jo+News@xn--mller-kva.de")
    return [*same, *make_leads(autumn, 2, email=" JO+news@MÜLLER.de")]


def tab(reader, lead: Lead, role: str = roles.ADMIN, query: str = ""):
    return reader(role).get(f"/v2/leads/{lead.pk}/associated_campaigns{query}")


def listed(page) -> list[int]:
    return [int(pk) for pk in re.findall(r'/v2/leads/(\d+)/associated_campaigns">Lead', page.html)]


def test_leads_of_other_campaigns_come_first_and_those_of_the_same_are_marked(jo, others, reader):
    page = tab(reader, jo)
    assert listed(page) == [others[2].pk, others[1].pk, others[0].pk]
    assert f"Lead {others[0].pk} , same campaign" in page.words
    assert page.words.count("same campaign") == 1


def test_a_row_says_where_the_lead_came_from_and_how_it_stands(jo, others, autumn, reader, bob):
    judge_all(autumn)
    lifecycle.flag([others[1].pk], "invalid", actor=bob, reason="Duplicate")
    lifecycle.mark_delivered([others[2].pk], actor=bob)
    Lead.objects.filter(pk=others[2].pk).update(link=autumn.links.get())
    words = tab(reader, jo).words
    assert f"Autumn Lead {others[2].pk} Pat Media Newsletter Email" in words
    assert f"Autumn Lead {others[1].pk} Pat Media —" in words
    assert "Duplicate" in words
    assert "Delivered First delivered" in words


def test_each_campaign_has_its_numbers_with_shares(jo, others, campaign, autumn, reader, bob):
    judge_all(autumn)
    lifecycle.mark_delivered([others[1].pk], actor=bob)
    lifecycle.flag([others[2].pk], "invalid", actor=bob, reason="Duplicate")
    words = tab(reader, jo).words
    assert "Spring 2 0 0.0 % 0 0.0 % 0 0.0 % Shown" in words
    assert "Autumn 2 1 50.0 % 1 50.0 % 1 50.0 % Show" in words


def test_the_days_of_the_leads_campaign_are_drawn_and_those_of_another_on_demand(jo, others, autumn, reader):
    page = tab(reader, jo)
    assert "Leads of Spring by day," in page.words
    assert "2 in all" in page.words
    assert page.html.count("<polyline") == 4
    shown = tab(reader, jo, query=f"?campaign={autumn.pk}")
    assert "Leads of Autumn by day," in shown.words
    assert "Spring 2 0 0.0 % 0 0.0 % 0 0.0 % Show Autumn 2" in shown.words
    today = timezone.localdate()
    assert f"Numbers by day Day Total Valid Invalid Delivered {today.day} {today:%b} 2 0 0 0" in shown.words


@pytest.mark.parametrize("text", ["0", "x", "", "99999999999999999999", "%00", "-1"])
def test_the_days_of_what_is_not_listed_are_not_drawn(text, jo, make_campaign, reader):
    assert "Leads of Spring by day," in tab(reader, jo, query=f"?campaign={text}").words
    assert "Leads of Spring by day," in tab(reader, jo, query=f"?campaign={make_campaign('Winter').pk}").words


def test_the_page_has_neither_inline_script_nor_style(jo, others, reader):
    html = tab(reader, jo).html
    part = html[html.index('<div class="associated">') :]
    assert re.search(r"<script(?![^>]* src=)|\sstyle=|\son[a-z]+=", part[: part.index("</figure>")]) is None


def test_masked_roles_see_the_association_without_the_address(jo, others, reader):
    page = tab(reader, jo, roles.ADMIN_MASKED)
    assert listed(page) == [others[2].pk, others[1].pk, others[0].pk]
    assert [text for text in ("müller", "xn--", "jo+news", "JO") if text in page.html] == []


def test_what_is_outside_the_view_or_deleted_is_not_counted(jo, others, form, currency, make_leads, reader, bob):
    owner = services.create_advertiser("Rival Ltd", actor=bob, autosign_contracts=True)
    theirs = services.create_campaign("Rival", advertiser=owner, currency=currency, start=timezone.now(), actor=bob)
    (foreign,) = make_leads(theirs, email=ADDRESS)
    lifecycle.delete([others[2].pk], actor=bob)
    assert listed(tab(reader, jo)) == [foreign.pk, others[1].pk, others[0].pk]
    page = tab(reader, jo, roles.AGENCY)
    assert listed(page) == [others[1].pk, others[0].pk]
    assert "Rival" not in page.html
    assert "Leads of Spring by day," in tab(reader, jo, roles.AGENCY, query=f"?campaign={theirs.pk}").words
    assert "Autumn 1 0" in page.words


@pytest.mark.parametrize("role", roles.LABELS)
def test_the_tab_is_for_those_who_manage_campaigns(role, jo, reader):
    assert tab(reader, jo, role).status == (200 if role in roles.MANAGES_CAMPAIGNS else 403)


def test_a_lead_without_address_says_so(campaign, make_leads, reader):
    without, _ = make_leads(campaign, 2, email="")
    words = tab(reader, without).words
    assert "This lead has no e-mail address, and leads are associated by it." in words
    assert "Leads of this campaign" in words
    assert "Add the address under Edit Data" in words
    assert "Edit Data" not in tab(reader, without, roles.ADMIN_MASKED).words, "which that role may not"


def test_an_address_that_came_in_once_says_so(jo, reader):
    assert f"{ADDRESS} {NO_OTHER}" in tab(reader, jo).words
    assert f"Its e-mail address {NO_OTHER}" in tab(reader, jo, roles.ADMIN_MASKED).words


def test_more_than_are_shown_are_on_the_list(jo, others, reader, monkeypatch):
    monkeypatch.setattr(associated, "SHOWN", 2)
    page = tab(reader, jo)
    assert listed(page) == [others[2].pk, others[1].pk]
    assert 'href="/v2/leads?email=jo%2Bnews%40m%C3%BCller.de"' in page.html
    assert len(reader().get("/v2/leads?email=jo%2Bnews%40m%C3%BCller.de").rows) == 4
    masked = tab(reader, jo, roles.ADMIN_MASKED)
    assert "There are more than these." in masked.words
    assert "/v2/leads?email=" not in masked.html


def test_no_more_than_the_newest_are_looked_at(jo, others, reader, monkeypatch):
    monkeypatch.setattr(associated, "LOOKED_AT", 1)
    assert listed(tab(reader, jo)) == [others[2].pk]


def test_more_leads_and_campaigns_take_no_more_queries(jo, others, make_campaign, make_leads, reader, bob):
    def queries(role: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert tab(reader, jo, role).status == 200
        return len(found)

    few = {role: queries(role) for role in (roles.ADMIN, roles.ADMIN_MASKED, roles.AGENCY)}
    lifecycle.flag([others[0].pk], "invalid", actor=bob, reason="typed by hand")
    one_flagged = {role: queries(role) for role in few}
    for _ in range(3):
        more = make_leads(make_campaign(), 2, email=ADDRESS)
        lifecycle.flag([lead.pk for lead in more], "invalid", actor=bob, reason="typed by hand")
    assert {role: queries(role) for role in few} == one_flagged
    assert all(one_flagged[role] - few[role] <= 2 for role in few), "names and reasons are read once"


def test_the_axis_of_a_chart_ends_in_round_numbers():
    def top(most: int) -> tuple[int, int]:
        chart = DailyChart([date(2026, 1, 1)], {date(2026, 1, 1): LeadNumbers(total=most)})
        return chart.top, chart.middle

    assert [top(most) for most in (0, 1, 3, 5, 10, 11, 12_345_678)] == [
        (2, 1), (2, 1), (4, 2), (10, 5), (10, 5), (20, 10), (20_000_000, 10_000_000),
    ]  # fmt: skip


def test_a_chart_has_a_point_for_each_day():
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    chart = DailyChart(days, {days[1]: LeadNumbers(total=2, valid=1)})
    lines = {line.key: line.points for line in chart.series}
    assert lines["total"] == "0.0,120.0 300.0,0.0 600.0,120.0"
    assert lines["valid"] == "0.0,120.0 300.0,60.0 600.0,120.0"
