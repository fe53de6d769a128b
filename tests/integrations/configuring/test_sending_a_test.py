"""Send a test: one attempt, shown to those who may read it, recorded in the audit trail alone."""

import json
import socket

import pytest

from config.core.accounts import roles
from config.core.credentials import service
from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations.delivery.test_send import LATER, PERSON, SENT, send_test
from integrations.kinds.http_post import HttpPost
from integrations.models import Delivery
from leads.models import Lead, LeadNote
from processr.models import Event, Job
from processr.services import update_job
from tests.integrations.configuring.typing import MAPPING, at, typed
from tests.integrations.kinds.sending import outgoing
from tests.processr.planned import job as planned

pytestmark = pytest.mark.django_db


def everything() -> tuple:
    models = (Lead, LeadNote, Delivery, Event, Job)
    return tuple(list(model.objects.order_by("pk").values()) for model in models)


@pytest.mark.parametrize(
    ("status", "in_doubt", "comes_to"),
    [
        ("201 Created", "wait", SENT), ("503 Busy", "wait", LATER), ("422 No", "wait", PERSON), ("302 Found", "wait", PERSON), ("422 No", "again", PERSON),
    ],
)  # fmt: skip
def test_it_says_what_a_delivery_would_have_come_to(campaign, bob, receiver, status, in_doubt, comes_to):
    config = {"fields_sent": MAPPING, "url": receiver(b"thanks", status=status).url, "in_doubt": in_doubt}
    tested = send_test(campaign, planned(type="http_post", label="CRM", config=config), HttpPost, lead=None)
    assert (tested.consequence, tested.was_sent, tested.attempt.status) == (comes_to, True, int(status[:3]))
    assert tested.exchange.received.endswith("\n\nthanks")


@pytest.mark.parametrize(("in_doubt", "comes_to"), [("wait", PERSON), ("again", LATER)])
def test_what_may_have_arrived_comes_to_what_was_chosen_for_it(campaign, bob, receiver, in_doubt, comes_to):
    config = {"fields_sent": MAPPING, "url": receiver(answers=False).url, "in_doubt": in_doubt}
    tested = send_test(campaign, planned(type="http_post", label="CRM", config=config), HttpPost, lead=None)
    assert (tested.consequence, tested.was_sent, tested.exchange.received) == (comes_to, True, "")


