"""The clients work against a server that listens."""

import pytest

from leads.models import Lead
from tests.clients.post_people import post_people
from tests.clients.webhook_client import WebhookClient
from tests.intake.sender import JAMES, Sender

pytestmark = pytest.mark.django_db

PEOPLE = """first_name,last_name,company_name,address,city,county,state,zip,phone1,phone2,email,web
James,Butt,"Benton, John B Jr",6649 N Blue Gum St,New Orleans,Orleans,LA,70116,504-621-8927,504-845-1427,jbutt@example.com,http://example.com
Zoë,O'Hara,"Chanay ""J"" Esq",4 B Blue Ridge Blvd,Brighton,Livingston,MI,48116,810-292-9388,810-374-9840,zoe@example.org,http://example.org
"""


@pytest.fixture
def client_of(campaign, server):
    return WebhookClient(server, campaign.pk, Sender(campaign).key)


def test_a_client_learns_forms_and_links_and_posts_a_lead(client_of, campaign, pat):
    form, link = client_of.forms()[0], client_of.links()[0]
    assert (form["formName"], link["name"], link["channel"]) == ("White paper", "Newsletter", "Email")
    lead = client_of.create_lead(form["formId"], JAMES, publisherId=pat.pk, campaignLinkId=link["id"], externalId="1")
    assert Lead.objects.get(pk=lead).captured == JAMES


def test_a_client_reads_why_it_was_refused(client_of, form):
    answer = client_of.post_lead(form.pk, {})
    assert (answer.status, answer.body["message"]) == (400, "Validation failed")
    with pytest.raises(RuntimeError, match="400 instead of 201"):
        client_of.create_lead(form.pk, {})


def test_a_client_that_sends_too_much_still_reads_the_answer(client_of, form):
    answer = client_of.post_lead(form.pk, {**JAMES, "company": "x" * 6_000_000})
    assert (answer.status, answer.body["message"]) == (413, "The body is too large: at most 512 kB.")


def test_the_people_of_a_file_are_posted_as_far_as_the_form_asks_for_them(client_of, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    ids = post_people(client_of, file)
    assert ids == list(Lead.objects.order_by("pk").values_list("pk", flat=True))
    assert Lead.objects.get(pk=ids[1]).captured == {
        "firstName": "Zoë", "lastName": "O'Hara", "email": "zoe@example.org", "telephone": "810-292-9388", "company": 'Chanay "J" Esq',
    }  # fmt: skip
