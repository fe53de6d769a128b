"""The campaign webhook, read by a publisher's program in both versions: fields, links, a lead, and each documented error."""

import pytest
from django.utils import timezone

from campaigns.models import Campaign, FormField
from leads.models import Lead
from tests.clients.webhook_client import Answer, WebhookClient
from tests.intake.sender import JAMES, Sender

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def client_of(request, campaign, server) -> WebhookClient:
    return WebhookClient(server, campaign.pk, Sender(campaign).key, version=request.param)


def read(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text


def test_a_client_learns_the_form_posts_a_lead_and_sends_it_again_without_doubling_it(client_of, campaign, pat):
    form, link = client_of.forms()[0], client_of.links()[0]
    names = [field if isinstance(field, str) else field["key"] for field in form["fields"]]
    assert names == [f"form[{name}]" for name in ("firstName", "lastName", "email", "telephone", "company")]
    said = {"publisherId": pat.pk, "campaignLinkId": link["id"], "externalId": "77"}
    lead = client_of.create_lead(form["formId"], JAMES, **said)
    assert Lead.objects.get(pk=lead).captured == JAMES
    assert client_of.create_lead(form["formId"], JAMES, **said) == lead


def test_every_documented_error_is_read_as_documented(client_of, campaign, form, monkeypatch):
    lead = {"form": form.pk, "values": JAMES}
    stranger = WebhookClient(client_of.address.removesuffix("/webhook/campaign"), campaign.pk, "wrong")
    nowhere = WebhookClient(stranger.address.removesuffix("/webhook/campaign"), 999_999, client_of.api_key)
    assert read(nowhere.post_lead(**lead)) == (404, "Not Found")
    assert read(client_of.post_lead(**{**lead, "form": 999_999})) == (404, "Not Found")
    assert read(stranger.post_lead(**lead)) == (401, '{"code":401,"message":"Access denied."}')
    assert read(client_of.post_lead(**lead, publisherId=999_999)) == (404, '{"code":404,"message":"Publisher not found"}')
    assert read(client_of.post_lead(form.pk, {**JAMES, "lastName": "", "shoeSize": "9"})) == (
        400,
        '{"code":400,"message":"Validation failed","data":[{"message":"This form should not contain extra fields."},'
        '{"fieldName":"form[lastName]","message":"This value should not be blank."}]}',
    )
    with monkeypatch.context() as broken:
        broken.setattr("leads.api.submit.receive_lead", lambda *_, **__: 1 / 0)
        assert read(client_of.post_lead(**lead)) == (500, '{"code":500,"message":""}')
    Campaign.objects.update(paused_at=timezone.now())
    assert read(client_of.post_lead(**lead)) == (403, '{"code":"403","error":"Campaign is inactive"}')
    assert not Lead.objects.exists()


def test_the_fields_tell_a_client_of_version_2_what_is_required(campaign, server):
    FormField.objects.filter(name="company").update(type=FormField.Type.HIDDEN)
    client = WebhookClient(server, campaign.pk, Sender(campaign).key)
    fields = {field["key"]: (field["required"], field["hidden"]) for field in client.forms()[0]["fields"]}
    assert (fields["form[email]"], fields["form[telephone]"], fields["form[company]"]) == ((True, False), (False, False), (False, True))