def test_a_fault_of_ours_is_told_and_logged_and_not_raised(campaign, bob, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("anna@example.com")

    monkeypatch.setattr(HttpPost, "send", broken)
    config = {"fields_sent": MAPPING, "url": "https://crm.example/"}
    tested = send_test(campaign, planned(type="http_post", config=config), HttpPost, lead=None)
    assert (tested.consequence, tested.was_sent) == (PERSON, False)
    assert "anna" not in tested.attempt.message


def test_what_cannot_be_made_ready_would_be_tried_again(campaign, bob, monkeypatch):
    def unready(*_):
        raise DomainError("The other side is being moved")

    monkeypatch.setattr(HttpPost, "prepare_sending", unready)
    config = {"fields_sent": MAPPING, "url": "https://crm.example/"}
    tested = send_test(campaign, planned(type="http_post", config=config), HttpPost, lead=None)
    assert (tested.consequence, tested.attempt.message, tested.was_sent) == (LATER, "The other side is being moved", False)


def test_what_would_not_be_sent_is_not_sent(campaign, bob):
    config = {"fields_sent": MAPPING, "url": "https://crm.example/{favouriteColour}"}
    tested = send_test(campaign, planned(type="http_post", config=config), HttpPost, lead=None)
    assert (tested.consequence, tested.was_sent) == (PERSON, False)
    assert "favouriteColour" in tested.attempt.message


def test_the_page_offers_it_and_sends_the_sample_as_it_is_typed(campaign, reader, receiver):
    admin, server = reader(), receiver(b'{"id": 7}')
    page = admin.get(f"/v2/campaigns/{campaign.pk}/processr/add/http_post")
    assert f'hx-post="{at(campaign)}"' in page.html
    assert 'value="try"' not in page.html
    before = everything()
    told = admin.tried(at(campaign), **typed(server.url))
    assert (everything(), len(server.heads)) == (before, 1)
    assert "Sent with the sample" in told.words
    assert "Answered 201 Created" in told.words
    assert "sample.lead@example.com" in told.words
    assert '{"id": 7}' in told.words
    assert "Idempotency-Key" in told.words
    asked, sent = AuditEntry.objects.filter(page="Integrations").order_by("pk")
    about = {"job": None, "label": "HTTP Post", "type": "http_post", "lead": "sample"}
    assert (asked.action, asked.severity, asked.campaign_id, asked.after) == ("test asked for", "low", campaign.pk, about)
    assert (sent.action, sent.severity, sent.campaign_id) == ("test sent", "low", campaign.pk)
    assert sent.after == {**about, "came_to": "Sent", "answer": "Answered 201 Created"}


def test_of_a_saved_job_what_is_typed_is_tried_and_what_is_stored_stays(campaign, reader, crm, receiver):
    stored, asked = receiver(), receiver()
    job = crm(stored.url)
    before = everything()
    told = reader().tried(at(campaign, job), **typed(asked.url))
    assert "Sent with the sample" in told.words
    assert (len(stored.heads), len(asked.heads), everything()) == (0, 1, before)


def test_a_real_lead_is_sent_as_it_is_and_stays_as_it_was(campaign, make_leads, reader, crm, receiver):
    (lead,), server = make_leads(campaign, email="anna@example.com"), receiver()
    job, before = crm(server.url), everything()
    told = reader(roles.ADMIN).tried(at(campaign, job), **typed(server.url, **{"test-lead": str(lead.pk)}))
    assert f"Sent with lead {lead.pk}" in told.words
    assert "anna@example.com" in told.words
    assert lead.lead_hash in told.words
    assert everything() == before
    entry = AuditEntry.objects.get(action="test sent")
    assert (entry.after["lead"], entry.severity) == (lead.pk, "medium")
    assert "anna" not in json.dumps(entry.after)


def test_each_test_has_an_event_id_of_its_own(campaign, reader, crm, receiver):
    server = receiver()
    job, admin = crm(server.url), reader()
    for _ in range(2):
        admin.tried(at(campaign, job), **typed(server.url))
    ids = [next(line for line in head.splitlines() if line.startswith("Idempotency-Key")) for head in server.heads]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(("role", "reads"), [(roles.ADMIN, True), (roles.SUPER, False), (roles.AGENCY, False)])
def test_the_exact_exchange_about_a_person_is_for_those_who_read_provider_logs(campaign, make_leads, reader, crm, receiver, role, reads):
    (lead,), server = make_leads(campaign, email="anna@example.com"), receiver(b"anna@example.com is in")
    told = reader(role).tried(at(campaign, crm(server.url)), **typed(server.url, **{"test-lead": str(lead.pk)}))
    assert "Answered 201 Created" in told.words
    assert [text in told.html for text in ("anna@example.com", lead.lead_hash)] == [reads, reads]
    assert ("for those who may read the Provider Logs" in told.words) is not reads


def test_a_super_user_with_the_right_reads_it_too(campaign, make_leads, reader, crm, receiver):
    (lead,), server = make_leads(campaign, email="anna@example.com"), receiver()
    person = reader(roles.SUPER)
    type(person.user).objects.filter(pk=person.user.pk).update(can_see_provider_logs=True)
    assert "anna@example.com" in person.tried(at(campaign, crm(server.url)), **typed(server.url, **{"test-lead": str(lead.pk)})).words


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("saved", [True, False])
def test_who_sees_leads_masked_sends_no_test_with_settings_of_their_own(campaign, make_leads, reader, crm, receiver, named, saved):
    (lead,), server = make_leads(campaign, email="anna@example.com"), receiver()
    masked, job = reader(roles.ADMIN_MASKED), crm(server.url)
    fields = {"test-lead": str(lead.pk)} if named else {}
    assert masked.tried(at(campaign, job if saved else None), **typed(server.url, **fields)).status == 403
    assert server.heads == []


def test_a_secret_goes_along_and_is_not_shown(campaign, reader, crm, receiver, bob):
    server = receiver(b"you said whisper")
    partner = service.set_credential("Partner", actor=bob, secret="whisper", api_url=server.url)
    told = reader().tried(at(campaign), **typed(server.url, credential=str(partner.pk)))
    assert "Authorization: Bearer whisper" in server.heads[0]
    assert "whisper" not in told.html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://a.example/"}, "Address: An address begins with https:// or http://."),
        ({"statuses": "600"}, "Statuses that mean success: “600” is no status"),
        ({"test-lead": "x"}, "A lead of this campaign: This campaign has no such lead"),
        ({"test-lead": "999999"}, "This campaign has no such lead"),
        ({"fields_sent-0-field": "", "fields_sent-0-value": ""}, "What is sent: Row 1, Field of the lead: Name a field of the lead"),
    ],
)
def test_nothing_is_sent_before_what_is_wrong_is_mended(campaign, reader, receiver, changes, said):
    server = receiver()
    told = reader().tried(at(campaign), **typed(server.url, **changes))
    assert "Not sent. Correct this first." in told.words
    assert said in told.words
    assert server.connections == 0
    assert not AuditEntry.objects.filter(page="Integrations").exists()


