"""External ids: a lead that is sent again under its number is stored once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from campaigns import services
from leads.models import Lead, TallyDelta
from tests.intake.sender import JAMES, Sender
from tests.module_cast import ANEW

pytestmark = pytest.mark.django_db
db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW

OTHER = {**JAMES, "lastName": "Other"}


def test_the_same_lead_again_gets_the_first_answer_again(sender):
    first, again = sender.post(externalId="E1"), sender.post(externalId="E1")
    assert (again.status_code, again.content) == (201, first.content)
    assert Lead.objects.count() == 1
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == 1


def test_the_wrapping_does_not_matter(sender):
    first = sender.post(externalId="7")
    assert sender.json({"form": JAMES, "externalId": 7}).content == first.content


def test_other_values_under_the_same_number_are_a_conflict(sender):
    first = sender.lead(sender.post(externalId="E1"))
    answer = sender.post(OTHER, externalId="E1")
    assert (answer.status_code, answer.json()["code"]) == (409, 409)
    assert answer.json()["message"] == f"externalId E1 was sent before with other values: see lead {first.pk}."
    assert Lead.objects.get().captured == JAMES


def test_a_deleted_lead_still_holds_its_number(sender):
    first = sender.lead(sender.post(externalId="E1"))
    Lead.objects.filter(pk=first.pk).update(deleted_at=timezone.now())
    assert sender.post(externalId="E1").json()["data"] == first.pk
    assert sender.post(OTHER, externalId="E1").status_code == 409


def test_each_publisher_and_each_campaign_numbers_for_itself(sender, make_campaign, pat, bob):
    quinn = services.create_publisher("Quinn", actor=bob)
    services.sign_contract(services.assign_publisher(sender.campaign, quinn, actor=bob), signed_by="Quinn", actor=bob)
    other = Sender(make_campaign())
    answers = [
        sender.post(externalId="1"),
        *(sender.post(OTHER, externalId="1", publisherId=p.pk) for p in (pat, quinn)),
        other.post(OTHER, externalId="1"),
    ]
    assert len({answer.json()["data"] for answer in answers}) == 4


def test_without_a_number_every_post_is_a_lead(sender):
    assert sender.post().json()["data"] != sender.post(externalId="").json()["data"]


@pytest.mark.django_db(transaction=True)
def test_a_lead_sent_eight_times_at_once_is_one_lead_and_eight_equal_answers(sender, pat):
    start = Barrier(8)

    def post(_) -> tuple[int, bytes]:
        try:
            start.wait()
            answer = Sender(sender.campaign).post(externalId="E1", publisherId=pat.pk)
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(post, range(8)))
    lead = Lead.objects.get()
    assert answers == {(201, f'{{"code":201,"message":"Lead was created successfully","data":{lead.pk}}}'.encode())}
    assert sum(TallyDelta.objects.values_list("n", flat=True)) == 1
