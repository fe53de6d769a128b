"""`check_integrity` of deliveries: silent about what the product wrote, and each check finds its fault."""

from uuid import uuid4

import pytest
from django.utils import timezone

from config.core.actor import SYSTEM
from config.core.extension_points import integrity_checks
from integrations import integrity
from integrations.messages.queue import NewMessage, queue_messages
from integrations.models import Delivery, Message
from integrations.outbound_events import services as events
from leads import lifecycle
from leads.models import Lead
from processr import integrity as processr_integrity
from processr import services
from processr.engine import tallies
from processr.models import Event, Job, JobDelta
from tests.integrations.queueing.acts import given_up, judged, sent, stuck, taken

pytestmark = pytest.mark.django_db


def test_the_command_asks_for_them():
    assert integrity_checks["deliveries"] is integrity.deliveries
    assert integrity_checks["messages"] is integrity.messages


@pytest.fixture
def lead(campaign, crm, make_leads) -> Lead:
    return judged(campaign, make_leads)[0]


def set_to(**columns) -> None:
    Delivery.objects.update(**columns)


@pytest.mark.sql
@pytest.mark.parametrize("acts", [[], [taken], [sent], [stuck], [stuck, given_up]])
def test_what_senders_leave_is_in_order_whatever_becomes_of_the_lead_meanwhile(acts, lead, bob):
    for act in acts:
        act(lead)
    assert integrity.deliveries() == []
    lifecycle.flag([lead.pk], "invalid", actor=bob, reason="x")
    assert integrity.deliveries() == []
    lifecycle.delete([lead.pk], actor=bob)
    assert integrity.deliveries() == []


def test_delivered_by_a_person_needs_no_integration(lead, bob):
    lifecycle.mark_delivered([lead.pk], actor=bob)
    assert integrity.deliveries() == []


def test_delivered_by_nobody_is_found(lead):
    lifecycle.mark_delivered([lead.pk], actor=SYSTEM, reason="CRM")
    assert integrity.deliveries() == [f"lead {lead.pk} is delivered, but no integration has sent it and nobody has marked it"]


def test_delivered_by_what_was_taken_back_is_found(lead):
    sent(lead)
    set_to(taken_back_at=timezone.now())
    assert len(integrity.deliveries()) == 1


@pytest.mark.parametrize(
    ("becomes", "told"),
    [({"current_status": "invalid", "second_check": "invalid"}, "invalid"), ({"current_status": "test", "second_check": "test"}, "test"),
     ({"deleted_at": timezone.now()}, "deleted")],
)  # fmt: skip
@pytest.mark.parametrize(("state", "wrong"), [("queued", True), ("needs_person", True), ("withdrawn", False), ("failed", False)])
def test_what_is_yet_to_be_sent_of_a_lead_that_is_not_to_be_sent_is_found(becomes, told, state, wrong, lead):
    set_to(state=state)
    Lead.objects.update(**becomes)
    pk = Delivery.objects.get().pk
    assert integrity.deliveries() == ([f"delivery {pk} is {state}, but lead {lead.pk} is {told}"] if wrong else [])


def test_a_missing_round_and_two_open_ones_are_found(lead, crm):
    set_to(round=2)
    assert integrity.deliveries() == [f"lead {lead.pk} to integration {crm.pk}: 1 rounds, the last one number 2, 1 of them open"]
    Delivery.objects.create(lead=lead, job=crm, round=1, state="needs_person")
    assert integrity.deliveries() == [f"lead {lead.pk} to integration {crm.pk}: 2 rounds, the last one number 2, 2 of them open"]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"sent_at": timezone.now()}, "is queued, its time of sending says otherwise"),
        ({"taken_back_at": timezone.now()}, "is taken back, but queued"),
    ],
)
def test_a_row_that_contradicts_itself_is_found(columns, told, lead):
    set_to(**columns)
    assert integrity.deliveries() == [f"delivery {Delivery.objects.get().pk} {told}"]


def test_a_lead_at_a_job_that_is_not_its_own_is_found(lead, crm, make_campaign, bob):
    quality = services.add_job(lead.campaign, "first_last_name_match", actor=bob)
    set_to(job=quality)
    assert integrity.deliveries() == [f"delivery {Delivery.objects.get().pk} goes to a job that is no integration"]
    set_to(job=crm)
    Job.objects.filter(pk=crm.pk).update(campaign=make_campaign())
    assert integrity.deliveries() == [f"delivery {Delivery.objects.get().pk} goes to an integration of another campaign"]


def test_no_more_are_told_than_a_person_reads(campaign, crm, make_leads):
    judged(campaign, make_leads, integrity.SHOW_AT_MOST + 5)
    Lead.objects.update(deleted_at=timezone.now())
    assert len(integrity.deliveries()) == integrity.SHOW_AT_MOST


@pytest.mark.sql
def test_attempts_are_recounted_with_the_steps_of_runs(lead, crm):
    for outcome in ("success", "error", "error", "failure", "skip"):
        Event.objects.create(
            lead_id=lead.pk, campaign_id=lead.campaign_id, kind="delivery", outcome=outcome, job_id=crm.pk, started_at=timezone.now()
        )
    assert processr_integrity.job_tallies() == [
        f"job {crm.pk}: its tally exceeds its steps by -1 passed, -1 failed, -2 errored, -1 skipped"
    ]
    JobDelta.objects.create(job_id=crm.pk, passed=1, failed=1, errored=2, skipped=1)
    assert processr_integrity.job_tallies() == []
    tallies.fold()
    assert processr_integrity.job_tallies() == []


@pytest.mark.sql
def test_messages_that_contradict_themselves_or_their_order_are_found(lead, campaign, bob):
    event = events.add_event(campaign, {"label": "Tell", "trigger": "valid", "url": "https://hooks.example/"}, actor=bob)
    queue_messages([NewMessage("event", event.destination.pk, {}, lead_id=lead.pk, order_key="a")] * 3)
    first, second, third = Message.objects.order_by("pk")
    assert integrity.messages() == []
    Message.objects.filter(pk=first.pk).update(sent_at=timezone.now())
    Message.objects.filter(pk=second.pk).update(state="sending", claim=uuid4())
    Message.objects.filter(pk=third.pk).update(state="in_file")
    assert integrity.messages() == [
        f"message {first.pk} is queued, its time of sending says otherwise",
        f"message {second.pk} is sending although an earlier one of its order is still open",
        f"message {third.pk} is in a file, which no message ever is",
    ]
