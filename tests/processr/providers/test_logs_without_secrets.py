"""Secrets of a call stand neither on the page of a lead nor in API v4, wherever they were planted: address, header, body, answer."""

import json

import pytest
from django.test import Client

from config.core.accounts import roles
from config.core.credentials import service
from processr.engine import scheduler
from processr.models import Event
from tests.cast import make_user
from tests.core.outbound.servers import reply
from tests.processr.api.program import Program
from tests.processr.providers.test_http_engine import provider

pytestmark = pytest.mark.django_db
__all__ = ["provider"]

PLANTED = "pl4nted+in/the=call"
IN_THE_BODY = {
    "method": "POST",
    "send_as": "json",
    "fields_sent": [{"name": "password", "field": "", "value": "pl4nted-in-the-body"}],
    "headers": [{"name": "X-Api-Key", "value": "pl4nted-in-a-header"}],
}


@pytest.mark.parametrize(
    ("place", "name", "sent"),
    [("bearer", "", {}), ("basic", "", {}), ("header", "X-Partner", {}), ("query", "k", {}), ("bearer", "", IN_THE_BODY)],
    ids=["bearer", "basic", "header", "query", "body"],
)
def test_a_planted_secret_is_in_no_log(campaign, add_job, make_leads, provider, bob, place, name, sent):
    echo = json.dumps({"ok": True, "you_sent": PLANTED, "token": "pl4nted-token", "inner": {"client_secret": "pl4nted-inner"}})
    server = provider(reply(echo.encode(), Set_Cookie="session=pl4nted-cookie"))
    stored = service.set_credential("Partner", actor=bob, secret=PLANTED, client_id="sluice", api_url=server.url)
    address = f"{server.url}/check?e={{email}}&api_key=pl4nted-in-the-address"
    config = {**server.check, **sent, "url": address, "credential": stored.pk, "credential_place": place, "credential_name": name}
    add_job(campaign, "http_check", config=config)
    (lead,) = make_leads(campaign)
    scheduler.serve_campaigns(seconds=5)
    assert "pl4nted" in "".join(server.heads)
    assert Event.objects.filter(lead_id=lead.pk, kind="provider").exists()
    user = make_user(roles.ADMIN)
    client = Client()
    client.force_login(user)
    log = client.get(f"/v2/leads/{lead.pk}/provider_logs").content.decode()
    call = Event.objects.get(kind="provider", lead_id=lead.pk)
    answers = [
        log,
        client.get(f"/v2/leads/{lead.pk}/provider_logs?call={call.pk}").content.decode(),
        client.get(f"/v2/leads/{lead.pk}/processr_logs").content.decode(),
        client.get(f"/v2/leads/{lead.pk}/job_details").content.decode(),
        Program(user).get(f"logs?channel=provider&lead.id={lead.pk}").content.decode(),
    ]
    assert "/check?e=" in log
    assert [text for text in answers if "pl4nted" in text or PLANTED in text] == []
    assert "No call matches." in client.get(f"/v2/leads/{lead.pk}/provider_logs?text=pl4nted").content.decode()
