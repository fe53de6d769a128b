"""Settings of job types that look at one lead, through the services, and the outcome for an ordinary lead."""

import pytest

from config.core.errors import DomainError
from leads.models import Lead
from processr.engine import scheduler
from processr.job_types.registry import job_types
from processr.models import Event, Job

pytestmark = pytest.mark.django_db

NUMBERS = {
    "vowels": 9020, "repeated_value": 9021, "multiple_short_values": 9022, "first_last_name_length": 9023, "profanity": 9024,
    "required_value": 9025, "constraints": 9026, "email_syntax": 9027, "free_email_domain": 9028, "disposable_email_domain": 9029,
    "postcode": 9030, "office_ip": 1008,
}  # fmt: skip
NEEDED = {
    "required_value": {"required": [{"field": "country", "values": "GB; IE"}]},
    "constraints": {"constraints": [{"field": "telephone", "constraint": "telephone"}]},
}


def test_their_numbers_stay():
    assert {job_type.key: job_type.api_id for job_type in job_types.all() if job_type.key in NUMBERS} == NUMBERS


def test_an_ordinary_lead_passes_them_all(campaign, add_job, make_leads):
    for key in NUMBERS:
        add_job(campaign, key, config=NEEDED.get(key))
    values = {"telephone": "+44 20 7946 0958", "company": "Smith & Sons Ltd.", "country": "GB", "postcode": "SW1A 1AA", "title": "Ms"}
    (lead,) = make_leads(campaign, firstName="Jo", lastName="Ng", email="jo@smith.example.co.uk", comment="Call me, please", **values)
    scheduler.serve_campaigns(seconds=5)
    steps = {step["label"]: step["outcome"] for step in Event.objects.get().steps}
    assert steps.pop("Office IP Check") == "skipped"  # no office is named
    assert steps == dict.fromkeys([job_types.get(key).label for key in NUMBERS if key != "office_ip"], "passed")
    assert Lead.objects.get(pk=lead.pk).current_status == "valid"


@pytest.mark.parametrize(
    ("key", "config", "field"),
    [
        ("vowels", {"fields_to_read": ""}, "fields_to_read"), ("vowels", {"from_letters": 0}, "from_letters"),
        ("vowels", {"allowed_words": ["x" * 81]}, "allowed_words"), ("repeated_value", {"allowed": 0}, "allowed"),
        ("multiple_short_values", {"count": 0}, "count"), ("multiple_short_values", {"shorter_than": 1}, "shorter_than"),
        ("first_last_name_length", {"minimum": 0}, "minimum"), ("first_last_name_length", {"first_name": ""}, "first_name"),
        ("first_last_name_length", {"last_name": "x\x00"}, "last_name"), ("profanity", {"more_words": ["x\ud800"]}, "more_words"),
        ("profanity", {"fine_words": [f"w{n}" for n in range(1001)]}, "fine_words"), ("required_value", {}, "required"),
        ("required_value", {"required": [{"field": "x", "values": []}]}, "required"),
        ("required_value", {"required": [{"field": "x", "values": ["y"], "also": 1}]}, "required"), ("constraints", {}, "constraints"),
        ("constraints", {"constraints": [{"field": "x", "constraint": "prime"}]}, "constraints"),
        ("constraints", {"constraints": [{"field": "x", "constraint": "number"}] * 101}, "constraints"),
        ("office_ip", {"networks": []}, "networks"), ("email_syntax", {"fields_to_read": []}, "fields_to_read"),
        ("free_email_domain", {"more_domains": ["x" * 81]}, "more_domains"), ("postcode", {"country": "FR"}, "country"),
        ("postcode", {"country_field": "x" * 81}, "country_field"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_field(campaign, add_job, key, config, field):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, key, config=config)
    assert refused.value.field == field
    assert not Job.objects.exists()


def test_lists_of_words_are_kept_one_by_one_whatever_stands_between_them(campaign, add_job):
    config = add_job(campaign, "profanity", config={"more_words": "darn, heck;\r\nblimey\n\n darn "}).config
    assert config["more_words"] == ["darn", "heck", "blimey"]
