"""Answers of the webhook: the shapes that clients know, byte for byte, and the order of refusals."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import services
from campaigns.models import CampaignLink
from leads.models import Lead
from tests.intake.sender import JAMES, Sender

pytestmark = pytest.mark.django_db

INACTIVE = b'{"code":"403","error":"Campaign is inactive"}'


def change(row, **columns) -> None:
    type(row).objects.filter(pk=row.pk).update(**columns)


def test_the_fields_of_every_form_are_listed_as_senders_have_to_name_them(sender, form, bob):
    form.fields.filter(name="company").update(type="hidden")
    form.fields.filter(name="telephone").update(enabled=False)
    answer = sender.client.get(f"/webhook/campaign/v2/{sender.campaign.pk}/global-form/fields?apikey={sender.key}")
    assert answer.content.decode() == (
        f'[{{"formName":"White paper","formId":{form.pk},"fields":['
        '{"key":"form[firstName]","hidden":false,"required":true},'
        '{"key":"form[lastName]","hidden":false,"required":true},'
        '{"key":"form[email]","hidden":false,"required":true},'
        '{"key":"form[company]","hidden":true,"required":false}]}]'
    )
    assert answer["Content-Type"] == "application/json"


def test_an_archived_form_is_neither_listed_nor_takes_leads(sender, form):
    change(form, archived_at=timezone.now())
    assert sender.client.get(f"/webhook/campaign/v2/{sender.campaign.pk}/global-form/fields?apikey={sender.key}").json() == []
    assert (sender.post().status_code, sender.post().content) == (404, b"Not Found")


def test_the_links_in_use_are_listed(sender):
    link = sender.campaign.links.get()
    CampaignLink.objects.create(campaign=sender.campaign, name="Old", status="archived")
    answer = sender.client.get(f"/webhook/campaign/{sender.campaign.pk}/links?apikey={sender.key}")
    assert answer.content.decode() == f'[{{"id":{link.pk},"name":"Newsletter","channel":"Email","destination":"https://example.com/"}}]'


def test_a_lead_is_created(sender, pat):
    link = sender.campaign.links.get()
    answer = sender.post(publisherId=pat.pk, campaignLinkId=link.pk)
    lead = sender.lead(answer)
    assert answer.content.decode() == f'{{"code":201,"message":"Lead was created successfully","data":{lead.pk}}}'
    assert (lead.campaign, lead.form, lead.publisher, lead.link) == (sender.campaign, sender.form, pat, link)
    assert (lead.captured, lead.email, lead.name_key) == (JAMES, "jbutt@example.com", "james butt")
    assert (lead.processr_status, lead.current_status, lead.lane, lead.entry_point) == ("waiting", "pending", 0, "webhook")


def test_publisher_and_link_may_be_left_out_or_left_empty(sender):
    lead = sender.lead(sender.post(publisherId="", campaignLinkId=""))
    assert (lead.publisher_id, lead.link_id) == (None, None)


def test_an_unknown_campaign_is_a_plain_404(sender):
    answer = sender.post(campaign=2**63 - 1)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (404, b"Not Found", "text/plain; charset=utf-8")


@pytest.mark.parametrize("key", ["", "wrong", "cmp_é\x00", "x" * 10_000])
def test_a_wrong_key_is_denied(sender, key):
    answer = sender.post(apikey=key)
    assert (answer.status_code, answer.content) == (401, b'{"code":401,"message":"Access denied."}')


def test_the_key_of_another_campaign_is_denied(sender, make_campaign):
    other = Sender(make_campaign("Other"))
    for path in (sender.address(apikey=other.key), f"/webhook/campaign/{sender.campaign.pk}/links?apikey={other.key}"):
        answer = sender.client.post(path) if "leads" in path else sender.client.get(path)
        assert (answer.status_code, answer.content) == (401, b'{"code":401,"message":"Access denied."}')


def test_a_form_of_another_campaign_is_a_plain_404(sender, bob):
    foreign = services.create_form("Foreign", fields=[{"name": "email", "label": "E-mail"}], actor=bob)
    answer = sender.post(form=foreign.pk)
    assert (answer.status_code, answer.content) == (404, b"Not Found")


@pytest.mark.parametrize("publisher", ["999999", "0", "-1", "abc", "1.0", "1e3", "9" * 30, "٣", " 1", "1\x00"])
def test_a_publisher_that_is_not_on_the_campaign_is_not_found(sender, publisher):
    answer = sender.post(publisherId=publisher)
    assert (answer.status_code, answer.content) == (404, b'{"code":404,"message":"Publisher not found"}')


def test_a_publisher_that_exists_but_is_not_assigned_is_not_found(sender, bob):
    stranger = services.create_publisher("Stranger", actor=bob)
    assert sender.post(publisherId=stranger.pk).content == b'{"code":404,"message":"Publisher not found"}'


@pytest.mark.parametrize("link", ["999999", "abc", "-1", "9" * 30])
def test_an_unknown_link_is_not_found(sender, link):
    answer = sender.post(campaignLinkId=link)
    assert (answer.status_code, answer.content) == (404, b'{"code":404,"message":"Link not found"}')


def test_a_link_of_another_campaign_is_not_found(sender, make_campaign):
    assert sender.post(campaignLinkId=make_campaign().links.get().pk).content == b'{"code":404,"message":"Link not found"}'


@pytest.mark.parametrize("contract", [{"signed_at": None}, {"enabled": False}])
def test_a_publisher_whose_contract_is_not_in_force_is_inactive(sender, pat, contract):
    change(sender.campaign.contracts.get(), **contract)
    answer = sender.post(publisherId=pat.pk)
    assert (answer.status_code, answer.content) == (403, b'{"code":"403","error":"Publisher is inactive"}')


@pytest.mark.parametrize(
    "columns",
    [
        {"signed_at": None},
        {"start": timezone.now() + timedelta(hours=1)},
        {"end": timezone.now() - timedelta(hours=1)},
        {"end": timezone.now() - timedelta(days=1, hours=1), "end_extension": 1},
        {"paused_at": timezone.now() - timedelta(seconds=1)},
        {"uncapped": False, "lead_volume": 5, "slots_taken": 5},
    ],
    ids=["unsigned", "not started", "ended", "extension over", "paused", "full"],
)
def test_an_inactive_campaign_takes_no_lead(sender, columns):
    change(sender.campaign, **columns)
    answer = sender.post()
    assert (answer.status_code, answer.content) == (403, INACTIVE)
    assert sender.nothing_kept()


def test_a_full_campaign_that_holds_over_delivery_goes_on_taking_leads(sender):
    change(sender.campaign, uncapped=False, lead_volume=5, slots_taken=6, hold_over_delivery=True)
    assert sender.post().status_code == 201


def test_leads_are_taken_until_the_extension_of_the_end_is_over(sender):
    change(sender.campaign, end=timezone.now() - timedelta(hours=1), end_extension=1)
    assert sender.post().status_code == 201


def test_a_pause_holds_from_the_next_request_on(sender, bob):
    assert sender.post().status_code == 201
    services.pause(sender.campaign.pk, actor=bob)
    assert sender.post().content == INACTIVE
    services.resume(sender.campaign.pk, actor=bob)
    assert sender.post().status_code == 201


def test_extra_missing_and_bad_fields_are_all_told_at_once_the_extra_ones_first(sender):
    answer = sender.post({"firstName": "James", "email": "nowhere", "shoeSize": "9"})
    assert answer.status_code == 400
    assert answer.content.decode() == (
        '{"code":400,"message":"Validation failed","data":['
        '{"message":"This form should not contain extra fields."},'
        '{"fieldName":"form[lastName]","message":"This value should not be blank."},'
        '{"fieldName":"form[email]","message":"This value is not a valid email address. It has no @."}]}'
    )
    assert sender.nothing_kept()


def test_what_is_wrong_is_told_in_order(sender, pat):
    """Each mend brings the next complaint: key, form, publisher, link, contract, campaign, fields."""
    contract, now = sender.campaign.contracts.get(), timezone.now()
    change(sender.campaign, paused_at=now - timedelta(seconds=1))
    change(contract, enabled=False)
    wrong = {"apikey": "no", "form": 999999, "publisherId": "x", "campaignLinkId": "x"}
    told = []
    for mended in ("apikey", "form", "publisherId", "campaignLinkId"):
        told.append(sender.post({}, **wrong))
        wrong.pop(mended)
        if mended == "publisherId":
            wrong["publisherId"] = pat.pk
    told.append(sender.post({}, **wrong))
    change(contract, enabled=True)
    told.append(sender.raw("{", "application/json", **wrong))
    change(sender.campaign, paused_at=None)
    told.append(sender.post({}, **wrong))
    assert [answer.status_code for answer in told] == [401, 404, 404, 404, 403, 403, 400]
    words = [
        "Access denied.",
        "Not Found",
        "Publisher not found",
        "Link not found",
        "Publisher is inactive",
        "Campaign is inactive",
        "blank",
    ]
    assert all(word in answer.content.decode() for word, answer in zip(words, told, strict=True))


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_method_is_refused_naming_the_right_one(sender, method):
    answer = getattr(sender.client, method)(sender.address())
    assert (answer.status_code, answer["Allow"], answer.content) == (405, "POST, OPTIONS", b'{"code":405,"message":"Method not allowed."}')


def test_the_lists_are_only_read(sender):
    answer = sender.client.post(f"/webhook/campaign/{sender.campaign.pk}/links?apikey={sender.key}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "path",
    [
        "/webhook/campaign/0/links",
        "/webhook/campaign/-1/links",
        "/webhook/campaign/+1/links",
        "/webhook/campaign/%D9%A1/links",
        f"/webhook/campaign/{2**63}/links",
        f"/webhook/campaign/{'9' * 5000}/links",
        "/webhook/campaign/1%00/links",
        "/webhook/campaign/v2/abc/global-form/fields",
        "/webhook/campaign/1/global-form/1/leads/",
        "/webhook/",
        "/webhook/elsewhere",
    ],
)
def test_an_address_that_is_none_is_a_plain_404(sender, path):
    for answer in (sender.client.get(path), sender.client.post(path)):
        assert (answer.status_code, answer.content) == (404, b"Not Found")


def test_an_error_of_ours_is_told_in_the_same_shape(sender, monkeypatch):
    monkeypatch.setattr("leads.api.submit.receive_lead", lambda *_, **__: 1 / 0)
    answer = sender.post()
    assert (answer.status_code, answer.json()) == (500, {"code": 500, "message": ""})
    assert not Lead.objects.exists()
