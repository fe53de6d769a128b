"""Checks against suppressed names, e-mail addresses and telephone numbers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from leads import lifecycle
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.lead import JobInput
from processr.job_types.outcomes import Outcome, OutcomeKind
from processr.job_types.registry import job_types
from processr.lists.services import unsuppress
from processr.models import SuppressedPhone
from tests.processr import planned
from tests.processr.jobs.asking import LEADS

pytestmark = pytest.mark.django_db
KEYS = ("invalid_name", "suppressed_email", "suppressed_telephone")


def ask(key: str, config: dict | None = None, **captured) -> Outcome:
    lead = planned.lead(**captured)
    check = job_types.get(key)(planned.job(type=key, config=config or {}))
    job_input = JobInput(campaign_id=1, advertiser_id=1, leads=[lead], chunk=[lead])
    check.prepare(job_input)
    return check.check(lead)


@pytest.fixture(autouse=True)
def _suppressed(suppress):
    suppress("email", "Jo@Example.com")
    suppress("name", ("Mickey", "Mouse"), ("Zoë", "Núñez"))
    suppress("phone", "+44 20 7946 0000", "030 901820", "0049301234567")


@pytest.mark.parametrize(
    ("key", "captured", "hit"),
    [
        ("invalid_name", {"firstName": "MICKEY ", "lastName": " mouse"}, True),
        ("invalid_name", {"firstName": "Zoe", "lastName": "Nunez"}, True),
        ("invalid_name", {"firstName": "Mickey Mouse", "lastName": ""}, False),
        ("invalid_name", {"firstName": "Mickey", "lastName": "Rourke"}, False),
        ("invalid_name", {}, False),
        ("suppressed_email", {"email": " JO@example.COM"}, True),
        ("suppressed_email", {"email": "jo@example.co"}, False),
        ("suppressed_email", {"email": ""}, False),
        ("suppressed_telephone", {"telephone": "+44 (20) 7946-0000"}, True),
        ("suppressed_telephone", {"telephone": "0044 20 7946 0000"}, True),
        ("suppressed_telephone", {"telephone": "020 7946 0000"}, False),
        ("suppressed_telephone", {"telephone": "030/90 18 20"}, True),
        ("suppressed_telephone", {"telephone": "+49 30 1234567"}, True),
        ("suppressed_telephone", {"telephone": "+49 30 901820"}, False),
        ("suppressed_telephone", {"telephone": "none"}, False),
    ],
)
def test_who_is_on_the_list_is_found_and_nobody_else(key, captured, hit):
    assert (ask(key, **captured).kind is OutcomeKind.FAILED) == hit


@pytest.mark.parametrize(
    ("region", "telephone", "hit"),
    [("GB", "020 7946 0000", True), ("DE", "+49 30 901820", True), ("DE", "020 7946 0000", False), ("GB", "+49 30 901820", False)],
)
def test_with_a_country_both_spellings_of_a_number_are_one(region, telephone, hit):
    assert (ask("suppressed_telephone", {"region": region}, telephone=telephone).kind is OutcomeKind.FAILED) == hit


LISTED = [
    "(+44) 20 7946 0777", "tel:+44-20-7946-0777", "+44 (0)20 7946 0777", "\u202a+44 20 7946 0777\u202c", "+44 20 7946 0777 ext 12", "0044 20 7946 0777",
    "011 44 20 7946 0777", "＋４４ ２０ ７９４６ ０７７７", "'+442079460777", "+44 20 7946 0777 Durchwahl 3", "+44\u00a020\u00a07946\u00a00777",
    "tel:7946-0777;phone-context=+44-20",
]  # fmt: skip


def test_whichever_way_entry_and_lead_are_written_they_are_one_number(suppress):
    for entry in LISTED:
        SuppressedPhone.objects.all().delete()
        suppress("phone", entry)
        assert SuppressedPhone.objects.get().phone == "+442079460777", entry
    for telephone, country in [*((spelling, "") for spelling in LISTED), ("020 7946 0777", "England"), ("442079460777", "")]:
        assert ask("suppressed_telephone", telephone=telephone, country=country).kind is OutcomeKind.FAILED, telephone
    assert ask("suppressed_telephone", telephone="020 7946 0777", country="Atlantis").kind is OutcomeKind.PASSED
    assert ask("suppressed_telephone", {"region": "GB"}, telephone="020 7946 0777", country="Atlantis").kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("telephone", "country", "region", "hit"),
    [
        ("020 7946 0777", "", "", True), ("+44 20 7946 0777", "GB", "", True), ("+44 20 7946 0777", "", "GB", True), ("+44 20 7946 0777", "Jersey", "", True),
        ("+44 20 7946 0777", "", "", False), ("+44 20 7946 0777", "IE", "GB", False), ("+353 20 7946 0777", "IE", "", True),
        ("+39 020 7946 0777", "IT", "", True), ("+44 20 7946 0778", "GB", "", False),
    ],
)  # fmt: skip
def test_a_national_entry_is_the_number_of_those_whose_country_makes_it_so(suppress, telephone, country, region, hit):
    suppress("phone", "(020) 7946-0777")
    asked = {"telephone": telephone, "country": country}
    assert (ask("suppressed_telephone", {"region": region}, **asked).kind is OutcomeKind.FAILED) == hit


def test_a_number_that_a_spreadsheet_has_shortened_is_not_put_on_the_list(suppress):
    with pytest.raises(DomainError, match="Number 1 was shortened by a spreadsheet, so its last digits are lost."):
        suppress("phone", "4.47912E+11")


def test_other_fields_may_be_looked_at():
    assert ask("suppressed_email", {"field": "workEmail"}, workEmail="jo@example.com", email="x@y.z").kind is OutcomeKind.FAILED
    assert ask("invalid_name", {"first_name": "given", "last_name": "family"}, given="mickey", family="mouse").kind is OutcomeKind.FAILED


@pytest.mark.parametrize("key", KEYS)
@given(captured=LEADS, region=st.sampled_from(["", "GB", "US"]))
def test_on_any_lead_it_answers(key, captured, region):
    assert ask(key, {"region": region} if key == "suppressed_telephone" else {}, **captured).kind in (
        OutcomeKind.PASSED,
        OutcomeKind.FAILED,
    )


def judged(campaign, make_leads, **captured) -> Lead:
    (lead,) = make_leads(campaign, **captured)
    scheduler.process_turn(campaign.pk, 0)
    return Lead.objects.get(pk=lead.pk)


@pytest.mark.parametrize(
    ("key", "hit", "reason"),
    [
        ("invalid_name", {"firstName": "Mickey", "lastName": "Mouse"}, "The name is on the list of suppressed names"),
        ("suppressed_email", {"email": "jo@example.com"}, "The e-mail address is on the list of suppressed addresses"),
        ("suppressed_telephone", {"telephone": "+44 20 7946 0000"}, "The telephone number is on the list of suppressed numbers"),
    ],
)
def test_a_lead_that_is_hit_is_invalid_marked_and_told_without_its_value(campaign, make_leads, add_job, key, hit, reason):
    job = add_job(campaign, key)
    lead, other = judged(campaign, make_leads, **hit), judged(campaign, make_leads, telephone="01")
    assert (lead.qa_status, lead.suppressed, lead.qa_result["qaReasons"]) == ("invalid", True, [reason])
    assert (other.qa_status, other.suppressed) == ("valid", False)
    assert job.hardfail, "as it comes"


def test_the_mark_goes_when_a_later_run_no_longer_finds_the_lead(campaign, make_leads, add_job, bob):
    add_job(campaign, "suppressed_email")
    lead = judged(campaign, make_leads, email="jo@example.com")
    unsuppress("email", entries=["jo@example.com"], actor=bob)
    lifecycle.requeue([lead.pk], actor=bob)
    for lane in (0, 1):
        scheduler.process_turn(campaign.pk, lane)
    lead.refresh_from_db()
    assert (lead.processing_counter, lead.suppressed, lead.qa_status) == (2, False, "valid")


def test_a_failing_validation_list_is_no_suppression(campaign, make_leads, add_job, make_list):
    add_job(campaign, "suppression_list", config={"list": make_list("acme").pk, "field": "company", "rule": "fail"})
    lead = judged(campaign, make_leads, company="Acme")
    assert (lead.qa_status, lead.suppressed) == ("invalid", False)


@pytest.mark.parametrize(
    ("key", "table"),
    [("invalid_name", "suppressedname"), ("suppressed_email", "suppressedemail"), ("suppressed_telephone", "suppressedphone")],
)
def test_one_query_a_kind_whatever_the_number_of_leads_and_jobs(campaign, make_leads, add_job, key, table):
    for jobs, leads in ((1, 2), (4, 40)):
        for _ in range(jobs):
            add_job(campaign, key)
        make_leads(campaign, leads, telephone="01234")
        with CaptureQueriesContext(connection) as caught:
            scheduler.process_turn(campaign.pk, 0)
        assert sum(f"processr_{table}" in query["sql"] for query in caught) == 1
