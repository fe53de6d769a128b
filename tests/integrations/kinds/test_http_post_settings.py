"""Settings of HTTP Post: invalid ones are refused beside their field, and a secret is sent to its own host only."""

import pytest

from config.core.credentials import service
from config.core.errors import DomainError
from processr.job_types.registry import job_types
from processr.models import Job
from processr.plans import planned
from processr.services import add_job
from tests.integrations.kinds.sending import outgoing, row

pytestmark = pytest.mark.django_db
URL = "https://crm.example/leads"
BASE = {"url": URL, "fields_sent": [row("mail", "email")]}
PATH = {"look_at": "path", "path": "result", "passing": ["ok"]}


@pytest.fixture
def add(campaign, bob):
    return lambda **changes: add_job(campaign, "http_post", actor=bob, config={**BASE, **changes})


@pytest.fixture
def partner(bob):
    return service.set_credential("Partner", actor=bob, secret="whisper", api_url=URL)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": ""}, "url"), ({"url": "https://{company}.example/"}, "url"), ({"url": "ftp://a.example/"}, "url"), ({"url": "https://u:p@a.example/"}, "url"),
        ({"url": "https://a.example/{"}, "url"), ({"method": "GET"}, "method"), ({"method": "DELETE"}, "method"), ({"send_as": "query"}, "send_as"),
        ({"fields_sent": []}, "fields_sent"), ({"fields_sent": [row("a")]}, "fields_sent"), ({"fields_sent": [row("a", "b", "c")]}, "fields_sent"),
        ({"fields_sent": [row("a", "b"), row("a.c", "b")]}, "fields_sent"), ({"fields_sent": [row("a", "b"), row("a", "b")]}, "fields_sent"),
        ({"fields_sent": [row("", "b")]}, "fields_sent"), ({"fields_sent": [row("a", "b")] * 101, "send_as": "form"}, "fields_sent"),
        ({"headers": [{"name": "Host", "value": "b"}]}, "headers"), ({"headers": [{"name": "X", "value": "a\r\nb"}]}, "headers"),
        ({"headers": [{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}]}, "headers"), ({"credential": 4711}, "credential"),
        ({"event_header": "X Y"}, "event_header"), ({"event_header": "Host"}, "event_header"), ({"event_header": "Content-Type"}, "event_header"),
        ({"event_header": "X-A", "headers": [{"name": "x-a", "value": "1"}]}, "event_header"), ({"seconds": 0}, "seconds"), ({"seconds": 46}, "seconds"),
        ({"side_by_side": 0}, "side_by_side"), ({"side_by_side": 33}, "side_by_side"), ({"statuses": ""}, "statuses"), ({"statuses": "500"}, "statuses"),
        ({"statuses": "5xx"}, "statuses"), ({"statuses": "429"}, "statuses"), ({"statuses": "20"}, "statuses"), ({"statuses": "2x0"}, "statuses"),
        ({"statuses": "²⁰⁰"}, "statuses"), ({"statuses": "all"}, "statuses"), ({"look_at": "stars"}, "look_at"), ({**PATH, "path": ""}, "path"),
        ({**PATH, "path": "a..b"}, "path"), ({**PATH, "passing": []}, "passing"), ({"look_at": "text"}, "passing"), ({"in_doubt": "perhaps"}, "in_doubt"),
        ({"in_doubt": "again", "event_header": ""}, "in_doubt"), ({**PATH, "passing": ["OK"], "failing": ["no", "ok"]}, "failing"),
        ({"fields_sent": [row("a", "b", type="date")]}, "fields_sent"), ({"fields_sent": [row("a", value="five", type="number")]}, "fields_sent"),
        ({"fields_sent": [row("a", value="maybe", type="boolean")]}, "fields_sent"), ({"look_at": "text", "failing": ["x" * 501]}, "failing"),
        ({"fields_sent": [row("a", "b"), row("c", "b", type="number")], "send_as": "form"}, "fields_sent"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_by_field(add, changes, field):
    with pytest.raises(DomainError) as refused:
        add(**changes)
    assert refused.value.field == field
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"fields_sent": [row("a", "b"), row("a", "c")], "send_as": "form"}, {"in_doubt": "again"}, {"in_doubt": "again", "event_header": "", "fields_sent": [row("id", "eventId")]},
        {"in_doubt": "again", "event_header": "", "url": "https://a.example/{eventId}"}, {"event_header": ""}, {"url": "https://a.example/{favouriteColour}"}, PATH,
        {"headers": [{"name": "Content-Type", "value": "application/vnd.api+json"}]}, {**PATH, "passing": [], "failing": ["error"]},
        {**PATH, "failing": ["error"]}, {"look_at": "text", "failing": "error\nduplicate"}, {"fields_sent": [row("a", "b", type="number")]},
        {"fields_sent": [row("a", value="5", type="number"), row("b", value="no", type="boolean"), row("c", "d", type="")]},
    ],
)  # fmt: skip
def test_what_can_work_is_taken(add, changes):
    assert add(**changes).category == "integration"


def test_statuses_are_kept_as_people_read_them(add):
    assert add(statuses=" 200,201 2XX 200 ").config["statuses"] == "200, 201, 2xx"


def test_a_lead_that_may_be_there_already_waits_for_a_person_unless_told_otherwise(add):
    assert add().config["in_doubt"] == "wait"
    shown = str(job_types.get("http_post").Settings()["in_doubt"].help_text)
    assert "may be there twice" in shown


def test_a_secret_is_only_set_to_go_to_the_host_it_is_for(add, partner):
    assert add(credential=partner.pk).credential == partner
    with pytest.raises(DomainError, match="is for https://crm.example") as refused:
        add(credential=partner.pk, url="https://evil.example/")
    assert refused.value.field == "credential"


@pytest.mark.parametrize(
    ("place", "changes", "field"),
    [
        ("bearer", {"headers": [{"name": "authorization", "value": "x"}]}, "headers"), ("basic", {"event_header": "Authorization"}, "event_header"),
        ("header", {"credential_name": "X-Key", "event_header": "x-key"}, "event_header"), ("header", {"credential_name": ""}, "credential_name"),
        ("header", {"credential_name": "X-Key", "headers": [{"name": "X-KEY", "value": "x"}]}, "headers"),
    ],
)  # fmt: skip
def test_no_header_is_sent_twice(add, partner, place, changes, field):
    with pytest.raises(DomainError) as refused:
        add(credential=partner.pk, credential_place=place, **changes)
    assert refused.value.field == field


def test_the_secret_is_opened_anew_for_each_turn(add, partner, bob):
    """Gone, moved or broken, nothing is sent with what was there before."""
    integration = job_types.get("http_post")
    job = add(credential=partner.pk)

    def why_not() -> str:
        made = integration(planned(job))
        made.prepare_sending([])
        return made.unsendable(outgoing(email="anna@example.com"))

    assert why_not() == ""
    service.change_credential(partner.pk, actor=bob, secret="new", api_url="https://other.example/")
    assert why_not() == "The credential is missing, or cannot be used for this address"
