"""Duplicate Field Check: which leads count, on which campaigns, and the reason."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import services
from campaigns.models import Campaign
from config.core.errors import DomainError
from leads import lifecycle
from leads.models import Lead
from processr import services as processr
from processr.engine import scheduler
from processr.jobs.quality.duplicate_field import DuplicateField
from processr.models import Event, Job
from tests.processr.copies import analyse, copy_lead, forget_statistics, same_as
from tests.processr.duplicates.test_duplicates import ids, judge, scans_of
from tests.processr.planned import job as planned

pytestmark = pytest.mark.django_db


@pytest.fixture
def cap(add_job):
    """cap(campaign, 3): so many leads of a company; cap(campaign, field=…, level=…)"""
    return lambda campaign, count=1, *, score=10, **config: add_job(
        campaign, "duplicate_field", config={"field": "company", "count": count, **config}, score=score
    )


@pytest.fixture
def globex(bob):
    return services.create_advertiser("Globex", actor=bob, autosign_contracts=True)


@pytest.fixture
def of(make_leads):
    """Make a lead of each company: `of(campaign, "Acme", "Acme")`."""
    return lambda campaign, *companies, **more: [make_leads(campaign, company=company, **more)[0] for company in companies]


def passing(leads) -> list[bool]:
    standing = set(Lead.objects.filter(processing_counter__gt=0, failed_jobs=[]).values_list("pk", flat=True))
    return [lead.pk in standing for lead in leads]


def of_other(campaign: Campaign, advertiser) -> Campaign:
    Campaign.objects.filter(pk=campaign.pk).update(advertiser=advertiser)
    return Campaign.objects.get(pk=campaign.pk)


def test_its_number_stays_and_it_is_run_alone():
    assert (DuplicateField.api_id, DuplicateField.compares) == (9052, "enterprise")


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_exactly_as_many_as_are_accepted_pass_whatever_the_chunks(campaign, cap, of, monkeypatch, count, chunk):
    monkeypatch.setattr(DuplicateField, "chunk", chunk)
    cap(campaign, count)
    leads = of(campaign, "Acme", "Bolt", "ACME", " acme  ", "Acme", "bolt")
    scheduler.serve_campaigns(seconds=30)
    acmes, bolts = ([lead for lead in leads if lead.captured["company"].strip().lower() == name] for name in ("acme", "bolt"))
    assert passing(acmes) == [True] * count + [False] * (4 - count)
    assert passing(bolts) == [True, count > 1]


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (1, "A lead with the same company has been accepted already"),
        (2, "2 leads with the same company have been accepted already, and no more are"),
    ],
)
def test_who_is_one_too_many_is_told_so_and_not_who_came_before(campaign, cap, of, count, reason):
    job = cap(campaign, count)
    judge(campaign, *(leads := of(campaign, *["Acme"] * (count + 1))))
    late = Lead.objects.get(pk=leads[-1].pk)
    assert (late.failed_jobs, late.qa_result["qaReasons"]) == ([job.pk], [reason])
    (step,) = Event.objects.get(lead_id=late.pk).steps
    assert (step["field"], step["value"]) == ("company", "Acme")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Acme", "ACME", True), ("Acme Ltd", " acme   ltd ", True), ("Acme\tLtd", "Acme Ltd", True), ("Café Zürich", "cafe ZURICH", True),
        ("cafe", "Cafe\u0301", True), ("Straße", "STRASSE", True), ("ＡＣＭＥ", "acme", True), ("\u212aelvin", "kelvin", True), ("İ", "i", True),
        ("Acme", "Acme.", False), ("Acme", "Acm", False), ("", "", False), (" ", " ", False), ("Acme Ltd", "AcmeLtd", False), ("1", "01", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("together", [True, False])
def test_case_accents_and_spaces_make_no_difference(campaign, cap, of, one, other, alike, together):
    cap(campaign)
    first, second = of(campaign, one, other)
    for chunk in ([first, second],) if together else ([first], [second]):
        judge(campaign, *chunk)
    assert passing([first, second]) == [True, not alike]


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("email", {"email": "Jo@Example.com "}, {"email": "jo@example.com"}),
        ("telephone", {"telephone": "+44 (20) 7946-0958"}, {"telephone": "+442079460958"}),
        ("telephone", {"telephone": "(+44) 20 7946 0958 x2"}, {"telephone": "020 7946 0958", "country": "England"}),
        ("mobilePhone", {"mobilePhone": "tel:+44-20-7946-0958"}, {"mobilePhone": "020 7946 0958", "country": "England"}),
        ("firstName+lastName", {"firstName": "José", "lastName": "Núñez"}, {"firstName": "jose", "lastName": "NUNEZ"}),
        ("jobTitle", {"jobTitle": "Head of Sales"}, {"jobTitle": "head of sales"}),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_any_field_can_be_compared_and_those_with_a_form_for_comparing_in_that(campaign, cap, make_leads, field, one, other, together):
    cap(campaign, field=field)
    leads = [make_leads(campaign, **values)[0] for values in (one, other, {})]
    for chunk in (leads,) if together else ([lead] for lead in leads):
        judge(campaign, *chunk)
    assert passing(leads) == [True, False, True]


def test_of_a_name_the_value_is_the_whole_one(campaign, cap, make_leads):
    cap(campaign, field="firstName+lastName")
    judge(campaign, *(leads := make_leads(campaign, 2, firstName="Jo", lastName="Ng")))
    (step,) = Event.objects.get(lead_id=leads[1].pk).steps
    assert (step["value"], step["reason"]) == ("jo ng", "A lead with the same first and last name has been accepted already")


def test_who_has_nothing_there_is_not_run(campaign, cap, make_leads):
    cap(campaign)
    judge(campaign, *(leads := make_leads(campaign, 2)))
    assert passing(leads) == [True, True]
    assert {step["reason"] for event in Event.objects.all() for step in event.steps} == {"The lead has no company"}


def test_what_enrichment_has_found_can_be_compared(campaign, add_job, cap, make_leads):
    add_job(campaign, "email_domain_facts")
    add_job(campaign, "duplicate_field", config={"field": "emailDomain", "count": 2}, after_enrichment=True)
    leads = make_leads(campaign, 3)
    judge(campaign, leads[0])
    judge(campaign, *leads[1:])
    assert passing(leads) == [True, True, False]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("field", ["company", "telephone"])
def test_a_lead_that_fails_for_another_reason_takes_no_place(campaign, add_job, cap, make_leads, field, together):
    cap(campaign, field=field)
    add_job(campaign, "test_data")
    values = {"company": "Acme", "telephone": "0207946 0958"}
    leads = [make_leads(campaign, **values, comment="a test")[0], *make_leads(campaign, 2, **values)]
    for chunk in (leads,) if together else ([lead] for lead in leads):
        judge(campaign, *chunk)
    assert [Lead.objects.get(pk=lead.pk).current_status for lead in leads] == ["invalid", "valid", "invalid"]
    assert [len(Lead.objects.get(pk=lead.pk).failed_jobs) for lead in leads] == [1, 0, 1]


@pytest.mark.parametrize("together", [True, False])
def test_a_lead_that_is_another_duplicate_or_over_another_limit_takes_no_place(campaign, add_job, cap, make_leads, together):
    """Whatever the stages say: the limits come last, and are settled lead by lead."""
    cap(campaign, 2)
    cap(campaign, 1, field="jobTitle")
    add_job(campaign, "duplicate_email", stage=90)
    values = [
        {"email": "a@x.example", "jobTitle": "CEO"}, {"email": "a@x.example", "jobTitle": "CFO"}, {"email": "b@x.example", "jobTitle": "CEO"},
        {"email": "c@x.example", "jobTitle": "CFO"}, {"email": "d@x.example", "jobTitle": "CTO"},
    ]  # fmt: skip
    leads = [make_leads(campaign, company="Acme", **one)[0] for one in values]
    for chunk in (leads,) if together else ([lead] for lead in leads):
        judge(campaign, *chunk)
    assert passing(leads) == [True, False, False, True, False]


@pytest.mark.parametrize("together", [True, False])
def test_a_check_that_earns_nothing_keeps_nobody_from_being_valid_and_yet_lets_exactly_one_pass(campaign, add_job, cap, of, bob, together):
    add_job(campaign, "first_last_name_match")
    cap(campaign, 1, score=0)
    leads = of(campaign, "Acme", "Acme", "Acme")
    for _ in range(2):
        for chunk in (leads,) if together else ([lead] for lead in leads):
            judge(campaign, *chunk)
        assert passing(leads) == [True, False, False]
        assert {Lead.objects.get(pk=lead.pk).current_status for lead in leads} == {"valid"}
        lifecycle.requeue(ids(leads), actor=bob)


def test_a_lead_that_waits_does_not_count(campaign, cap, of):
    cap(campaign)
    earlier, later = of(campaign, "Acme", "Acme")
    judge(campaign, later)
    judge(campaign, earlier)
    assert passing([earlier, later]) == [False, True]


@pytest.mark.parametrize("act", ["invalid", "test", "delete"])
def test_a_lead_that_is_returned_flagged_as_a_test_or_deleted_makes_room(campaign, cap, of, bob, act):
    cap(campaign)
    first, second = of(campaign, "Acme", "Acme")
    judge(campaign, first)
    if act == "delete":
        lifecycle.delete([first.pk], actor=bob)
    else:
        lifecycle.flag([first.pk], act, actor=bob, reason="Returned")
    judge(campaign, second)
    assert passing([second]) == [True]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(("flag", "takes_a_place"), [("valid", True), ("invalid", False), ("test", False)])
def test_what_a_person_has_decided_before_the_run_counts(campaign, add_job, cap, of, bob, flag, takes_a_place, together):
    """Valid though another job fails it; Invalid though nothing does."""
    add_job(campaign, "test_data")
    cap(campaign)
    decided = of(campaign, "Acme", comment="a test" if flag == "valid" else "fine")[0]
    second = of(campaign, "Acme")[0]
    lifecycle.flag([decided.pk], flag, actor=bob, reason="Known")
    for chunk in ([decided, second],) if together else ([decided], [second]):
        judge(campaign, *chunk)
    assert passing([second]) == [not takes_a_place]


def test_a_lead_that_failed_the_check_takes_no_place_even_where_a_person_made_it_valid(campaign, cap, of, bob):
    cap(campaign)
    first, second = of(campaign, "Acme", "Acme")
    judge(campaign, first, second)
    lifecycle.flag([second.pk], "valid", actor=bob, reason="An exception")
    lifecycle.requeue([first.pk], actor=bob)
    judge(campaign, first)
    assert passing([first]) == [True]


def test_processing_again_keeps_who_has_passed_and_after_a_deletion_lets_the_next_pass(campaign, cap, of, bob):
    cap(campaign, 2)
    leads = of(campaign, *["Acme"] * 4)
    judge(campaign, *leads)
    lifecycle.requeue(ids(leads), actor=bob)
    for lead in reversed(leads):
        judge(campaign, lead)
    assert passing(leads) == [True, True, False, False]
    lifecycle.delete([leads[0].pk], actor=bob)
    lifecycle.requeue(ids(leads[1:]), actor=bob)
    judge(campaign, *leads[1:])
    assert passing(leads[1:]) == [True, True, False]


def test_a_smaller_limit_holds_for_those_that_are_processed_again(campaign, cap, of, bob):
    job = cap(campaign, 4)
    leads = of(campaign, *["Acme"] * 4)
    judge(campaign, *leads)
    processr.update_job(job.pk, actor=bob, changes={"config": {"count": 2}})
    lifecycle.requeue(ids(leads), actor=bob)
    judge(campaign, *leads)
    assert passing(leads) == [False, False, True, True]


def test_only_what_the_advertiser_pays_for_counts_where_it_is_set_so(campaign, cap, of, bob):
    cap(campaign, duplicate_status="billable")
    leads = of(campaign, *["Acme"] * 4)
    judge(campaign, *leads[:2])
    assert passing(leads[:2]) == [True, True]
    lifecycle.mark_delivered([leads[1].pk], actor=bob)
    judge(campaign, leads[2])
    assert passing(leads[2:3]) == [False]
    lifecycle.requeue([leads[1].pk], actor=bob)
    judge(campaign, leads[1], leads[3])
    assert passing([leads[1], leads[3]]) == [True, False]
    lifecycle.mark_undelivered([leads[1].pk], actor=bob)
    lifecycle.requeue([leads[3].pk], actor=bob)
    judge(campaign, leads[3])
    assert passing([leads[3]]) == [True]


@pytest.mark.parametrize("field", ["company", "email"])
@pytest.mark.parametrize(
    ("level", "named", "same", "advertisers", "everywhere"),
    [
        ("Campaign", False, True, True, True), ("Campaign", True, False, True, True),
        pytest.param("Advertiser", False, False, False, True, marks=pytest.mark.sql), ("Enterprise", False, False, False, False),
    ],
)  # fmt: skip
def test_the_level_says_whose_leads_count(
    make_campaign, add_job, cap, make_leads, globex, field, level, named, same, advertisers, everywhere
):
    listed, of_advertiser, foreign, ours = make_campaign(), make_campaign(), of_other(make_campaign(), globex), make_campaign()
    for other in (listed, of_advertiser, foreign):
        add_job(other, "test_data")
    for other, expected in ((listed, same), (of_advertiser, advertisers), (foreign, everywhere)):
        value = {field: f"one{other.pk}@example.com"}
        judge(other, *make_leads(other, **value))
        campaign = make_campaign()
        cap(campaign, field=field, level=level, campaign_ids=[listed.pk] if named else [])
        judge(campaign, *(leads := make_leads(campaign, **value)))
        assert passing(leads) == [expected]
    assert ours


def test_a_campaigns_own_check_says_who_takes_a_place_there(make_campaign, add_job, cap, of):
    """Worth nothing there, it keeps nobody from being Valid; who has failed it takes no place here either."""
    one, other = make_campaign(), make_campaign()
    for campaign in (one, other):
        add_job(campaign, "first_last_name_match")
        cap(campaign, 2, level="Advertiser", score=0)
    leads = of(other, "Acme", "Acme", "Acme")
    judge(other, *leads)
    mine = of(one, "Acme", "Acme")
    judge(one, *mine)
    assert passing(mine) == [False, False]
    Lead.objects.filter(pk__in=ids(leads[:2])).update(deleted_at="2026-01-01T00:00Z")
    again = of(one, "Acme", "Acme", "Acme")
    judge(one, *again)
    assert passing(again) == [True, True, False]


def test_of_a_group_the_job_that_does_not_run_keeps_no_lead_from_taking_a_place(campaign, bob, add_job, cap, make_leads):
    small, large = cap(campaign, 1, field="jobTitle"), cap(campaign, 5, field="jobTitle")
    group = processr.create_group(campaign, name="By region", actor=bob)
    processr.put_in_group([small.pk, large.pk], group, actor=bob)
    processr.set_conditions(small.pk, [{"field": "country", "values": ["UK"]}], actor=bob)
    cap(campaign, 1)
    leads = [
        make_leads(campaign, company=company, jobTitle="CEO", country=country)[0]
        for company, country in (("A", "FR"), ("B", "FR"), ("B", "FR"), ("C", "UK"))
    ]
    judge(campaign, *leads)
    assert passing(leads) == [True, True, False, False]


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({}, "No field is chosen yet"),
        ({"field": "company"}, "No more than 1 Valid lead of this campaign may have the same company"),
        (
            {"field": "company", "count": 3, "campaign_ids": [7]},
            "No more than 3 Valid leads of this campaign and 1 other may have the same company",
        ),
        (
            {"field": "firstName+lastName", "count": 2, "level": "Advertiser", "duplicate_status": "billable"},
            "No more than 2 billable leads of all campaigns of the advertiser may have the same first and last name",
        ),
        ({"field": "email", "level": "Enterprise"}, "No more than 1 Valid lead of all campaigns may have the same email"),
    ],
)
def test_the_rule_names_number_field_and_level(config, rule):
    assert DuplicateField(planned(config=config)).rule() == rule


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "field"), ({"field": "x" * 81}, "field"), ({"field": "company", "count": 0}, "count"), ({"field": "company", "count": 10_001}, "count"),
        ({"field": "company", "duplicate_status": "caution"}, "duplicate_status"), ({"field": "company", "level": "campaign"}, "level"),
        ({"field": "company", "campaign_ids": [99_999_999]}, "campaign_ids"), ({"field": "company", "campaign_ids": ["x"]}, "campaign_ids"),
        ({"field": "company", "campaign_ids": "-1"}, "campaign_ids"), ({"field": "company", "campaign_ids": [10**30]}, "campaign_ids"),
        ({"field": "company", "campaign_ids": list(range(1, 102))}, "campaign_ids"), ({"field": "company", "campaign_ids": "٣"}, "campaign_ids"),
        ({"field": "company", "campaign_ids": "0" * 19 + "1" * 5_000}, "campaign_ids"),
        ({"field": "company", "campaign_ids": [[1]]}, "campaign_ids"), ({"field": "company", "campaign_ids": {"0": 1}}, "campaign_ids"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_field(campaign, add_job, config, field):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "duplicate_field", config=config)
    assert refused.value.field == field
    assert not Job.objects.exists()


def test_ids_of_campaigns_are_kept_as_numbers(campaign, make_campaign, cap):
    other = make_campaign()
    assert cap(campaign, campaign_ids=f" {other.pk}, {other.pk} ,").config["campaign_ids"] == [other.pk]
    assert cap(campaign, campaign_ids=[str(other.pk), campaign.pk]).config["campaign_ids"] == [other.pk, campaign.pk]


def as_the_engine_asks() -> None:
    """The plan is looked at under the setting that the look-up is made under."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")


