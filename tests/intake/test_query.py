"""Parameters of the query string: repeated, empty, broken and unknown ones."""

import pytest

from leads.api import query
from tests.intake.sender import JAMES

pytestmark = pytest.mark.django_db

FORM = "form[firstName]=James&form[lastName]=Butt&form[email]=jbutt@example.com"


def post(sender, asked: str):
    return sender.client.generic("POST", f"{sender.address()}&{asked}", FORM, "application/x-www-form-urlencoded")


def test_a_publisher_sent_twice_is_nobody_unless_it_is_the_same(sender, pat):
    answer = post(sender, f"publisherId={pat.pk}&publisherId={pat.pk + 1}")
    assert (answer.status_code, answer.content) == (404, b'{"code":404,"message":"Publisher not found"}')
    assert post(sender, f"publisherId=&publisherId={pat.pk}").status_code == 404
    assert sender.lead(post(sender, f"publisherId={pat.pk}&publisherId={pat.pk}")).publisher == pat


def test_a_link_sent_twice_is_no_link(sender):
    link = sender.campaign.links.get().pk
    assert post(sender, f"campaignLinkId={link}&campaignLinkId=1{link}").content == b'{"code":404,"message":"Link not found"}'


def test_two_keys_are_no_key(sender):
    assert post(sender, "apikey=other").status_code == 401
    assert post(sender, f"apikey={sender.key}").status_code == 201


def test_what_the_sender_says_twice_is_refused_by_name(sender):
    answer = post(sender, "externalId=1&externalId=2")
    assert answer.json()["data"] == [{"fieldName": "externalId", "message": "Send exactly one text, number or true/false."}]


@pytest.mark.parametrize("broken", ["%ff", "%C3", "%ED%A0%80"])
def test_what_is_not_utf_8_is_refused_where_it_is_used_and_may_stand_elsewhere(sender, broken):
    assert post(sender, f"publisherId={broken}").content == b'{"code":404,"message":"Publisher not found"}'
    assert post(sender, f"externalId={broken}").json()["data"][0]["fieldName"] == "externalId"
    assert sender.client.get(f"/webhook/campaign/{sender.campaign.pk}/links?apikey={broken}").status_code == 401
    assert sender.lead(post(sender, f"utm_campaign={broken}&{broken}=1")).captured == JAMES


def test_a_percent_that_begins_nothing_is_only_a_percent(sender):
    assert sender.lead(post(sender, "landingPageUrl=https://example.org/100%&externalId=%zz")).external_id == "%zz"


def test_ten_thousand_parameters_are_refused(sender):
    answer = post(sender, "&".join(f"a{n}" for n in range(10_000)))
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": "The query holds more than 1000 parameters."})
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_names_without_a_value_are_there(rf):
    assert query.read_parameters(rf.get("/?a&b=&c=1&c=1&d=1&d=2&d=1")) == {"a": "", "b": "", "c": "1", "d": [["1", "2"], "1"]}
