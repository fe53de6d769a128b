"""The payload of a lead: its values, and what else a mapping may name, in as few queries for many leads as for one."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import CampaignForm, CampaignLink, CampaignPublisher
from config.core import enterprise
from config.core.models import Enterprise
from integrations.delivery.payload import CAPABILITIES, NAMES, OutgoingBuilder, build_outgoing, read_value
from integrations.delivery.samples import HASH, sample_lead
from leads.models import Lead
from processr.transforms.definitions import Definition
from processr.transforms.services import create as create_transform
from tests.cast import FIELDS
from tests.leads.acts import judge_all

pytestmark = pytest.mark.django_db
EVENT = "e" * 24


@pytest.fixture
def out():
    """out(lead): ready to be sent."""
    return lambda lead: build_outgoing(lead, event_id=EVENT, delivery_id=9, is_test=False)


def test_everything_a_mapping_may_name_is_there(campaign, make_leads, out):
    Enterprise.objects.update(zone="Europe/Berlin")
    enterprise.forget()
    (lead,) = make_leads(campaign, email="anna@example.com")
    judge_all(campaign)
    link = CampaignLink.objects.get()
    Lead.objects.filter(pk=lead.pk).update(link=link, publisher_sub_id="s7", host="forms.example", landing_page_url="https://a.example/")
    with time_machine.travel("2026-01-31T23:30:00Z", tick=False):
        sent = out(Lead.objects.get(pk=lead.pk))
    assert (sent.id, sent.event_id, sent.is_test) == (9, EVENT, False)
    assert set(sent.meta) == set(NAMES)
    told = {
        "eventId": EVENT, "leadHash": lead.lead_hash, "leadStatus": "Valid", "publisherName": "Pat Media", "channel": "Email", "publisherSubId": "s7",
        "campaignPublisherId": str(CampaignPublisher.objects.get().pk), "campaignFormId": str(CampaignForm.objects.get().pk),
        "globalFormId": str(lead.form_id), "globalFormName": "White paper", "id": str(lead.pk), "leadId": str(lead.pk), "ip": "203.0.113.7",
        "emailDomain": "@example.com", "currentDate": "2026-02-01", "currentTime": "00:30:00", "currentDateTime": "2026-02-01 00:30:00",
    }  # fmt: skip
    assert {name: sent.meta[name] for name in told} == told
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", sent.meta["createdTs"])


def test_a_lead_without_publisher_form_and_link_has_nothing_there(campaign, make_leads, out):
    (lead,) = make_leads(campaign)
    Lead.objects.filter(pk=lead.pk).update(publisher=None, form=None, link=None, ip=None)
    meta = out(Lead.objects.get(pk=lead.pk)).meta
    empty = ("publisherName", "campaignPublisherId", "publisherId", "campaignFormId", "globalFormId", "globalFormName", "channel", "ip")
    assert {name: meta[name] for name in empty} == dict.fromkeys(empty, "")


def test_values_are_read_as_jobs_read_them_and_metadata_stands_behind_them(campaign, make_leads, out):
    (lead,) = make_leads(campaign, ip="not the address", createdDate="as typed", phase="raw")
    lead.transformed, lead.enriched = {"phase": "put right", "code": "GB"}, {"employees": 250, "code": "no"}
    sent = out(lead)
    read = {name: read_value(sent, name) for name in ("phase", "code", "employees", "ip", "createdDate", "leadId", "nobody")}
    assert read == {
        "phase": "put right", "code": "GB", "employees": "250", "ip": "not the address", "createdDate": "as typed", "leadId": str(lead.pk),
        "nobody": "",
    }  # fmt: skip


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_lead_cannot_pass_itself_off_as_another(campaign, make_leads, out, name):
    (lead,) = make_leads(campaign, **{name: "forged"})
    lead.transformed = lead.enriched = {name: "forged"}
    assert read_value(out(lead), name) == {"eventId": EVENT, "leadHash": lead.lead_hash}[name]


def test_contracts_and_forms_are_those_of_the_leads_own_campaign(make_campaign, make_leads):
    leads = [make_leads(make_campaign())[0] for _ in range(2)]
    made = OutgoingBuilder(leads)
    contracts = [made.build(lead, event_id=EVENT, delivery_id=1, is_test=False).meta["campaignPublisherId"] for lead in leads]
    assert contracts == [str(CampaignPublisher.objects.get(campaign=lead.campaign_id).pk) for lead in leads]


def test_many_ask_as_often_as_one(make_campaign, make_leads):
    leads = [lead for _ in range(3) for lead in make_leads(make_campaign(), 5)]

    def queries(some) -> int:
        with CaptureQueriesContext(connection) as captured:
            made = OutgoingBuilder(some)
            assert len([made.build(lead, event_id=EVENT, delivery_id=1, is_test=False) for lead in some]) == len(some)
        return len(captured)

    assert queries(leads) == queries(leads[:1]) <= 5


def test_a_sample_answers_every_form_and_says_what_it_is(campaign, bob):
    known = Definition("Codes", "transform", "company", "account", {"values": {"Sample Company Ltd": "SCL"}})
    create_transform(campaign, known, actor=bob)
    lead = sample_lead(campaign)
    assert set(lead.captured) == {field["name"] for field in FIELDS}
    assert all("sample" in value.lower() or value in ("Lead", "+44 20 7946 0000") for value in lead.captured.values())
    assert (lead.lead_hash, lead.current_status, lead.captured["email"]) == (HASH, "test", "sample.lead@example.com")
    assert lead.transformed == {"account": "SCL"}
    assert not Lead.objects.exists()


def test_a_sample_keeps_to_what_the_form_takes(campaign, form):
    fields = [
        {"name": "size", "type": "dropdown", "options": [["s", "Small"], ["l", "Large"]]}, {"name": "count", "type": "number"},
        {"name": "day", "type": "date"}, {"name": "terms", "type": "optin"}, {"name": "short", "max_length": 3},
        {"name": "why", "type": "textarea", "label": "Why?"}, {"name": "bare", "type": "radio"},
    ]  # fmt: skip
    for position, field in enumerate(fields):
        form.fields.create(**{"label": field["name"], "position": position, **field})
    captured = sample_lead(campaign).captured
    wanted = {"size": "s", "count": "1", "day": "2000-01-31", "terms": "1", "short": "Sam", "why": "Sample Why?", "bare": ""}
    assert {name: captured[name] for name in wanted} == wanted


def test_a_campaign_without_a_form_has_a_sample_too(campaign):
    CampaignForm.objects.all().delete()
    CampaignPublisher.objects.all().delete()
    lead = sample_lead(campaign)
    assert (lead.captured, lead.form, lead.publisher) == ({}, None, None)