def test_leads_of_other_campaigns_are_not_sent(campaign, make_campaign, make_leads, reader, receiver):
    (lead,), server = make_leads(make_campaign()), receiver()
    assert "This campaign has no such lead" in reader().tried(at(campaign), **typed(server.url, **{"test-lead": str(lead.pk)})).words
    assert server.connections == 0


def test_it_is_for_those_who_may_configure_the_job(campaign, make_campaign, reader, crm, receiver, bob):
    server = receiver()
    job = crm(server.url)
    template = make_campaign(is_template=True)
    statuses = {role: reader(role).tried(at(campaign, job), **typed(server.url)).status for role in roles.LABELS}
    assert statuses == {role: 200 if role in roles.MANAGES_CAMPAIGNS - {roles.ADMIN_MASKED} else 403 for role in roles.LABELS}
    assert reader(roles.AGENCY).tried(at(template), **typed(server.url)).status == 403
    Job.objects.filter(pk=job.pk).update(lock_state="locked")
    assert reader(roles.AGENCY).tried(at(campaign, job), **typed(server.url)).status == 403
    assert reader(roles.ADMIN).get(at(campaign, job)).status == 405


@pytest.mark.parametrize("key", ["collect", "test_data", "nonsense"])
def test_what_sends_nothing_cannot_be_tested(campaign, reader, key):
    page = reader()
    assert page.post(f"/v2/campaigns/{campaign.pk}/processr/add/{key}/test", **typed("https://a.example/")).status == 404
    if key != "nonsense":
        assert "Send a test</h2>" not in page.get(f"/v2/campaigns/{campaign.pk}/processr/add/{key}").html


def test_trying_a_job_on_a_lead_is_nothing_for_integrations(campaign, reader, crm, receiver, bob):
    job = crm(receiver().url)
    update_job(job.pk, actor=bob, changes={"config": {"seconds": 7}})
    before = everything()
    page = reader().post(
        f"/v2/campaigns/{campaign.pk}/processr/jobs/{job.pk}", act="try", **typed("https://a.example/"), **{"try-pasted": "a=b"}
    )
    assert everything() == before, "it saves nothing either"
    assert "https://a.example/" in page.html
    assert "Send a test" in page.words


def test_htmx_gets_how_far_it_is_alone_and_the_receiver_is_not_called_by_the_request(campaign, reader, receiver):
    server, person = receiver(), reader()
    told = person.client.post(at(campaign), typed(server.url), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in told
    assert "Waiting for a worker." in told
    assert server.connections == 0


def test_a_sample_is_no_lead_of_anybody(campaign, bob, receiver, monkeypatch):
    """Its id and hash are nobody's, so that what comes back about it changes nothing."""
    sent = []
    monkeypatch.setattr(HttpPost, "send", lambda self, one: sent.append(one) or self._nothing)
    monkeypatch.setattr(HttpPost, "_nothing", property(lambda self: None), raising=False)
    send_test(campaign, planned(type="http_post", config={"fields_sent": MAPPING, "url": "https://a.example/"}), HttpPost, lead=None)
    (one,) = sent
    assert (one.id, one.lead.id, one.is_test, one.meta["leadHash"], one.meta["leadStatus"]) == (0, 0, True, "0" * 32, "Test")
    assert one.event_id != outgoing().event_id


def test_a_request_that_found_nobody_is_shown_as_one_that_has_not_left(campaign, reader):
    with socket.create_server(("127.0.0.1", 0)) as free:
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    told = reader().tried(at(campaign), **typed(nobody)).words
    assert "Would be tried again with the sample" in told
    assert "could not be connected to" in told
    assert "Request, which has not left" in told
