"""`statistics` and `lead-statistics-chronologies`: the numbers of the list of leads, by what is asked for and by day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import services
from config.core import enterprise
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.models import Enterprise
from leads import lifecycle
from leads.figures import statistics
from leads.figures.statistics import LeadNumbers, percentage
from leads.lifecycle import tallies
from leads.models import Lead
from processr.transforms.definitions import Definition
from processr.transforms.services import create as create_transform
from tests.leads.acts import judge_all
from tests.processr.api.program import wrong

pytestmark = pytest.mark.django_db
NUMBERS = ("total", "valid", "invalid", "caution", "test", "delivered", "billable")
WRONG_DAYS = ["2026-02-30", "2026-1-31", "31.01.2026", "yesterday", "", "²026-01-31"]


@pytest.fixture
def leads(campaign, make_leads, bob) -> list[Lead]:
    """Eight leads of the campaign: four Valid, of which one delivered, three Invalid and a Test."""
    made = make_leads(campaign, 8)
    judge_all(campaign)
    lifecycle.mark_delivered([made[0].pk], actor=bob)
    lifecycle.flag([lead.pk for lead in made[4:7]], "invalid", actor=bob, reason="x")
    lifecycle.flag([made[7].pk], "test", actor=bob, reason="x")
    return made


@pytest.fixture
def rival(form, currency, bob):
    owner = services.create_advertiser("Rival Ltd", actor=bob, autosign_contracts=True)
    return services.create_campaign("Rival", advertiser=owner, currency=currency, start=timezone.now(), actor=bob)


def numbers(member) -> tuple[int, ...]:
    return tuple(member[name] for name in NUMBERS)


def test_the_statistics_of_a_campaign(leads, campaign, program):
    assert program.members(f"statistics?campaign.id={campaign.pk}") == [
        {
            "@id": f"/api/v4/statistics?campaign.id={campaign.pk}", "@type": "Statistics", "campaign": {"id": campaign.pk, "name": "Spring"}, "publisher": None, "link": None, "total": 8, "valid": 4,
            "invalid": 3, "caution": 0, "test": 1, "delivered": 1, "billable": 1, "validPercentage": 50.0, "invalidPercentage": 37.5,
            "cautionPercentage": 0.0, "testPercentage": 12.5, "deliveredPercentage": 12.5, "billablePercentage": 12.5,
        }
    ]  # fmt: skip


def test_numbers_are_exact_before_and_after_the_tallies_are_folded(leads, campaign, program, bob):
    for _ in range(2):
        (member,) = program.members(f"statistics?campaign.id={campaign.pk}&date[after]=2020-01-01")
        assert numbers(member) == (8, 4, 3, 0, 1, 1, 1)
        tallies.fold()
    lifecycle.delete([leads[0].pk], actor=bob)
    (member,) = program.members(f"statistics?campaign.id={campaign.pk}")
    assert (member["total"], member["delivered"], member["validPercentage"]) == (7, 0, 42.9)


def test_there_is_a_member_for_each_that_is_asked_for(leads, campaign, make_campaign, pat, program, bob):
    autumn, other = make_campaign("Autumn"), services.create_publisher("Quiet Press", actor=bob)
    Lead.objects.filter(pk=leads[0].pk).update(link=campaign.links.get())
    by_campaign = program.members(f"statistics?campaign.id={campaign.pk}&campaign.id={autumn.pk}")
    assert [(one["campaign"]["name"], one["total"]) for one in by_campaign] == [("Spring", 8), ("Autumn", 0)]
    assert by_campaign[1]["validPercentage"] is None
    assert {one["campaign"]["name"] for one in program.members("statistics")} >= {"Spring", "Autumn"}
    by_publisher = program.members(f"statistics?campaign.id={campaign.pk}&publisher.id[]={pat.pk}&publisher.id[]={other.pk}")
    assert [(one["publisher"]["name"], one["campaign"], one["total"]) for one in by_publisher] == [
        ("Pat Media", None, 8),
        ("Quiet Press", None, 0),
    ]
    assert [one["total"] for one in program.members(f"statistics?campaign.id={autumn.pk}&publisher.id={pat.pk}")] == [0]
    link = campaign.links.get().pk
    for asked in (f"link.id={link}", f"campaignLink.id={link}", f"link.id={link}&publisher.id={pat.pk}&campaign.id={campaign.pk}"):
        (by_link,) = program.members(f"statistics?{asked}")
        assert (by_link["link"], by_link["campaign"]["name"]) == ({"id": link, "name": "Newsletter"}, "Spring")
        assert numbers(by_link) == (1, 1, 0, 0, 0, 1, 1)
        assert program.members(by_link["@id"]) == [by_link]
    assert program.members(f"statistics?link.id={link}&campaign.id={autumn.pk}") == []
    assert [one["total"] for one in program.members(f"statistics?link.id={link}&publisher.id={other.pk}")] == [0]


def test_a_chronology_has_a_member_for_each_day(leads, campaign, program):
    today = timezone.localdate(timezone=enterprise.zone())
    members = program.members(f"lead-statistics-chronologies?campaign.id={campaign.pk}")
    assert [member["date"] for member in members] == [(today - timedelta(days=n)).isoformat() for n in range(29, -1, -1)]
    address = members[-1].pop("@id")
    assert program.members(address) == [{"@id": address, **members[-1]}]
    assert members[-1] == {
        "@type": "LeadStatisticsChronology", "date": today.isoformat(), "total": 8, "valid": 4, "invalid": 3, "caution": 0, "test": 1,
        "delivered": 1, "billable": 1,
    }  # fmt: skip
    assert {numbers(member) for member in members[:-1]} == {(0,) * 7}


def test_days_are_those_of_the_enterprise(campaign, make_leads, program):
    Enterprise.objects.update(zone="Pacific/Kiritimati")
    enterprise.forget()
    (lead,) = make_leads(campaign)
    at = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    Lead.objects.filter(pk=lead.pk).update(created_at=at, link=campaign.links.get())
    for asked in (f"link.id={campaign.links.get().pk}",):
        members = program.members(f"lead-statistics-chronologies?{asked}&createdTs[after]=2026-03-01&createdTs[before]=2026-03-03")
        assert [(one["date"], one["total"]) for one in members] == [("2026-03-01", 0), ("2026-03-02", 1), ("2026-03-03", 0)], (
            "14 hours ahead"
        )


def test_the_days_of_tallies_and_of_links_agree(leads, campaign, program):
    Lead.objects.filter(campaign=campaign).update(link=campaign.links.get())
    for collection in ("lead-statistics-chronologies", "statistics"):
        by_link = program.members(f"{collection}?link.id={campaign.links.get().pk}")
        by_campaign = program.members(f"{collection}?campaign.id={campaign.pk}")
        assert [numbers(one) for one in by_link] == [numbers(one) for one in by_campaign]


def test_a_chronology_is_paged_by_day(campaign, program):
    asked = f"lead-statistics-chronologies?campaign.id={campaign.pk}&date[after]=2026-01-01&date[before]=2026-12-31&itemsPerPage=100"
    days, address = [], asked
    while address:
        page = program.get(address).json()
        days += [member["date"] for member in page["hydra:member"]]
        address = page["hydra:view"].get("hydra:next")
    assert (len(days), len(set(days)), days[0], days[-1], page["hydra:totalItems"]) == (365, 365, "2026-01-01", "2026-12-31", 365)
    assert wrong(program.get(f"{asked}&after=2025-01-01")) == {"after"}


def test_a_range_may_be_open_at_either_end(campaign, program):
    address = f"lead-statistics-chronologies?campaign.id={campaign.pk}"
    last = program.members(f"{address}&date[before]=2026-01-31")
    assert (last[0]["date"], last[-1]["date"], len(last)) == ("2026-01-02", "2026-01-31", 30)
    assert program.members(f"{address}&date[after]=2999-01-01")[0]["date"] == "2999-01-01"
    assert [one["date"] for one in program.members(f"{address}&date[before]=0001-01-02")] == ["0001-01-01", "0001-01-02"]
    assert [one["date"] for one in program.members(f"{address}&date[after]=9999-12-31")] == ["9999-12-31"]
    assert len(program.members(f"{address}&date[after]=2026-01-01&createdTs[after]=2026-01-30&date[before]=2026-01-31")) == 2
    longest = program.get(f"{address}&date[after]=0001-01-01&date[before]=9999-12-31").json()
    assert (longest["hydra:totalItems"], longest["hydra:member"][0]["date"]) == (3_652_059, "0001-01-01")


@pytest.mark.parametrize("collection", ["statistics", "lead-statistics-chronologies"])
def test_what_is_not_understood_selects_nothing(collection, campaign, program):
    for name in ("date[after]", "createdTs[before]"):
        for text in WRONG_DAYS:
            assert wrong(program.get(f"{collection}?{name}={text}")) == {name}, text
    for query in ("campaign.id=x", "publisher.id=0", "link.id=-1", "date=2026-01-01", "date[strictly_after]=2026-01-01", "campaign=1"):
        assert wrong(program.get(f"{collection}?{query}")) == {query.partition("=")[0]}
    assert wrong(program.get(f"{collection}?date[after]=2026-01-02&createdTs[before]=2026-01-01")) == {"createdTs[before]"}
    assert wrong(program.get(f"{collection}?date[after]=2026-01-02&date[after]=2026-01-01")) == {"date[after]"}


@pytest.mark.parametrize("asked", ["campaign.id=999999", "publisher.id=999999", "link.id=999999", "campaign.id=9223372036854775807"])
def test_what_is_not_there_has_no_numbers(asked, leads, program):
    assert program.members(f"statistics?{asked}") == []
    assert program.members(f"lead-statistics-chronologies?{asked}") == []


@pytest.mark.parametrize("role", roles.LABELS)
def test_each_role_counts_the_leads_that_it_sees(role, leads, campaign, rival, pat, make_leads, program_of, bob):
    quiet = services.create_publisher("Quiet Press", actor=bob)
    make_leads(campaign, 2, publisher=quiet)
    make_leads(rival, 3, publisher=pat if role != roles.PUBLISHER else quiet)
    type(campaign).objects.filter(pk=campaign.pk).update(call_centre=True)
    program = program_of(role)
    if role == roles.REPORT:
        assert program.get("statistics").status_code == program.get("lead-statistics-chronologies").status_code == 403
        return
    seen = {roles.PUBLISHER: 8, roles.AGENCY_CALL_CENTRE: 4}.get(role, 10)
    (member,) = program.members(f"statistics?campaign.id={campaign.pk}")
    assert member["total"] == len(program.members(f"leads?campaign.id={campaign.pk}&itemsPerPage=100")) == seen
    days = program.members(f"lead-statistics-chronologies?campaign.id={campaign.pk}")
    assert sum(day["total"] for day in days) == seen
    everything = role in roles.SEES_EVERYTHING
    assert sum(day["total"] for day in program.members("lead-statistics-chronologies")) == (seen + 3 if everything else seen)
    assert [one["total"] for one in program.members(f"statistics?campaign.id={rival.pk}")] == ([3] if everything else [])
    assert len(program.members(f"lead-statistics-chronologies?campaign.id={rival.pk}")) == (30 if everything else 0)
    assert len(program.members(f"statistics?publisher.id={quiet.pk}")) == (1 if everything else 0), "no contract binds it to the campaign"


@pytest.mark.parametrize("role", [roles.PUBLISHER, roles.ADVERTISER])
def test_billable_is_what_the_own_side_pays_or_earns(role, leads, campaign, program_of):
    Lead.objects.filter(campaign=campaign).update(link=campaign.links.get())
    paid = {roles.PUBLISHER: Lead.objects.filter(publisher_billable=True).count(), roles.ADVERTISER: 1}
    for asked in (f"link.id={campaign.links.get().pk}", f"campaign.id={campaign.pk}"):
        (member,) = program_of(role).members(f"statistics?{asked}")
        assert member["billable"] == paid[role]


@pytest.mark.parametrize("role", sorted(roles.AGENCY_SIDE | roles.ADVERTISER_SIDE | {roles.PUBLISHER}))
def test_who_works_for_nobody_counts_nothing(role, leads, campaign, program_of):
    program = program_of(role, member=False)
    for asked in ("", f"?campaign.id={campaign.pk}", f"?link.id={campaign.links.get().pk}"):
        assert program.members(f"statistics{asked}") == []
    assert {day["total"] for day in program.members("lead-statistics-chronologies")} == {0}


def test_links_with_many_leads_are_refused_with_a_way_out(leads, campaign, program, monkeypatch):
    Lead.objects.filter(campaign=campaign).update(link=campaign.links.get())
    monkeypatch.setattr(statistics, "MOST_LEADS_OF_LINKS", 7)
    for collection in ("statistics", "lead-statistics-chronologies"):
        refused = program.get(f"{collection}?link.id={campaign.links.get().pk}")
        assert "fewer days or links" in refused.json()["hydra:description"]
        assert wrong(refused) == set()
        assert program.get(f"{collection}?campaign.id={campaign.pk}").status_code == 200


def test_more_campaigns_and_days_take_no_more_queries(leads, campaign, make_campaign, program):
    def queries(asked: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert program.get(asked).status_code == 200
        return len(found)

    few = [queries(asked) for asked in ("statistics", "lead-statistics-chronologies?date[after]=2999-01-01&date[before]=2999-01-01")]
    for _ in range(3):
        make_campaign()
    assert few == [queries(asked) for asked in ("statistics", "lead-statistics-chronologies?itemsPerPage=100")]


def test_a_share_has_one_decimal_half_up():
    assert [str(percentage(part, total)) for part, total in ((1, 3), (2, 3), (1, 8), (1, 800), (3, 800), (7, 7))] == [
        "33.3", "66.7", "12.5", "0.1", "0.4", "100.0",
    ]  # fmt: skip
    assert percentage(0, 0) is LeadNumbers().percentage("valid") is None


def test_the_fields_of_leads_have_names_and_labels(campaign, program, program_of, bob):
    create_transform(campaign, Definition("Codes", "transform", "country", "code", {"values": {"UK": "GB"}}), actor=bob)
    members = program.members(f"lead-data-fields?campaign.id={campaign.pk}")
    assert all(program.members(member["@id"]) == [member] for member in members)
    named = [{name: value for name, value in member.items() if name != "@id"} for member in members]
    assert {"@type": "LeadDataField", "id": "captured.email", "name": "email", "label": "E-mail", "source": "captured"} in named
    assert {
        "@type": "LeadDataField",
        "id": "transformed.code",
        "name": "code",
        "label": "code (transformed)",
        "source": "transformed",
    } in named
    assert [one["id"] for one in program.members("lead-data-fields?source=transformed")] == ["transformed.code"]
    publisher = program_of(roles.PUBLISHER)
    assert {one["source"] for one in publisher.members("lead-data-fields")} == {"captured"}
    assert publisher.members("lead-data-fields?source=transformed") == []
    assert program_of(roles.PUBLISHER, member=False).members(f"lead-data-fields?campaign.id={campaign.pk}") == []
    assert program_of(roles.REPORT).get("lead-data-fields").status_code == 403
    assert program.members("lead-data-fields?campaign.id=999999") == []
    first = program.get("lead-data-fields?itemsPerPage=2").json()
    second = program.get(first["hydra:view"]["hydra:next"]).json()
    assert [one["id"] for one in (*first["hydra:member"], *second["hydra:member"])] == [
        one["id"] for one in program.members("lead-data-fields")[:4]
    ]
    for query in ("source=made", "campaign.id=0", "colour=red"):
        assert wrong(program.get(f"lead-data-fields?{query}")) == {query.partition("=")[0]}


BOUNDS = [
    "createdTs[after]=2026-03-01&createdTs[before]=2026-03-01", "createdTs[after]=2026-03-01", "createdTs[before]=2026-03-03",
    "createdTs[strictly_after]=2026-03-01", "createdTs[strictly_before]=2026-03-03", "createdTs[strictly_before]=2026-03-03T00:00:01Z",
    "createdTs[after]=2026-03-01T11:00:00Z&createdTs[before]=2026-03-01T11:00:00Z",
    "createdTs[strictly_after]=2026-03-01T11:00:00Z&createdTs[before]=2026-03-02T10:59:59Z",
    "createdTs[after]=2026-02-28T23:00:00%2B01:00&createdTs[strictly_before]=2026-03-02T11:00:00Z",
    "createdTs[after]=0001-01-01&createdTs[before]=9999-12-31T23:59:59.999999Z", "createdTs[before]=0001-01-01", "createdTs[after]=9999-12-31",
]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_a_query_selects_the_same_leads_as_the_list(zone, campaign, make_leads, program):
    """Days begin in UTC, moments are exact, whatever the days by which leads are tallied. By link, campaign and day."""
    Enterprise.objects.update(zone=zone)
    enterprise.forget()
    link = campaign.links.get().pk
    first = datetime(2026, 2, 28, 22, 0, tzinfo=UTC)
    for place, lead in enumerate(make_leads(campaign, 30)):
        lifecycle.delete([lead.pk], actor=SYSTEM)
        Lead.objects.filter(pk=lead.pk).update(created_at=first + timedelta(hours=3 * place) - timedelta(hours=place % 2), link=link)
        lifecycle.restore([lead.pk], actor=SYSTEM)  # tallied on its day
    for bounds in BOUNDS:
        listed = program.get(f"leads?{bounds}").json()["hydra:totalItems"]
        for of in (f"campaign.id={campaign.pk}", f"link.id={link}"):
            (member,) = program.members(f"statistics?{of}&{bounds}")
            assert member["total"] == listed, (bounds, of)
            assert program.members(member["@id"])[0]["total"] == listed
        if "after" in bounds and "before" in bounds and "0001" not in bounds:
            days = program.members(f"lead-statistics-chronologies?campaign.id={campaign.pk}&{bounds}&itemsPerPage=100")
            assert sum(day["total"] for day in days) == listed, bounds
            assert [program.members(day["@id"])[0]["total"] for day in days] == [day["total"] for day in days]


def test_a_part_of_a_day_is_counted_up_to_a_bound_and_whole_days_without_end(leads, campaign, program, monkeypatch):
    monkeypatch.setattr(statistics, "MOST_LEADS_OF_LINKS", 7)
    moment = f"{timezone.now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    refused = program.get(f"statistics?campaign.id={campaign.pk}&createdTs[after]={moment}")
    assert wrong(refused) == set()
    assert "Ask for whole days" in refused.json()["hydra:description"]
    assert program.members(f"statistics?campaign.id={campaign.pk}&date[after]=2020-01-01")[0]["total"] == 8


def test_a_moment_is_no_day(program):
    assert wrong(program.get("statistics?date[after]=2026-01-31T12:00:00Z")) == {"date[after]"}


def test_leads_are_filtered_by_addresses_too(campaign, make_leads, program):
    lead = make_leads(campaign)[0]
    for query in (
        f"campaign.id=/api/v4/campaigns/{campaign.pk}",
        f"campaign=/api/v4/campaigns/{campaign.pk}",
        f"id=/api/v4/leads/{lead.pk}",
    ):
        assert [one["id"] for one in program.members(f"leads?{query}")] == [lead.pk], query
    assert program.get(f"leads?campaign.id=/api/v4/leads/{campaign.pk}").status_code == 400
    assert program.members(f"lead-notes?lead.id=/api/v4/leads/{lead.pk}") == program.members(f"lead-notes?lead.id={lead.pk}")
    assert program.members(f"statistics?link.id=/api/v4/campaign-links/{campaign.links.get().pk}")[0]["link"]


def test_templates_are_no_campaigns_of_leads(campaign, rival, program):
    type(rival).objects.filter(pk=rival.pk).update(is_template=True)
    assert [one["campaign"]["id"] for one in program.members("statistics")] == [campaign.pk]
