"""The log of an integration, and the page of a delivery with its attempts, for each role."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.core.accounts import roles
from config.core.models import AuditEntry
from integrations import selectors
from integrations.models import Delivery
from integrations.selectors import SEES_DELIVERIES
from integrations.views import filters
from leads import lifecycle
from processr.services import add_job, disable_job, remove_job
from tests.cast import make_user
from tests.leads.acts import judge_all
from tests.screens.reading import Reader

pytestmark = pytest.mark.django_db


def log(job, rest: str = "") -> str:
    return f"/v2/campaigns/{job.campaign_id}/processr/{job.pk}/deliveries{rest}"


def page(delivery) -> str:
    return f"/v2/deliveries/{delivery.pk}"


@pytest.fixture
def sue_with_the_right(client):
    user = make_user(roles.SUPER, can_see_provider_logs=True)
    client.force_login(user)
    return Reader(client, user)


def test_a_row_says_how_the_delivery_stands_in_words(crm, deliver, reader):
    (sent,) = deliver(crm, state="sent", attempts=3)
    (queued,) = deliver(crm, not_before=timezone.now() + timedelta(days=400), attempts=2)
    rows = reader().get(log(crm)).rows
    assert [(row["Lead"], row["State"], row["Attempts"], row["Last answer"]) for row in rows] == [
        (str(queued.lead_id), "Waiting", "2", "—"),
        (str(sent.lead_id), "Sent", "3", "Answered 201"),
    ]
    assert rows[0]["Next try"] == f"{queued.not_before.day} {queued.not_before:%b %Y}"
    assert (rows[1]["Next try"], rows[0]["Sent"]) == ("—", "—")
    assert rows[1]["Sent"] != "—"


def test_what_is_due_is_tried_now_or_when_enabled_or_with_the_file(crm, integrate, deliver, reader, bob):
    deliver(crm)
    assert reader().get(log(crm)).rows[0]["Next try"] == "Now"
    disable_job(crm.pk, actor=bob)
    page = reader().get(log(crm))
    assert page.rows[0]["Next try"] == "When enabled"
    assert "what waits stays queued until it is enabled again" in page.words
    sheet = integrate("Sheet", kind="collect")
    deliver(sheet)
    assert reader().get(log(sheet)).rows[0]["Next try"] == "With the next file"


def test_a_delivery_that_was_taken_back_says_so(crm, deliver, reader):
    (sent,) = deliver(crm, state="sent")
    Delivery.objects.update(taken_back_at=timezone.now())
    assert "The lead was marked undelivered" in reader().get(log(crm)).rows[0]["State"]
    answer = reader().get(page(sent))
    assert "this delivery counts no more" in answer.words
    assert answer.html.count(f'id="reasons-{sent.pk}-state"') == 1


def test_the_log_is_narrowed_by_state_lead_and_day(crm, deliver, reader):
    (old,) = deliver(crm, state="needs_person", created_at=timezone.now() - timedelta(days=3))
    deliver(crm, 2)
    (new,) = deliver(crm, state="needs_person")
    admin, day = reader(), timezone.localdate()
    assert len(admin.get(log(crm, "?state=queued")).rows) == 2
    assert [row["Lead"] for row in admin.get(log(crm, f"?lead={old.lead_id}")).rows] == [str(old.lead_id)]
    recent = admin.get(log(crm, f"?state=needs_person&created_after={day - timedelta(days=1)}"))
    assert [row["Lead"] for row in recent.rows] == [str(new.lead_id)]
    early = admin.get(log(crm, f"?created_before={day - timedelta(days=2)}"))
    assert [row["Lead"] for row in early.rows] == [str(old.lead_id)]


@pytest.mark.parametrize(
    "asked",
    ["?state=lost", "?lead=x", "?lead=0", "?colour=red", "?created_after=soon", "?created_before=31/12/2026", "?state=sent&state=failed"],
)
def test_what_is_not_understood_selects_nothing_and_says_so(crm, deliver, reader, asked):
    deliver(crm)
    answer = reader().get(log(crm, asked))
    assert answer.rows == []
    assert "Nothing is shown, because this was not understood:" in answer.words


def test_ends_that_no_index_knows_are_looked_for_among_the_newest_and_that_is_said(crm, deliver, reader, monkeypatch):
    (old,) = deliver(crm, state="failed")
    (new,) = deliver(crm, state="failed")
    deliver(crm, 3)
    assert "Among the newest" not in reader().get(log(crm, "?state=failed")).words
    for module in (selectors, filters):
        monkeypatch.setattr(module, "SEARCH_LIMIT", 4)
    found = reader().get(log(crm, "?state=failed"))
    assert [row["Lead"] for row in found.rows] == [str(new.lead_id)]
    assert "Among the newest 4 deliveries of this integration." in found.words
    assert "Among the newest" not in reader().get(log(crm, "?state=queued")).words
    assert [row["Lead"] for row in reader().get(log(crm, f"?lead={old.lead_id}")).rows] == [str(old.lead_id)]


def test_a_removed_integration_keeps_its_log(crm, deliver, reader, bob):
    deliver(crm, state="sent")
    remove_job(crm.pk, actor=bob)
    answer = reader().get(log(crm))
    assert (answer.status, len(answer.rows)) == (200, 1)
    assert "This integration was removed" in answer.words
    assert "Configure" not in answer.words


def test_a_job_that_is_no_integration_has_no_log(campaign, crm, make_campaign, reader, bob):
    job = add_job(campaign, "test_data", actor=bob)
    assert reader().get(log(job)).status == 404
    other = make_campaign("Other")
    assert reader().get(f"/v2/campaigns/{other.pk}/processr/{crm.pk}/deliveries").status == 404


def test_twenty_rows_cost_the_queries_of_two(crm, deliver, reader):
    admin = reader()
    deliver(crm, 2, state="needs_person")
    admin.get(log(crm))
    few = len(admin.queries(log(crm)))
    deliver(crm, 10)
    deliver(crm, 10, state="sent")
    assert len(admin.queries(log(crm))) == few


def test_the_exact_exchange_is_for_those_who_may_read_provider_logs(crm, deliver, attempt, reader, sue_with_the_right):
    (stuck,) = deliver(crm, state="needs_person")
    attempt(stuck, "error", reason="Answered 503")
    attempt(stuck, message="POST /leads {'email': 'ann@example.com'}")
    for who in (reader(), sue_with_the_right):
        words = who.get(page(stuck)).words
        assert "To be tried again" in words
        assert "Needed a person" in words
        assert "ann@example.com" in words
    for role in (roles.ADMIN_MASKED, roles.SUPER, roles.AGENCY):
        answer = reader(role).get(page(stuck))
        assert "Answered 404" in answer.words
        assert "ann@example.com" not in answer.html
        assert "The exact exchange is kept in the Provider Logs" in answer.words


@pytest.mark.parametrize("role", sorted(SEES_DELIVERIES))
def test_reading_the_exact_exchange_is_recorded_as_on_the_page_of_the_lead(crm, deliver, attempt, reader, role):
    stuck, untried = deliver(crm, 2, state="needs_person")
    attempt(stuck)
    person = reader(role)
    for path in (page(untried), page(stuck), page(stuck), f"/v2/leads/{stuck.lead_id}/provider_logs"):
        person.get(path)
    entries = AuditEntry.objects.filter(object_type="leads.lead", actor_id=person.user.pk).values_list("action", "object_id", "ip")
    reads = {"lead viewed unmasked", "provider logs read"} if role == roles.ADMIN else set()
    assert sorted(entries) == sorted((action, str(stuck.lead_id), "127.0.0.1") for action in reads)


def test_attempts_of_another_round_or_integration_are_not_told_here(crm, integrate, deliver, attempt, reader):
    (stuck,) = deliver(crm, state="needs_person")
    attempt(stuck, reason="Its own")
    other = Delivery.objects.create(lead=stuck.lead, job=crm, round=2, state="sent", sent_at=timezone.now())
    attempt(other, reason="Of round two")
    words = reader().get(page(stuck)).words
    assert "Its own" in words
    assert "Of round two" not in words


@pytest.mark.parametrize(
    ("role", "seen"), [(roles.ADMIN, True), (roles.SUPER, True), (roles.AGENCY, True), (roles.ADMIN_MASKED, False)]
)  # fmt: skip
def test_event_ids_are_for_those_who_may_change_the_lead(crm, deliver, reader, role, seen):
    (sent,) = deliver(crm, state="sent")
    who = reader(role)
    assert (sent.event_id in who.get(page(sent)).html) is seen
    assert (sent.event_id in who.get(f"/v2/leads/{sent.lead_id}/deliveries").html) is seen
    assert sent.event_id not in who.get(log(crm)).html


def test_a_delivery_that_waits_has_no_attempts_and_one_in_need_can_be_decided(crm, deliver, reader):
    (queued,) = deliver(crm)
    words = reader().get(page(queued)).words
    assert "Nothing was sent yet." in words
    assert "Give up" not in words
    (stuck,) = deliver(crm, state="needs_person")
    admin = reader()
    assert "Give up" in admin.get(page(stuck)).words
    assert "1 will be sent again." in admin.post("/v2/deliveries/needs-a-person/retry", id=str(stuck.pk)).words


def test_a_deleted_leads_delivery_does_not_exist(crm, deliver, reader, bob):
    (sent,) = deliver(crm, state="sent")
    lifecycle.delete([sent.lead_id], actor=bob)
    assert reader().get(page(sent)).status == 404
    assert reader().get(log(crm)).rows == []
    assert reader().get("/v2/deliveries/9223372036854775807").status == 404


def test_the_page_of_a_lead_tells_each_round_of_each_integration(crm, integrate, deliver, reader, bob):
    (sent,) = deliver(crm, state="sent")
    Delivery.objects.create(lead=sent.lead, job=crm, round=2, state="needs_person", answer="Answered 410", attempts=4)
    disable_job(crm.pk, actor=bob)
    words = reader().get(f"/v2/leads/{sent.lead_id}/deliveries").words
    again = Delivery.objects.get(round=2)
    assert f"CRM (disabled) Event ID {again.event_id} 2 Needs a person Answered 410 4" in words
    assert f"CRM (disabled) Event ID {sent.event_id} 1 Sent Answered 201 1" in words


@pytest.mark.parametrize("role", roles.LABELS)
def test_the_tab_of_deliveries_is_there_for_those_who_see_deliveries_and_loads_when_it_is_opened(crm, deliver, reader, role):
    (sent,) = deliver(crm, state="sent")
    lead, opens = reader(role).get(f"/v2/leads/{sent.lead_id}"), role in SEES_DELIVERIES
    assert (f"/v2/leads/{sent.lead_id}/deliveries" in lead.html) is opens
    assert "Answered 201" not in lead.words
    tab = reader(role).get(f"/v2/leads/{sent.lead_id}/deliveries")
    assert (tab.status, "Answered 201" in tab.words) == (200 if opens else 403, opens)


def test_a_lead_no_integration_has_had_says_so(campaign, make_leads, reader):
    (lead,) = make_leads(campaign)
    assert "This lead has no deliveries." in reader().get(f"/v2/leads/{lead.pk}/deliveries").words


def test_a_lead_that_was_marked_delivered_says_by_whom(campaign, make_leads, reader, bob):
    judged = make_leads(campaign)
    judge_all(campaign)
    lifecycle.mark_delivered([lead.pk for lead in judged], actor=bob)
    screen, address = reader(), f"/v2/leads/{judged[0].pk}/deliveries"
    assert f"This lead was marked Delivered by {bob.name}" in screen.get(address).words
    assert "No integration has sent it." in screen.get(address).words
    lifecycle.mark_undelivered([judged[0].pk], actor=bob)
    assert "This lead has no deliveries." in screen.get(address).words
    lifecycle.mark_sent([judged[0].pk], reason="Sent to CRM")
    assert "This lead has no deliveries." in screen.get(address).words


def test_many_rounds_cost_the_lead_page_the_queries_of_one(crm, deliver, reader):
    (sent,) = deliver(crm, state="sent")
    admin, address = reader(), f"/v2/leads/{sent.lead_id}/deliveries"
    admin.get(address)
    few = len(admin.queries(address))
    Delivery.objects.bulk_create(Delivery(lead=sent.lead, job=crm, round=n, state="withdrawn") for n in range(2, 130))
    assert len(admin.queries(address)) == few
    assert "The 100 newest are shown." in admin.get(address).words
