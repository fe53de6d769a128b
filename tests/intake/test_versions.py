"""Versions 1 and 2 of the webhook: two spellings of the addresses, two shapes of the fields, one way to post a lead."""

import pytest

from campaigns.models import Campaign
from leads.models import Lead
from tests.intake.sender import JAMES, URLENCODED

pytestmark = pytest.mark.django_db

POSTS = ("{}/global-form/{}/leads", "{}/form/{}/leads", "v2/{}/global-form/{}/leads", "v2/{}/form/{}/leads")
READS = ("{}/form/fields", "{}/global-form/fields", "v2/{}/global-form/fields", "v2/{}/form/fields", "{}/links", "v2/{}/links")


def post(sender, spelling: str, query: str = "", body: str = "form[firstName]=A&form[lastName]=B&form[email]=a@example.com"):
    path = "/webhook/campaign/" + spelling.format(sender.campaign.pk, sender.form.pk)
    return sender.client.generic("POST", f"{path}?apikey={sender.key}{query}", body, URLENCODED)


def get(sender, spelling: str):
    return sender.client.get(f"/webhook/campaign/{spelling.format(sender.campaign.pk)}?apikey={sender.key}")


@pytest.mark.parametrize("spelling", ["{}/form/fields", "{}/global-form/fields"])
def test_version_1_lists_the_names_of_the_fields_alone(sender, form, spelling):
    form.fields.filter(name="telephone").update(enabled=False)
    answer = get(sender, spelling)
    names = '"form[firstName]","form[lastName]","form[email]","form[company]"'
    assert answer.content.decode() == f'[{{"formName":"White paper","formId":{form.pk},"fields":[{names}]}}]'


@pytest.mark.parametrize("spelling", ["v2/{}/form/fields", "v2/{}/global-form/fields"])
def test_version_2_describes_the_fields_whatever_it_calls_the_form(sender, spelling):
    assert get(sender, spelling).json()[0]["fields"][0] == {"key": "form[firstName]", "hidden": False, "required": True}


def test_links_are_the_same_in_both_versions(sender):
    assert get(sender, "{}/links").content == get(sender, "v2/{}/links").content != b"[]"


@pytest.mark.parametrize("spelling", POSTS)
def test_a_lead_is_taken_under_every_spelling_of_the_address(sender, pat, spelling):
    answer = post(sender, spelling, f"&publisherId={pat.pk}&campaignLinkId={sender.campaign.links.get().pk}")
    lead = sender.lead(answer)
    assert answer.content.decode() == f'{{"code":201,"message":"Lead was created successfully","data":{lead.pk}}}'
    assert (lead.publisher, lead.form, lead.entry_point) == (pat, sender.form, "webhook")


@pytest.mark.parametrize("spelling", POSTS)
def test_every_documented_refusal_of_a_post_reads_the_same_under_every_spelling(sender, spelling, monkeypatch):
    plain = (404, b"Not Found")
    assert answered(post(sender, spelling.replace("{}/", "999999/", 1))) == plain, "campaign"
    assert answered(post(sender, spelling.replace("form/{}", "form/999999"))) == plain, "form"
    assert answered(post(sender, spelling.replace("leads", "lead"))) == plain, "address"
    assert answered(post(sender, spelling, "&publisherId=999999")) == (404, b'{"code":404,"message":"Publisher not found"}')
    assert answered(post(sender, spelling, "&apikey=wrong")) == (401, b'{"code":401,"message":"Access denied."}')
    told = post(sender, spelling, body="form[firstName]=A&form[shoeSize]=9&form[email]=nowhere").content.decode()
    assert told == (
        '{"code":400,"message":"Validation failed","data":[{"message":"This form should not contain extra fields."},'
        '{"fieldName":"form[lastName]","message":"This value should not be blank."},'
        '{"fieldName":"form[email]","message":"This value is not a valid email address. It has no @."}]}'
    )
    monkeypatch.setattr("leads.api.submit.receive_lead", lambda *_, **__: 1 / 0)
    assert answered(post(sender, spelling)) == (500, b'{"code":500,"message":""}')
    Campaign.objects.update(signed_at=None)
    assert answered(post(sender, spelling)) == (403, b'{"code":"403","error":"Campaign is inactive"}')
    assert not Lead.objects.exists()


def answered(answer) -> tuple[int, bytes]:
    return answer.status_code, answer.content


@pytest.mark.parametrize("spelling", READS)
def test_every_list_asks_for_the_key_and_knows_no_other_campaign(sender, spelling):
    path = "/webhook/campaign/" + spelling
    denied = sender.client.get(path.format(sender.campaign.pk) + "?apikey=wrong")
    unknown = sender.client.get(path.format(999_999) + f"?apikey={sender.key}")
    assert answered(denied) == (401, b'{"code":401,"message":"Access denied."}')
    assert answered(unknown) == (404, b"Not Found")
    assert get(sender, spelling).status_code == 200
    assert sender.client.head(path.format(sender.campaign.pk) + f"?apikey={sender.key}").status_code == 200


@pytest.mark.parametrize("spelling", [*READS, *POSTS])
def test_browsers_may_ask_at_every_address_and_read_every_answer(sender, spelling):
    path = "/webhook/campaign/" + spelling.format(sender.campaign.pk, sender.form.pk)
    allowed = sender.client.options(path, headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"})
    assert (allowed.status_code, allowed["Access-Control-Allow-Origin"]) == (204, "*")
    assert sender.client.get(path)["Access-Control-Allow-Origin"] == "*"


def test_the_same_lead_under_another_spelling_is_another_request(sender):
    """An Idempotency-Key stands for one request, the address included."""
    headers = {"Idempotency-Key": "one"}
    assert sender.post(JAMES, headers=headers).status_code == 201
    other = sender.address().replace("/global-form/", "/form/")
    body = "form%5BfirstName%5D=James&form%5BlastName%5D=Butt&form%5Bemail%5D=jbutt%40example.com"
    assert sender.client.generic("POST", other, body, URLENCODED, headers=headers).status_code == 409
