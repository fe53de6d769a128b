"""Limits on posts with a campaign's key, which stop floods and no visitors."""

from pathlib import Path

import pytest

from config.core import enterprise
from config.core.api import throttle
from config.core.models import Enterprise
from leads.models import Lead
from tests.core.brokers import Broker

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_calls(tmp_path_factory, settings, monkeypatch):
    """Allow three calls, counted apart from other tests."""
    enterprise.ensure()
    Enterprise.objects.update(limits={"webhook": 3})
    enterprise.forget()
    monkeypatch.setattr(throttle.breaker, "open_until", 0.0)
    broker = Broker(Path(tmp_path_factory.mktemp("b")))
    settings.CELERY_BROKER_URL = broker.url
    yield
    broker.kill()


@pytest.mark.usefixtures("three_calls")
def test_too_many_calls_with_one_key_are_refused_until_there_is_room(sender):
    assert [sender.post().status_code for _ in range(2)] == [201, 201]
    assert sender.client.get(f"/webhook/campaign/{sender.campaign.pk}/links?apikey={sender.key}").status_code == 200
    answer = sender.post()
    assert (answer.status_code, answer.json()["code"], answer["Content-Type"]) == (429, 429, "application/json")
    assert answer.json()["message"].startswith("Too many requests: at most 3 in five minutes (")
    assert 0 < int(answer["Retry-After"]) <= 300
    assert (answer["Access-Control-Allow-Origin"], answer["Access-Control-Expose-Headers"]) == ("*", "Retry-After")
    assert Lead.objects.count() == 2


@pytest.mark.usefixtures("three_calls")
def test_strangers_and_other_campaigns_do_not_use_up_a_campaigns_calls(sender, make_campaign):
    assert {sender.post(apikey="wrong").status_code for _ in range(9)} == {401}
    other = type(sender)(make_campaign("Other"))
    assert [other.post().status_code for _ in range(4)] == [201, 201, 201, 429]
    assert sender.post().status_code == 201


@pytest.mark.usefixtures("three_calls")
def test_a_refusal_is_not_remembered_under_its_idempotency_key(sender):
    """When there is room again, the lead comes in."""
    for _ in range(3):
        sender.post({})
    headers = {"Idempotency-Key": "again"}
    assert sender.post(headers=headers).status_code == 429
    Enterprise.objects.update(limits={"webhook": None})
    enterprise.forget()
    assert sender.post(headers=headers).status_code == 201
