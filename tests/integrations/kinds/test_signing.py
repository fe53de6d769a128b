"""Signatures of HTTP Post, verified by the public library of Standard Webhooks as receivers do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from config.core.credentials import encryption
from integrations.delivery.attempts import make_attempt
from integrations.destinations.signing import HEADERS, Signer, new_secret
from integrations.models import Destination
from processr.services import add_job
from tests.integrations.kinds.sending import EVENT, made, outgoing, row, settings_of
from tests.module_cast import ONCE

pytestmark = pytest.mark.django_db
db, as_the_module_made_them, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ONCE
NOON = datetime(2026, 11, 30, 12, 0, 0, 900_000, tzinfo=UTC)
ANNA = {"firstName": 'Anna "Å" & <b> 你好 \ud800', "email": "anna+x@example.com"}


def verify(secret: str, request) -> None:
    """Raises WebhookVerificationError for a signature that the library does not take."""
    Webhook(secret).verify(request.data, dict(request.headers), json_parse=False)


@pytest.fixture
def send(httpserver, campaign, bob):
    """send(destination columns, settings of the integration) → the request that arrived, and its exchange as it is recorded."""

    def sent(destination: dict | None, **given):
        httpserver.clear()
        httpserver.expect_request("/leads").respond_with_data("")
        settings = settings_of("http_post", url=httpserver.url_for("/leads"), fields_sent=[row("a", "firstName")], **given)
        job = add_job(campaign, "http_post", actor=bob, label="CRM", config=settings)
        if destination is not None:
            Destination.objects.create(job=job, **destination)
        integration, anna = made(**settings), outgoing(**ANNA)
        integration.job = replace(integration.job, id=job.pk)
        integration.prepare_sending([anna])
        _, exchange = make_attempt(integration, anna)
        ((request, _),) = httpserver.log
        return request, exchange

    return sent


def sealed(secret: str) -> bytes:
    return encryption.seal(secret)


@pytest.mark.parametrize("given", [{"send_as": "json"}, {"send_as": "form"}, {"method": "PUT"}])
def test_the_body_is_signed_as_it_is_sent(send, given):
    secret = new_secret()
    request, _ = send({"signing_secret": sealed(secret)}, **given)
    verify(secret, request)
    assert (request.headers["webhook-id"], request.headers["Idempotency-Key"]) == (EVENT, EVENT)
    with pytest.raises(WebhookVerificationError):
        verify(new_secret(), request)


@pytest.mark.parametrize("destination", [None, {}])
def test_nothing_is_signed_without_a_secret(send, destination):
    request, _ = send(destination)
    assert not {name.lower() for name, _ in request.headers} & set(HEADERS)


def test_two_secrets_are_valid_until_the_old_ones_time_is_over(send, time_machine):
    time_machine.move_to(NOON, tick=False)
    old, new = new_secret(), new_secret()
    both = {"signing_secret": sealed(new), "previous_secret": sealed(old), "previous_secret_until": NOON + timedelta(seconds=1)}
    request, _ = send(both)
    verify(old, request)
    verify(new, request)
    assert request.headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    request, _ = send(both | {"previous_secret_until": NOON})
    verify(new, request)
    with pytest.raises(WebhookVerificationError):
        verify(old, request)


def test_neither_secret_nor_signature_is_recorded(send):
    secret, old = new_secret(), new_secret()
    later = datetime.now(UTC) + timedelta(hours=1)
    keys = {"signing_secret": sealed(secret), "previous_secret": sealed(old), "previous_secret_until": later}
    request, exchange = send(keys, headers=[{"name": "X-Odd", "value": secret}])
    assert "POST" in exchange.sent
    for word in (secret, old, *request.headers["webhook-signature"].split()):
        assert word not in exchange.sent
    assert request.headers["X-Odd"] == secret


def test_headers_of_the_same_names_give_way_to_the_signature_and_stay_without_one(send):
    own = {"event_header": "Webhook-Id", "headers": [{"name": "WEBHOOK-SIGNATURE", "value": "mine"}, {"name": "X-A", "value": "b"}]}
    secret = new_secret()
    request, _ = send({"signing_secret": sealed(secret)}, **own)
    verify(secret, request)
    assert request.headers.getlist("webhook-id") == [EVENT]
    assert (request.headers.getlist("webhook-signature") != ["mine"], request.headers["X-A"]) == (True, "b")
    request, _ = send(None, **own)
    assert (request.headers["webhook-id"], request.headers["webhook-signature"]) == (EVENT, "mine")


@given(body=st.text(st.characters(exclude_categories=["Cs"])).map(str.encode), message=st.from_regex(r"[0-9a-z_]{1,40}", fullmatch=True))
def test_the_library_takes_any_body_and_id(body, message):
    secret = new_secret()
    now = datetime.now(UTC)
    headers = Signer([new_secret(), secret]).headers(message, body, now)
    Webhook(secret).verify(body, headers, json_parse=False)
    assert Signer([secret]).headers(message, body, now)["webhook-signature"] == Webhook(secret).sign(
        message, now.replace(microsecond=0), body.decode()
    )
