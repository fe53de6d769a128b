"""Settings of seven job types: which are accepted, and that jobs follow them."""

import pytest

from config.core.errors import DomainError
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.registry import job_types
from processr.models import Event, Job

pytestmark = pytest.mark.django_db

NUMBERS = {
    "non_standard_characters": 1006, "repeat_character": 1007, "multiple_empty_fields": 1011, "field_not_empty": 1109,
    "field_length_check": 1116, "telephone_format": 9001, "rapid_post": 9002,
}  # fmt: skip
NUL, HALF_A_PAIR = "first\x00Name", "first\ud800Name"


def test_each_has_the_vendors_number_where_there_is_one():
    assert {job_type.key: job_type.api_id for job_type in job_types.all() if job_type.key in NUMBERS} == NUMBERS


def test_as_they_come_an_ordinary_lead_passes_them_all(campaign, add_job, make_leads):
    for key in NUMBERS:
        add_job(campaign, key)
    values = {"telephone": "+44 20 7946 0958", "company": "Smith & Sons Ltd.", "email": "anna.maria.von.berg@mail.example.co.uk"}
    (lead,) = make_leads(campaign, firstName="Anna", lastName="Smith III", **values)
    scheduler.serve_campaigns(seconds=5)
    assert [(s["label"], s["outcome"]) for s in Event.objects.get().steps] == [(job.label, "passed") for job in Job.objects.order_by("pk")]
    assert Lead.objects.get(pk=lead.pk).current_status == "valid"


@pytest.mark.parametrize(
    ("key", "config", "field"),
    [
        ("non_standard_characters", {"allowed": -1}, "allowed"), ("non_standard_characters", {"allowed": "many"}, "allowed"),
        ("non_standard_characters", {"allowed": None}, "allowed"), ("repeat_character", {"times": 1}, "times"),
        ("repeat_character", {"times": 101}, "times"), ("multiple_empty_fields", {"count": 0}, "count"),
        ("multiple_empty_fields", {"count": 2.5}, "count"), ("field_not_empty", {"fields_to_read": []}, "fields_to_read"),
        ("field_not_empty", {"fields_to_read": " , ,"}, "fields_to_read"), ("field_length_check", {"fields_to_read": ""}, "fields_to_read"),
        ("field_length_check", {"minimum": -1}, "minimum"), ("field_length_check", {"minimum": 5, "maximum": 4}, "maximum"),
        ("field_length_check", {"maximum": 10**9}, "maximum"), ("telephone_format", {"must_be": "lovely"}, "must_be"),
        ("telephone_format", {"region": "Mordor"}, "region"), ("telephone_format", {"minimum_digits": 16}, "minimum_digits"),
        ("telephone_format", {"repeated_digits": 1}, "repeated_digits"), ("telephone_format", {"sequential_digits": 11}, "sequential_digits"),
        ("telephone_format", {"country_field": HALF_A_PAIR}, "country_field"), ("telephone_format", {"country_field": NUL}, "country_field"),
        ("telephone_format", {"country_field": "x" * 81}, "country_field"), ("rapid_post", {"seconds": 0}, "seconds"),
        ("rapid_post", {"seconds": 3601}, "seconds"), ("rapid_post", {"seconds": "NaN"}, "seconds"), ("rapid_post", {"minutes": 1}, "minutes"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_field(campaign, add_job, key, config, field):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, key, config=config)
    assert refused.value.field == field
    assert not Job.objects.exists()


@pytest.mark.parametrize("key", ["non_standard_characters", "repeat_character", "multiple_empty_fields", "field_not_empty", "test_data"])
@pytest.mark.parametrize("names", [[NUL], [HALF_A_PAIR], ["x" * 81], [f"q{n}" for n in range(101)]])
def test_names_no_field_can_have_are_refused(campaign, add_job, key, names):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, key, config={"fields_to_read": names})
    assert refused.value.field == "fields_to_read"


def test_names_that_no_form_has_today_are_kept(campaign, add_job):
    assert add_job(campaign, "field_not_empty", config={"fields_to_read": " company , size,company"}).config == {
        "fields_to_read": ["company", "size"]
    }


def test_a_country_is_kept_by_its_code(campaign, add_job):
    assert add_job(campaign, "telephone_format", config={"region": "united kingdom"}).config["region"] == "GB"


def test_what_is_set_is_what_the_engine_follows(campaign, add_job, make_leads):
    add_job(campaign, "field_length_check", config={"fields_to_read": "company", "minimum": 3, "maximum": 5})
    add_job(campaign, "field_not_empty", config={"fields_to_read": "segment"})
    make_leads(campaign, company="Acme & Sons")
    scheduler.serve_campaigns(seconds=5)
    assert [step["reason"] for step in Event.objects.get().steps] == ["company has more than 5 characters", "segment is empty"]
