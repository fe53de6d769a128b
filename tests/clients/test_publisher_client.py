"""The publisher's client against a server that listens: log in, read the fields, post, poll the result, read every refusal."""

import pytest
from django.utils import timezone

from campaigns import services
from config.core.accounts import roles
from leads.models import Lead
from processr.engine import scheduler
from processr.services import add_job
from tests.cast import PASSWORD, make_user
from tests.clients.publisher_client import VALID, PublisherClient, Refused
from tests.intake.sender import JAMES
from tests.publisher.limits import allow

__all__ = ["allow"]
pytestmark = pytest.mark.django_db

TEST_LEAD = {"firstName": "Test", "lastName": "Lead", "email": "lead@example.com"}


@pytest.fixture
def tess(pat, bob):
    user = make_user(roles.PUBLISHER, name="Tess")
    services.add_member(user, pat, actor=bob)
    return user


@pytest.fixture
def client(server, tess) -> PublisherClient:
    client = PublisherClient(server)
    client.log_in(tess.username, PASSWORD)
    return client


@pytest.fixture
def refusal():
    """refusal(call, …): the server's message."""

    def of(call, *args, **named) -> Refused:
        with pytest.raises(Refused) as caught:
            call(*args, **named)
        return caught.value

    return of


def test_a_publisher_logs_in_learns_posts_and_asks_until_its_leads_are_judged(client, campaign, pat, bob):
    add_job(campaign, "test_data", actor=bob)
    form, link = client.fields(campaign.pk)[0], client.links(campaign.pk)[0]
    assert form["fields"] == [f"form[{name}]" for name in ("firstName", "lastName", "email", "telephone", "company")]
    good, bad = (client.post(pat.pk, form["formId"], campaign.pk, person, link=link["id"]) for person in (JAMES, TEST_LEAD))
    assert Lead.objects.get(pk=good).link_id == link["id"]
    assert [client.result(pat.pk, lead) for lead in (good, bad)] == [None, None]
    scheduler.serve_campaigns(seconds=10)
    assert client.wait_for_result(pat.pk, good, within=0) == VALID
    why = client.wait_for_result(pat.pk, bad, within=0)
    assert (why["qaReasons"], why["failedJobs"]) == ("The word 'test' appears in firstName", ["Test Data Check"])
    assert why["leadData"] == TEST_LEAD


def test_an_api_key_opens_the_same_doors(server, tess, campaign, pat, form, bob):
    client = PublisherClient(server, version="v2.5")
    client.by_api_key(services.make_api_key(tess, pat, actor=bob))
    assert client.result(pat.pk, client.post(pat.pk, form.pk, campaign.pk, JAMES)) is None


def test_a_wrong_password_and_a_wrong_key_are_told(server, tess, refusal):
    client = PublisherClient(server)
    refusals = [refusal(client.log_in, tess.username, "wrong"), refusal(client.by_api_key, "wrong")]
    assert [(refused.status, refused.body["error"]) for refused in refusals] == [(400, "invalid_grant")] * 2


def test_without_a_token_everything_is_refused(server, campaign, pat, form, refusal):
    client = PublisherClient(server)
    calls = [
        (client.fields, campaign.pk),
        (client.links, campaign.pk),
        (client.post, pat.pk, form.pk, campaign.pk, JAMES),
        (client.result, pat.pk, 1),
    ]
    assert [refusal(*call).status for call in calls] == [401] * 4


def test_every_other_refusal_is_read(client, campaign, pat, form, refusal, bob):
    rival = services.create_publisher("Rival", actor=bob)
    told = [
        refusal(client.fields, 999_999),
        refusal(client.post, rival.pk, form.pk, campaign.pk, JAMES),
        refusal(client.post, pat.pk, 999_999, campaign.pk, JAMES),
        refusal(client.post, pat.pk, form.pk, campaign.pk, JAMES, link=999_999),
        refusal(client.result, pat.pk, 999_999),
        refusal(client.post, pat.pk, form.pk, campaign.pk, {**JAMES, "email": "nowhere"}),
    ]
    services.pause(campaign.pk, actor=bob)
    told.append(refusal(client.post, pat.pk, form.pk, campaign.pk, JAMES))
    assert [(refused.status, refused.body.get("message") or refused.body["error"]) for refused in told] == [
        (404, "Campaign not found"), (404, "Publisher not found"), (404, "Form not found"), (404, "Link not found"),
        (404, "Lead not found"), (400, "Validation failed"), (403, "Campaign is inactive"),
    ]  # fmt: skip
    assert told[5].body["data"] == [{"fieldName": "form[email]", "message": "This value is not a valid email address. It has no @."}]


def test_a_client_that_sends_too_much_still_reads_the_answer(client, campaign, pat, form, refusal):
    refused = refusal(client.post, pat.pk, form.pk, campaign.pk, {**JAMES, "company": "x" * 6_000_000})
    assert (refused.status, refused.body["message"]) == (413, "The body is too large: at most 512 kB.")


def test_a_lead_that_nobody_judges_is_waited_for_only_so_long(client, campaign, pat, form):
    lead = client.post(pat.pk, form.pk, campaign.pk, JAMES)
    with pytest.raises(TimeoutError):
        client.wait_for_result(pat.pk, lead, within=0.2, every=0.05)


def test_a_client_told_to_come_again_later_does_not_hammer_on(client, campaign, pat, form, allow, refusal):
    lead = client.post(pat.pk, form.pk, campaign.pk, JAMES)
    allow(lead_result=1)
    assert client.result(pat.pk, lead) is None
    refused = refusal(client.result, pat.pk, lead)
    assert refused.status == 429
    assert 0 < (refused.retry_after or 0) <= 300
    began = timezone.now()
    with pytest.raises(TimeoutError):
        client.wait_for_result(pat.pk, lead, within=30)
    assert (timezone.now() - began).total_seconds() < 10
