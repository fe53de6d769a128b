"""The Idempotency-Key header: a repeated request gets the same answer, and is done once."""

from urllib.parse import urlencode

import pytest

from campaigns import services
from leads.models import Lead
from tests.intake.sender import JAMES, URLENCODED, Sender

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "4f1c"}


def test_the_same_request_is_answered_again_and_done_once(sender):
    first, again = sender.post(headers=KEY), sender.post(headers=KEY)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert Lead.objects.count() == 1


def test_the_first_answer_stands_even_when_the_campaign_was_paused_since(sender, bob):
    first = sender.post(headers=KEY)
    services.pause(sender.campaign.pk, actor=bob)
    assert sender.post(headers=KEY).content == first.content
    assert sender.post(headers={"Idempotency-Key": "new"}).status_code == 403


def test_a_refusal_is_not_remembered(sender, bob):
    services.pause(sender.campaign.pk, actor=bob)
    assert sender.post(headers=KEY).status_code == 403
    services.resume(sender.campaign.pk, actor=bob)
    assert sender.post({"firstName": "James"}, headers=KEY).status_code == 400
    assert sender.post(headers=KEY).status_code == 201


def test_a_key_used_for_another_request_is_a_conflict(sender):
    sender.post(headers=KEY)
    for answer in (sender.post({**JAMES, "lastName": "Other"}, headers=KEY), sender.post(headers=KEY, publisherSubId="x")):
        assert (answer.status_code, answer.json()["code"], list(answer.json())) == (409, 409, ["code", "message"])
    assert Lead.objects.count() == 1


def test_a_key_used_at_another_address_is_a_conflict(sender):
    """The same form under its other address, with the same body and the same query."""
    sender.post(headers=KEY)
    body = urlencode({f"form[{name}]": value for name, value in JAMES.items()})
    for other in (sender.address().replace("/global-form/", "/form/"), sender.address().replace("/campaign/", "/campaign/v2/")):
        assert sender.client.post(other, body, URLENCODED, headers=KEY).status_code == 409
    assert Lead.objects.count() == 1


def test_a_retry_may_draw_a_new_multipart_boundary(sender):
    def post(boundary: bytes):
        body = b"".join(
            b'--%s\r\nContent-Disposition: form-data; name="form[%s]"\r\n\r\n%s\r\n' % (boundary, name.encode(), value.encode())
            for name, value in JAMES.items()
        )
        return sender.raw(body + b"--%s--\r\n" % boundary, f"multipart/form-data; boundary={boundary.decode()}", headers=KEY)  # fmt: skip

    assert post(b"first").content == post(b"second").content
    assert Lead.objects.count() == 1


def test_each_campaign_has_keys_of_its_own(sender, make_campaign):
    assert sender.post(headers=KEY).json()["data"] != Sender(make_campaign()).post(headers=KEY).json()["data"]


@pytest.mark.parametrize("key", ["x" * 256, "a\x00b", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(sender, key):
    answer = sender.post(headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert sender.nothing_kept()
