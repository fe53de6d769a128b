"""Settings of jobs that call a provider: invalid ones are refused beside their field, and a secret is sent to its own host only."""

import pytest

from config.core.credentials import service
from config.core.errors import DomainError
from processr.job_types.registry import job_types
from processr.models import Job
from tests.processr.planned import job

pytestmark = pytest.mark.django_db
URL = "https://api.example/check/{email}"
CHECK = {"url": URL, "path": "result"}
BOTH = ["http_check", "http_enrichment"]


@pytest.fixture
def partner(bob):
    return service.set_credential("Partner", actor=bob, secret="whisper", api_url="https://api.example/v1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": ""}, "url"), ({"url": "https://{company}.example/"}, "url"), ({"url": "ftp://a.example/"}, "url"), ({"url": "https://a.example/{"}, "url"),
        ({"url": "https://u:p@a.example/"}, "url"), ({"url": "https://a.example/\x00"}, "url"), ({"url": "https://a.example/" + "x" * 2000}, "url"),
        ({"method": "DELETE"}, "method"), ({"method": "POST", "send_as": "xml"}, "send_as"),
        ({"headers": [{"name": "Host", "value": "b"}]}, "headers"), ({"headers": [{"name": "X", "value": "a\r\nb"}]}, "headers"), ({"headers": "X: y"}, "headers"),
        ({"fields_sent": [{"name": "a", "field": "", "value": ""}]}, "fields_sent"), ({"fields_sent": [{"name": "a", "field": "b", "value": "c"}]}, "fields_sent"),
        ({"method": "POST", "send_as": "json", "fields_sent": [{"name": "a", "field": "b"}, {"name": "a.c", "field": "b"}]}, "fields_sent"),
        ({"credential": 4711}, "credential"), ({"credential": "x"}, "credential"), ({"seconds": 0}, "seconds"), ({"seconds": 31}, "seconds"), ({"tries": 0}, "tries"),
        ({"tries": 6}, "tries"), ({"keep_minutes": -1}, "keep_minutes"), ({"keep_minutes": 1441}, "keep_minutes"),
        ({"look_at": "stars"}, "look_at"), ({"path": ""}, "path"), ({"path": "a..b"}, "path"), ({"passing": []}, "passing"), ({"passing": ["x" * 501]}, "passing"),
        ({"passing": ["a\x00"]}, "passing"), ({"passing": ["a"] , "failing": ["a"]}, "failing"), ({"look_at": "pattern", "passing": ["("]}, "passing"),
        ({"look_at": "pattern", "failing": ["[z-a]"]}, "failing"), ({"look_at": "status", "passing": ["valid"]}, "passing"), ({"look_at": "status", "passing": ["20"]}, "passing"),
        ({"otherwise": "pass"}, "otherwise"), ({"reason": ""}, "reason"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_by_field(campaign, add_job, changes, field):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "http_check", config={**CHECK, **changes})
    assert refused.value.field == field
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("taken", "field"),
    [
        ([], "taken"),
        ([{"path": "a..b", "field": "x"}], "taken"),
        ([{"path": "a", "field": "x"}, {"path": "b", "field": "x"}], "taken"),
        ([{"path": "a", "field": ""}], "taken"),
    ],
)
def test_what_an_enrichment_cannot_take_is_refused(campaign, add_job, taken, field):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "http_enrichment", config={"url": URL, "taken": taken})
    assert refused.value.field == field


def test_a_field_no_form_has_is_no_mistake(campaign, add_job):
    assert (
        add_job(campaign, "http_check", config={**CHECK, "url": "https://api.example/{favouriteColour}"})
        .config["url"]
        .endswith("{favouriteColour}")
    )


def test_lines_are_texts_one_a_line(campaign, add_job):
    kept = add_job(campaign, "http_check", config={**CHECK, "passing": " valid \r\n\r\ncatch-all; maybe\n", "failing": "invalid"}).config
    assert (kept["passing"], kept["failing"]) == (["valid", "catch-all; maybe"], ["invalid"])


@pytest.mark.parametrize("key", BOTH)
def test_a_secret_is_only_set_to_go_to_the_host_it_is_for(campaign, add_job, partner, bob, key):
    extra = {"path": "result"} if key == "http_check" else {"taken": [{"path": "a", "field": "b"}]}
    assert add_job(campaign, key, config={"url": URL, "credential": partner.pk, **extra}).config["credential"] == partner.pk
    for url in (
        "https://evil.example/{email}",
        "http://api.example/{email}",
        "https://api.example:8443/",
        "https://api.example.evil.example/",
    ):
        with pytest.raises(DomainError, match="is for https://api.example") as refused:
            add_job(campaign, key, config={"url": url, "credential": partner.pk, **extra})
        assert refused.value.field == "credential"
    homeless = service.set_credential("Homeless", actor=bob, secret="s")
    with pytest.raises(DomainError, match="has no API URL"):
        add_job(campaign, key, config={"url": URL, "credential": homeless.pk, **extra})
    app = service.set_credential("App", actor=bob, secret="s", type="connectedAppType", api_url=URL.partition("{")[0])
    with pytest.raises(DomainError, match="not for jobs"):
        add_job(campaign, key, config={"url": URL, "credential": app.pk, **extra})


@pytest.mark.parametrize(("place", "name"), [("header", ""), ("query", ""), ("header", "Host"), ("header", "X Y")])
def test_a_credential_in_a_header_or_parameter_needs_its_name(campaign, add_job, partner, place, name):
    with pytest.raises(DomainError) as refused:
        add_job(campaign, "http_check", config={**CHECK, "credential": partner.pk, "credential_place": place, "credential_name": name})
    assert refused.value.field == "credential_name"


def test_the_page_offers_the_credentials_of_jobs_by_name(partner, bob):
    service.set_credential("App", actor=bob, secret="s", type="connectedAppType")
    shown = str(job_types.get("http_check").Settings()["credential"])
    assert f'<option value="{partner.pk}">Partner</option>' in shown
    assert "App" not in shown
    assert "whisper" not in shown


def test_the_rule_tells_publishers_neither_address_nor_answer(config):
    rows = [{"name": "e", "field": "email", "value": ""}]
    kept = config("http_check", **CHECK, fields_sent=rows, passing=["deliverable"], reason="Mend the address")
    rule = job_types.get("http_check")(job(config=kept)).rule()
    assert rule == "The provider that is asked about email accepts the lead"