def look_ups_of(campaign, leads) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        judge(campaign, *leads)
    return [q["sql"] for q in captured if "unnest" in q["sql"] and "LATERAL" in q["sql"]]


@pytest.mark.parametrize("level", ["Campaign", "Advertiser", "Enterprise"])
def test_whatever_the_jobs_and_leads_a_chunk_costs_one_look_up_by_index(campaign, cap, make_leads, level):
    for field in ("email", "telephone", "firstName+lastName"):
        cap(campaign, 3, field=field, level=level)
    jo = {"email": "jo@example.com", "telephone": "0207", "firstName": "J", "lastName": "N"}
    judge(campaign, *(some := [make_leads(campaign, telephone="0208")[0], *make_leads(campaign, 4, **jo)]))
    passed, *_, failed = Lead.objects.filter(pk__in=ids(some)).order_by("pk")
    copy_lead(passed, 499)
    copy_lead(failed, 496, **same_as(failed))
    (look_up,) = look_ups_of(campaign, [*make_leads(campaign, 50), *make_leads(campaign, 50, email="jo@example.com", telephone="0207")])
    # Three of the 550 leads of one address are read, and of addresses with one lead that lead. Before the table
    # is first analysed PostgreSQL 15 may sort all of that address, and still reads none of another.
    for statistics, at_most in ((forget_statistics, 550 + 51), (analyse, 53 + 51)):
        statistics("leads_lead")
        as_the_engine_asks()
        scans = scans_of(look_up)
        of_leads = {scan["Index Name"] for scan in scans if scan["Index Name"].startswith("lead")}
        assert of_leads - {"leads_lead_pkey"} == {
            "lead_email",
            "lead_phone",
            "lead_name",
            *(f"lead_transformed_{name}" for name in ("email", "phone", "name")),
        }
        by_email = next(scan for scan in scans if scan["Index Name"] == "lead_email")
        assert by_email["Actual Rows"] <= at_most / by_email["Actual Loops"] + 0.5  # rows of a look, rounded by PostgreSQL 15
