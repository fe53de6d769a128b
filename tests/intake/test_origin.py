"""The origin of a lead: address, browser, page and opt-in, as far as they are stored."""

import pytest

from tests.intake.sender import JAMES

pytestmark = pytest.mark.django_db


def lead_of(sender, headers=None, **query):
    return sender.lead(sender.post(headers=headers, **query))


def test_the_senders_own_words_may_stand_in_the_query_or_beside_the_form(sender):
    said = {"publisherSubId": "sub-7", "landingPageUrl": "https://example.org/page?a=1", "externalId": "E1", "userAgent": "Phone"}
    in_query = lead_of(sender, **said)
    beside = sender.lead(sender.json({"form": JAMES, **said, "externalId": 2}))
    for lead in (in_query, beside):
        assert (lead.publisher_sub_id, lead.landing_page_url, lead.user_agent) == ("sub-7", "https://example.org/page?a=1", "Phone")
    assert (in_query.external_id, beside.external_id) == ("E1", "2")


def test_beside_the_form_goes_before_the_query(sender):
    assert sender.lead(sender.json({"form": JAMES, "publisherSubId": "body"}, publisherSubId="query")).publisher_sub_id == "body"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 198.51.100.7 ", "198.51.100.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "203.0.113.9"),
        ("198.51.100.7/8", "203.0.113.9"),
        ("not an address", "203.0.113.9"),
        ("1\x00", "203.0.113.9"),
        ("", "203.0.113.9"),
    ],
)
def test_the_persons_address_is_kept_when_it_is_one_and_else_the_senders(sender, sent, kept):
    sender.client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    assert lead_of(sender, ip=sent).ip == kept


def test_an_address_that_is_no_text_is_no_address(sender):
    assert sender.lead(sender.json({"form": JAMES, "ip": ["198.51.100.7", "203.0.113.9"]})).ip == "127.0.0.1"


def test_a_sender_on_a_socket_has_no_address(sender):
    sender.client.defaults["REMOTE_ADDR"] = ""
    assert lead_of(sender).ip is None


@pytest.mark.parametrize(
    ("proxies", "kept"), [(0, "127.0.0.1"), (1, "203.0.113.2"), (2, "203.0.113.1"), (3, "198.51.100.66"), (4, "127.0.0.1")]
)
def test_a_forwarded_address_is_believed_as_far_as_our_own_proxies_wrote_it(sender, settings, proxies, kept):
    settings.TRUSTED_PROXIES = proxies
    assert lead_of(sender, {"X-Forwarded-For": "198.51.100.66, 203.0.113.1, 203.0.113.2"}).ip == kept


def test_the_browser_is_kept_as_far_as_it_fits(sender):
    lead = lead_of(sender, {"User-Agent": "Mozilla\x00" + "x" * 9000})
    assert lead.user_agent == "Mozilla" + "x" * 493
    assert lead.host == "testserver"


@pytest.mark.parametrize("name", ["externalId", "publisherSubId", "landingPageUrl", "userAgent"])
@pytest.mark.parametrize("value", ["x" * 2001, "a\x00", "\ud800", ["a", "b"], {"a": 1}])
def test_what_cannot_be_kept_is_refused_by_name(sender, name, value):
    answer = sender.json({"form": JAMES, name: value})
    assert (answer.status_code, answer.json()["message"]) == (400, "Validation failed")
    assert [problem["fieldName"] for problem in answer.json()["data"]] == [name]
    assert sender.nothing_kept()


@pytest.mark.parametrize(("ticked", "opt_in"), [("1", True), ("0", False)])
def test_consent_is_kept(rich_sender, ticked, opt_in):
    assert rich_sender.lead(rich_sender.post({"firstName": "A", "email": "a@example.com", "terms": ticked})).opt_in is opt_in


def test_no_consent_asked_is_no_answer(sender):
    assert lead_of(sender).opt_in is None


def test_the_id_of_the_request_is_kept_as_it_is_answered(sender):
    """The sender's own where it is one; else the one that was made for it."""
    for given in ("partner-4711", "a b", ""):
        answer = sender.post(headers={"X-Request-ID": given} if given else None)
        kept = sender.lead(answer).request_id
        assert kept == answer["X-Request-ID"]
        assert (kept == given) == (given == "partner-4711")
        assert kept
