"""The filters of the Leads page: every column, several values and none of them, presets, fields, and how far a page looks."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils import timezone

from config.core import enterprise
from config.core.accounts import roles
from config.core.background import runs
from config.core.lists import bounded
from config.core.models import Enterprise
from leads import full_search, lifecycle
from leads.columns.bounded_filters import ChoicesFilter
from leads.filters import filters_for, filters_of
from leads.models import FoundLead, FullSearch, Lead
from leads.views import lead_list
from leads.views.column_choice import is_personal
from processr.services import add_job
from tests.leads.acts import judge_all
from tests.processr.api.program import Program

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(campaign, make_leads, bob) -> Lead:
    (lead,) = make_leads(campaign, firstName="Ann", company="Größe & Söhne 100%", email="ann@example.com", telephone="+44 7700 900123")
    judge_all(campaign)
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="Returned: 50% (late)")
    Lead.objects.filter(pk=lead.pk).update(
        transformed={"company": "Groesse"}, enriched={"size": 7}, failed_jobs=[add_job(campaign, "test_data", actor=bob).pk]
    )
    return lead


@pytest.fixture
def ben(make_campaign, make_leads, bob) -> Lead:
    other = make_campaign("Autumn")
    (lead,) = make_leads(other, firstName="Ben", company="ACME", email="ben@example.org", telephone="020 7946 0958")
    Lead.objects.filter(pk=lead.pk).update(failed_jobs=[add_job(other, "test_data", actor=bob).pk])
    return lead


@pytest.fixture
def cat(campaign, make_leads) -> Lead:
    return make_leads(campaign, firstName="", company="", email="cat@example.com")[0]


@pytest.mark.sql
@pytest.mark.sql
def test_each_way_to_compare_finds_what_it_says(ann, ben, cat, reader):
    screen = reader()
    for asked, expected in {
        "current_status=invalid&current_status=pending": [cat, ben, ann],
        "current_status[]=invalid&current_status[]=valid": [ann],
        "current_status!=invalid&current_status!=valid": [cat, ben],
        "current_status=invalid&current_status!=invalid": [],
        f"campaign={ben.campaign_id}&campaign={ann.campaign_id}": [cat, ben, ann],
        f"campaign!={ben.campaign_id}": [cat, ann],
        f"id={ann.pk}&id={cat.pk}": [cat, ann],
        "email=ann&email=BEN@": [ben, ann],
        "email!=ann": [cat, ben],
        "email~=EXAMPLE.com": [cat, ann],
        "phone~=7946 09": [ben],
        "phone~=no digits": [],
        "phone!=no digits": [cat, ben, ann],
        "second_check=none": [cat, ben],
        "second_check!=none": [ann],
        "qa_status=none": [cat, ben],
        "processr_status=complete": [ann],
        "flag_reason=Returned: 50%25 (late)": [ann],
        "flag_reason^=returned: 50%25": [ann],
        "flag_reason~=_": [],
        "first_name.is=empty": [cat],
        "first_name.is=filled&form~=paper": [ben, ann],
        "form=WHITE PAPER&form!=white paper": [],
        "failed_job=Test Data Check": [ben, ann],
        "failed_job!=Test Data Check": [cat],
        "failed_job= test DATA check": [ben, ann],
        "field.company=groesse": [ann],
        "field.company~=größe": [],
        "captured:company~=100%25": [ann],
        "captured:company^=gröss": [],
        "field.company=ACME&field.company=Groesse": [ben, ann],
        "field.size=7": [ann],
        "field.no such field.is=filled": [],
        "field.no such field.is=empty&created=today": [cat, ben, ann],
    }.items():
        page = screen.get(f"/v2/leads?{asked}")
        assert "Nothing is shown" not in page.words, (asked, page.words)
        assert page.ids == [lead.pk for lead in expected], asked


@pytest.mark.sql
@pytest.mark.parametrize("role", [roles.ADMIN, roles.ADMIN_MASKED, roles.ADVERTISER, roles.ADVERTISER_REPORT])
def test_a_typed_reason_is_found_by_those_alone_who_may_read_it(role, ann, cat, reader, bob):
    lifecycle.flag([cat.pk], "invalid", actor=bob, reason="Duplicate")
    screen = reader(role)
    reads = role == roles.ADMIN
    for billable in (False, True):
        Lead.objects.filter(pk=ann.pk).update(advertiser_billable=billable)
        reads = reads or (billable and role == roles.ADVERTISER_REPORT)
        typed = [ann] if reads else []
        for asked, expected in {
            "flag_reason=Returned: 50%25 (late)": typed,
            "flag_reason=Returned: 50%25 (late)&flag_reason=Duplicate": [cat, *typed],
            "flag_reason^=returned": typed,
            "flag_reason~=50": typed,
            "flag_reason!=returned: 50%25 (late)": [cat] if reads else [cat, ann],
            "flag_reason!=duplicate": [ann],
            "flag_reason=Duplicate": [cat],
            "flag_reason^=dupl": [cat],
            "flag_reason.is=filled": [cat, ann],
        }.items():
            assert screen.get(f"/v2/leads?{asked}").ids == [lead.pk for lead in expected], (asked, billable)


def test_a_typed_reason_stays_out_of_shared_views():
    assert [name for name in ("flag_reason", "flag_reason~", "flag_reason^") if not is_personal(name)] == []


def test_what_is_not_understood_is_named_and_selects_nothing(ann, reader):
    screen, publisher = reader(), reader(roles.PUBLISHER)
    for asked, said in {
        "colour!=red": "“colour!” is not a filter of this list.",
        "colour=": "“colour” is not a filter of this list.",
        "captured:=x": "“captured:” is not a filter of this list.",
        "sold:company=x": "“sold:company” is not a filter of this list.",
        "field.=x": "“field.” is not a filter of this list.",
        "form?=x": "“form?” is not a filter of this list.",
        "score~=5": "“score~” is not a filter of this list.",
        "current_status!=good": "Current Status is not: Select a valid choice. good is not one",
        "campaign=99999999999": "Campaign: “99999999999” is none that you see.",
        "created=tomorrow": "Date: Select a valid choice. tomorrow",
        "created=today&created_after=2026-01-01": "Date: Choose a preset or days, not both.",
        "created=today&created=yesterday": "Date: given more than once.",
        "created_after=2026-02-01&created_before=2026-01-31": "Date: The first day is after the last one.",
        "score_min=5&score_max=4": "Score: The least is more than the most.",
        "billable=yes&billable=no": "Billable: given more than once.",
        "first_name.is=perhaps": "First Name is: Select a valid choice.",
        "failed_job=No such job": "Failed Jobs: No job that you see is called “No such job”.",
        "found=7": "Found By: You have no search “7”.",
        "field.company=a%00": "company is exactly: Null characters are not allowed.",
        "add=&add=%00": "is not a filter of this list.",
    }.items():
        page = screen.get(f"/v2/leads?{asked}")
        assert page.ids == [], asked
        assert said in page.words, (asked, page.words)
    assert "“transformed:company” is not a filter" in publisher.get("/v2/leads?transformed:company=Groesse").words
    assert publisher.get("/v2/leads?field.company=groesse").ids == [], "a publisher sees what it captured"


def test_masked_values_are_no_way_asked_after(ann, reader):
    for role in (roles.ADMIN_MASKED, roles.ADVERTISER_REPORT, roles.ADVERTISER):
        screen = reader(role)
        for name in (
            "email~",
            "email.is",
            "phone!",
            "first_name",
            "name~",
            "field.company",
            "captured:company~",
            "enriched:size",
            "field.company.is",
        ):
            value = "filled" if name.endswith(".is") else "a"
            page = screen.get(f"/v2/leads?{name}={value}")
            assert (page.ids, "masked for your role" in page.words) == ([], True), (role, name)
        added = screen.client.get("/v2/leads?add=field.company", headers={"HX-Request": "true", "HX-Target": "added"})
        assert added.status_code == 200


def test_days_by_name_are_those_of_the_enterprise(ann, reader, time_machine):
    Enterprise.objects.update(zone="Pacific/Auckland")
    enterprise.forget()
    time_machine.move_to(datetime(2026, 6, 30, 12, 30, tzinfo=UTC), tick=False)  # 1 July, half past midnight
    screen = reader()
    for hours, found in {0: "today last_7_days this_month", 1: "yesterday last_7_days", 6 * 24: "last_7_days", 7 * 24: ""}.items():
        Lead.objects.filter(pk=ann.pk).update(created_at=timezone.now() - timedelta(hours=hours))
        for preset in ("today", "yesterday", "last_7_days", "this_month"):
            page = screen.get(f"/v2/leads?created={preset}&score_min=0")
            assert bool(page.ids) == (preset in found.split()), (hours, preset)
            assert f"Date: {preset.replace('_', ' ')}" in page.words


@pytest.mark.sql
def test_a_count_that_tallies_know_is_exact_without_reading_a_lead(ann, ben, cat, reader):
    screen = reader()
    for asked, total in {
        "current_status=invalid&current_status=pending": 3,
        "current_status!=invalid&current_status=pending": 2,
        f"campaign!={ben.campaign_id}&created=today": 2,
        f"publisher!={ann.publisher_id}": 0,
        f"campaign={ben.campaign_id}&campaign!={ben.campaign_id}&current_status!=valid": 0,
    }.items():
        page = screen.get(f"/v2/leads?{asked}")
        assert len(page.ids) == total
        assert f"of {total}" in page.words or not total
        counts = [sql for sql in screen.queries(f"/v2/leads?{asked}") if "COUNT(" in sql.upper() and 'FROM "leads_lead"' in sql]
        assert counts == []


@pytest.mark.sql
def test_a_page_looks_at_a_limited_number_of_leads_and_goes_on_from_there(campaign, make_leads, reader, monkeypatch):
    monkeypatch.setattr(bounded, "LOOKED_AT", 10)
    leads = make_leads(campaign, 24)
    matching = [leads[n].pk for n in (1, 8, 20, 23)]
    Lead.objects.filter(pk__in=matching).update(enriched={"size": "1"})
    screen = reader()
    for sort in ("-id", "id", "-created_at", "email"):
        address, seen = f"/v2/leads?enriched:size=1&sort={sort}", []
        for n in range(3):
            page = screen.get(address)
            seen += page.ids
            assert ("Looked at 10 leads" in page.words) == (n < 2), page.words
            further = link_to(page, "look-further")
            assert bool(further) == (n < 2)
            address = further
        assert sorted(seen) == sorted(matching)
    first = screen.get("/v2/leads?enriched:size=1&per_page=25")
    assert "2 match so far" in first.words
    assert "back to" in first.words
    assert "2 of 2+" in first.words or "1–2 of 2+" in first.words
    none = screen.get("/v2/leads?enriched:size=2")
    assert "none matches so far" in none.words


def test_a_stored_choice_that_is_empty_has_a_name_in_addresses():
    labelled = ChoicesFilter(lambda _: "replacement_type", label="Replacement", labels={"": "No", "replacement": "Yes"}, nothing="None")
    assert labelled.choices == [("none", "No"), ("replacement", "Yes")]
    assert labelled.stored == {"none": "", "replacement": "replacement"}


def link_to(page, html_id: str) -> str:
    before, found, after = page.html.partition(f'id="{html_id}"')
    return after.partition('href="')[2].partition('"')[0].replace("&amp;", "&") if found else ""


def test_pages_of_a_bounded_filter_lead_there_and_back(campaign, make_leads, reader):
    ids = [lead.pk for lead in make_leads(campaign, 60, company="Acme")][::-1]
    make_leads(campaign, 3, company="Other")
    screen = reader()
    first = screen.get("/v2/leads?field.company=acme&per_page=25")
    assert (first.ids, "1–25 of 60" in first.words) == (ids[:25], True)
    second = screen.get(link_to(first, "next"))
    third = screen.get(link_to(second, "next"))
    assert (second.ids, third.ids) == (ids[25:50], ids[50:])
    assert screen.get(link_to(third, "previous")).ids == second.ids
    assert screen.get(link_to(second, "previous")).ids == first.ids
    assert "1–60 of 60" in screen.get("/v2/leads?field.company=acme&per_page=100").words


def search_all(screen, query: str, **fields: str):
    page = screen.post("/v2/leads/searches", query=query, **fields)
    search = FullSearch.objects.order_by("-pk").first()
    return page, search


@pytest.mark.sql
def test_all_leads_are_searched_in_chunks_once_and_what_was_found_is_frozen(campaign, make_leads, ben, reader, bob, monkeypatch):
    monkeypatch.setattr(full_search, "CHUNK", 5)
    leads = make_leads(campaign, 12, company="Acme")
    lifecycle.delete([leads[3].pk], actor=bob)
    screen, other = reader(), reader(roles.AGENCY)
    page, search = search_all(screen, "field.company~=acm&created=today&sort=-id&after=3&per_page=25")
    assert "Waiting for a worker" in page.words
    assert "created=" not in search.parameters, "the day changes while it is searched"
    runs.work_on(full_search.FullSearchRun, search.pk)
    search.refresh_from_db()
    expected = sorted({lead.pk for lead in leads} - {leads[3].pk} | {ben.pk})
    assert (search.state, search.position, search.done) == ("done", 12, 12)
    assert sorted(FoundLead.objects.values_list("lead_id", flat=True)) == expected
    make_leads(campaign, company="Acme")
    found = screen.get(f"/v2/leads?found={search.pk}")
    assert (found.ids, "1–12 of 12" in found.words) == (expected[::-1], True)
    assert screen.get(f"/v2/leads?found={search.pk}&current_status=pending&sort=id").ids == expected
    assert screen.get(f"/v2/leads/searches/{search.pk}").status == 200
    assert other.get(f"/v2/leads/searches/{search.pk}").status == 404
    assert other.get(f"/v2/leads?found={search.pk}").ids == []
    FullSearch.objects.update(created_at=timezone.now() - timedelta(days=8))
    full_search.FullSearchRun.tidy()
    assert (FullSearch.objects.count(), FoundLead.objects.count()) == (0, 0)


def test_what_a_search_found_is_its_starters_alone(ann, reader):
    screen, colleague = reader(), reader()
    _, search = search_all(screen, "field.company=groesse")
    runs.work_on(full_search.FullSearchRun, search.pk)
    assert screen.get(f"/v2/leads?found={search.pk}").ids == [ann.pk]
    page = colleague.get(f"/v2/leads?found={search.pk}")
    assert (page.ids, f"You have no search “{search.pk}”" in page.words) == ([], True)
    refused = colleague.post("/v2/leads/reprocess", query=f"found={search.pk}", all="1")
    assert f"You have no search “{search.pk}”" in refused.words
    assert [Program(one.user).get(f"leads?found={search.pk}").status_code for one in (screen, colleague)] == [200, 400]


def test_a_search_ends_at_its_most_and_with_the_rights_of_its_starter(campaign, make_leads, reader, monkeypatch):
    monkeypatch.setattr(full_search, "CHUNK", 4)
    monkeypatch.setattr(full_search, "FOUND_AT_MOST", 6)
    make_leads(campaign, 12, company="Acme")
    screen = reader()
    _, search = search_all(screen, "field.company=acme", campaign=str(campaign.pk))
    runs.work_on(full_search.FullSearchRun, search.pk)
    assert FoundLead.objects.filter(search=search).count() == 6
    assert "Ended with 6 matches" in screen.get(f"/v2/leads/searches/{search.pk}").words
    _, second = search_all(screen, "field.company=acme")
    screen.user.role = roles.ADMIN_MASKED
    screen.user.save(update_fields=["role"])
    runs.work_on(full_search.FullSearchRun, second.pk)
    second.refresh_from_db()
    assert (second.state, "masked for your role" in second.error) == ("failed", True)
    assert not FoundLead.objects.filter(search=second).exists()
    refused, _ = search_all(screen, "field.company=acme")
    assert "Nothing was searched." in refused.words
    assert FullSearch.objects.count() == 2


def test_only_filters_in_use_stand_above_the_list_and_the_rest_can_be_added(ann, reader):
    screen = reader()
    page = screen.get("/v2/leads?current_status=invalid&field.company~=groe")
    assert "Current Status: Invalid" in page.words
    assert "company: contains groe" in page.words
    assert page.html.count(">Apply<") == 1
    assert page.html.count('class="filter"') == 2
    added = screen.client.get("/v2/leads?add=form&add=Company name", headers={"HX-Request": "true", "HX-Target": "added"}).content.decode()
    assert 'name="form~"' in added
    assert 'name="field.Company name!"' in added
    assert "<table" not in added
    menu = screen.client.get("/v2/leads?current_status=invalid&panel=filters", headers={"HX-Request": "true"}).content.decode()
    assert [f"?add={name}" in menu for name in ("form", "current_status")] == [True, False]
    without_script = screen.get("/v2/leads?add=Current+status&current_status=&sort=id")
    assert 'name="current_status" value="caution"' in without_script.html
    assert without_script.ids == [ann.pk]


def test_a_wrong_value_is_kept_in_its_filter_with_the_error_beside_it(ann, reader):
    page = reader().get("/v2/leads?created_after=2026-02-01&created_before=2026-01-31&current_status=invalid")
    added = page.html.partition('id="added"')[2].partition('<span class="filters-acts">')[0]
    assert 'value="2026-02-01"' in added
    assert "The first day is after the last one." in added
    assert "Remove this filter" in added
    assert added.count("added-filter") == 1
    ticked = reader().get("/v2/leads?failed_job=TEST+data+check").html
    assert 'value="Test Data Check" checked' in ticked
    assert "TEST data check" not in ticked.partition('<form class="filters"')[2].partition("</form>")[0]


def test_the_search_box_says_what_each_role_may_search(ann, reader):
    for role, hint in {roles.ADMIN: "Name, company, e-mail, telephone", roles.ADVERTISER: "Campaign or lead id"}.items():
        assert f'placeholder="{hint}" aria-label="Search leads: ' in reader(role).get("/v2/leads").html


def test_programs_ask_with_the_same_parameters(ann, ben):
    who = type("Who", (), {"pk": 0, "role": roles.ADMIN, "is_authenticated": True})()
    filters = filters_of(who, {"current_status[]": ["invalid", "valid"], "field.company": "groesse"})
    assert filters.problems() == []
    assert list(filters.qs) == [ann]
    assert filters_of(who, QueryDict("colour=red")).problems() == ["“colour” is not a filter of this list."]
    assert "campaign" not in filters_for(who, campaign=ann.campaign).offered


@pytest.mark.parametrize(
    "query",
    [
        "captured:email~~=a", "captured:email!!=a", "captured:x.is.is=empty", "field.email!!=a", "field.email~!=a", "field.!=a", "sort[]=x",
        "per_page[]=7", "after[]=xyz", "view[]=999", "figures[]=x", "add[]=Name",
    ],
)  # fmt: skip
def test_a_name_that_is_none_selects_nothing_and_is_named(ann, reader, query):
    page = reader().get(f"/v2/leads?{query}")
    assert (page.status, page.ids) == (200, [])
    assert f"“{query.partition('=')[0]}" in page.words


def test_so_many_filters_are_one_request(ann, reader):
    admin, refusal = reader(), "Use at most 30 filters at once."
    for many in ("&".join(f"add=field.f{n}" for n in range(31)), "&".join(f"field.f{n}=a" for n in range(31))):
        page = admin.get(f"/v2/leads?{many}")
        assert (page.ids, refusal in page.words) == ([], True)
    assert refusal in admin.post("/v2/leads/searches", query=many).words
    assert refusal not in admin.get("/v2/leads?" + "&".join(f"field.f{n}=a" for n in range(30))).words


def test_what_a_search_found_is_counted_as_the_list_and_the_role_see_it(campaign, make_campaign, make_leads, reader):
    make_leads(campaign, 2, company="Acme")
    make_leads(make_campaign("Autumn"), 3, company="Acme")
    admin = reader()
    _, search = search_all(admin, "company=acme")
    runs.work_on(full_search.FullSearchRun, search.pk)
    assert "1–5 of 5" in admin.get(f"/v2/leads?found={search.pk}").words
    assert "1–2 of 2" in admin.get(f"/v2/campaigns/{campaign.pk}/leads?found={search.pk}").words


def test_a_poll_tests_a_limited_number_of_newer_leads(campaign, make_leads, reader, monkeypatch):
    monkeypatch.setattr(lead_list, "NEWEST_LOOKED_AT", 2)
    make_leads(campaign, 2, company="Acme")
    make_leads(campaign, 1, company="Beta")
    assert "1 new lead" in reader().get("/v2/leads/new?since=0&company~=acm").words


def test_ids_come_as_people_paste_them(ann, ben, cat, reader):
    for ids in (f"{ann.pk},{cat.pk}", f"{ann.pk} {cat.pk}", f" {cat.pk};\n{ann.pk} "):
        assert sorted(reader().get(f"/v2/leads?{urlencode({'id': ids})}").ids) == sorted([ann.pk, cat.pk])


def test_a_list_of_few_leads_counts_what_a_bounded_filter_finds(campaign, make_leads, reader):
    make_leads(campaign, 30, company="Acme")
    make_leads(campaign, 30, company="Beta")
    page = reader().get("/v2/leads?company~=acm&per_page=25")
    assert "1–25 of 30" in page.words
    assert "Select all 30 matching" in page.html
