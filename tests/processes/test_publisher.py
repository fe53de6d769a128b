"""A publisher's program and a running installation: log in, read the fields, post, poll the results, read every refusal."""

from typing import Any

import pytest

from config.core.accounts import roles
from config.core.errors import ROLE
from tests.clients.publisher_client import VALID, PublisherClient, Refused
from tests.processes.sluice import JUDGED_WITHIN, Sluice

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]

CAMPAIGN = "Payroll demo requests"  # active, without a cap, with the three jobs
PAUSED = "Ransomware guide"
VERA = {"firstName": "Vera", "lastName": "Stone", "company": "Alder Foods", "email": "vera.stone@publisher.example"}
SOMEBODY_TRYING = {"firstName": "Test", "lastName": "Lead", "company": "Alder Foods", "email": "trying@publisher.example"}


@pytest.fixture(scope="module")
def campaign(sluice: Sluice) -> dict[str, Any]:
    return sluice.campaign(CAMPAIGN)


@pytest.fixture(scope="module")
def publishers(sluice: Sluice) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = sluice.world["publishers"]
    return told


@pytest.fixture(scope="module")
def client(sluice: Sluice, publishers: list[dict[str, Any]]) -> PublisherClient:
    """The first publisher's client, logged in by password."""
    client = PublisherClient(sluice.address)
    client.log_in(publishers[0]["username"], publishers[0]["password"])
    return client


def test_a_good_lead_is_posted_and_found_valid(client: PublisherClient, campaign: dict[str, Any], publishers: list[dict[str, Any]]) -> None:
    form = next(form for form in client.fields(campaign["id"]) if form["formName"] == "Short contact")
    assert form["fields"] == ["form[firstName]", "form[lastName]", "form[email]", "form[company]"]
    link = client.links(campaign["id"])[0]
    assert (link["name"], link["destination"]) == ("Email", "https://example.com/offer")
    lead = client.post(publishers[0]["id"], form["formId"], campaign["id"], VERA, link=link["id"])
    assert client.wait_for_result(publishers[0]["id"], lead, within=JUDGED_WITHIN) == VALID


def test_of_a_bad_lead_the_reasons_the_failed_jobs_and_what_was_sent_are_told(
    sluice: Sluice, campaign: dict[str, Any], publishers: list[dict[str, Any]]
) -> None:
    client = PublisherClient(sluice.address, version="v2.5")
    client.by_api_key(publishers[1]["api_key"])
    lead = client.post(publishers[1]["id"], campaign["forms"][1]["id"], campaign["id"], SOMEBODY_TRYING)
    why = client.wait_for_result(publishers[1]["id"], lead, within=JUDGED_WITHIN)
    job = next(job for job in campaign["jobs"] if job["type"] == "test_data")
    reason = "The word 'test' appears in firstName"
    assert why == {"qaReasons": reason, "failedJobs": [job["label"]], "leadData": SOMEBODY_TRYING}


def test_every_documented_refusal_is_read(
    sluice: Sluice, client: PublisherClient, campaign: dict[str, Any], publishers: list[dict[str, Any]]
) -> None:
    own, other = publishers[0]["id"], publishers[1]["id"]
    form, campaign_id, paused = campaign["forms"][1]["id"], campaign["id"], sluice.campaign(PAUSED)["id"]
    theirs = sluice.rows("SELECT min(id) FROM leads_lead WHERE publisher_id = %s", other)[0][0]
    stranger, reporter = PublisherClient(sluice.address), PublisherClient(sluice.address)
    known = next(user for user in sluice.world["users"] if user["role"] == roles.REPORT)
    reporter.log_in(known["username"], known["password"])
    told = [
        _refusal(stranger.log_in, publishers[0]["username"], "wrong"),
        _refusal(stranger.by_api_key, "wrong"),
        _refusal(stranger.fields, campaign_id),
        _refusal(reporter.fields, campaign_id),
        _refusal(client.fields, 999_999),
        _refusal(client.post, other, form, campaign_id, VERA),
        _refusal(client.post, own, 999_999, campaign_id, VERA),
        _refusal(client.post, own, form, campaign_id, VERA, link=999_999),
        _refusal(client.post, own, form, campaign_id, {**VERA, "email": "nowhere", "shoeSize": "9"}),
        _refusal(client.post, own, form, paused, VERA),
        _refusal(client.result, own, theirs),
        _refusal(client.result, other, theirs),
    ]
    assert [(refused.status, _words(refused.body)) for refused in told] == [
        (400, "invalid_grant"), (400, "invalid_grant"), (401, "access_denied"), (403, ROLE.lifts("Your role may not use the publisher API.")),
        (404, "Campaign not found"), (404, "Publisher not found"), (404, "Form not found"), (404, "Link not found"),
        (400, "Validation failed"), (403, "Campaign is inactive"), (404, "Lead not found"), (404, "Publisher not found"),
    ]  # fmt: skip


def test_who_logs_in_for_every_call_is_told_to_come_again_later(sluice: Sluice, publishers: list[dict[str, Any]]) -> None:
    client = PublisherClient(sluice.address)
    for _ in range(100):
        client.by_api_key(publishers[2]["api_key"])
    refused = _refusal(client.by_api_key, publishers[2]["api_key"])
    assert refused.status == 429
    assert 0 < (refused.retry_after or 0) <= 300


def _refusal(call: Any, *args: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **named)
    return caught.value


def _words(body: dict[str, Any]) -> str:
    words: str = body.get("message") or body["error"]
    return words
