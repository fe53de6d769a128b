"""Retrying and giving up, by one person or two, and the withdrawals of a removed integration."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.core.errors import DomainError
from config.core.models import AuditEntry
from integrations import services, texts
from integrations.models import Delivery
from leads import lifecycle
from leads.models import Lead, LeadNote
from processr.job_types.registry import job_types
from processr.models import Job
from processr.services import disable_job, remove_job
from tests.integrations.queueing.acts import asking_for
from tests.integrations.screens.conftest import invalid
from tests.module_cast import ANEW
from tests.races import at_once

db, bob, currency, acme, pat, form, make_campaign, campaign, make_leads = ANEW
pytestmark = pytest.mark.django_db


def ids(deliveries) -> list[int]:
    return [delivery.pk for delivery in deliveries]


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_a_retried_delivery_is_due_at_once_with_its_attempts_its_event_id_and_a_new_day_to_be_tried_in(crm, deliver, bob, notified):
    long_ago = timezone.now() - timedelta(days=2)
    (stuck,) = deliver(crm, state="needs_person", attempts=9, first_tried_at=long_ago, not_before=long_ago)
    assert services.retry([stuck.pk], actor=bob) == services.BulkResult([stuck.pk])
    again = Delivery.objects.get(pk=stuck.pk)
    assert (again.state, again.attempts, again.first_tried_at, again.event_id) == ("queued", 9, None, stuck.event_id)
    assert timezone.now() - timedelta(minutes=1) < again.not_before <= timezone.now()
    assert notified == [("deliveries", crm.pk, "integrations.tasks.work")]


def test_a_retry_is_noted_on_its_lead_and_audited_once(crm, deliver, bob, notified):
    stuck = deliver(crm, 3, state="needs_person")
    before = AuditEntry.objects.count()
    services.retry(ids(stuck), actor=bob)
    notes = LeadNote.objects.filter(kind="delivery").order_by("lead_id")
    assert [(note.lead_id, note.actor_name, note.changes) for note in notes] == [
        (delivery.lead_id, "Bob Admin", [["Delivery to CRM", "Needs a person", "Waiting"]]) for delivery in stuck
    ]
    entry = AuditEntry.objects.latest("pk")
    assert AuditEntry.objects.count() == before + 1
    assert (entry.page, entry.action, entry.campaign_id) == ("Integrations", "deliveries sent again", crm.campaign_id)
    assert entry.after == {"deliveries": ids(stuck), "skipped": 0}


def test_a_lead_with_two_integrations_in_need_gets_one_note_a_call(campaign, integrate, make_leads, bob, notified):
    jobs = [integrate("CRM"), integrate("Sheet")]
    (lead,) = make_leads(campaign)
    lifecycle.flag([lead.pk], "valid", actor=bob, reason="Known", extras=asking_for([job.pk for job in jobs]))
    Delivery.objects.update(state="needs_person")
    services.retry(list(Delivery.objects.values_list("pk", flat=True)), actor=bob)
    assert [note.changes for note in LeadNote.objects.filter(lead_id=lead.pk, kind="delivery")] == [
        [["Delivery to CRM", "Needs a person", "Waiting"], ["Delivery to Sheet", "Needs a person", "Waiting"]]
    ]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("queued", "already waiting to be sent"),
        ("sent", "sent meanwhile"),
        ("failed", "already given up"),
        ("withdrawn", "withdrawn meanwhile"),
    ],
)
def test_what_needs_nobody_any_more_is_left_and_named(crm, deliver, bob, notified, state, why):
    (other,) = deliver(crm, state=state)
    assert services.retry([other.pk], actor=bob).refused == {other.pk: why}
    assert services.give_up([other.pk], actor=bob, reason="Enough").refused == {other.pk: why}
    assert (states(), notified, AuditEntry.objects.filter(page="Integrations").count()) == ([state], [], 0)


def test_only_valid_leads_are_sent_again(crm, deliver, bob, notified):
    fine, spoilt = deliver(crm, 2, state="needs_person")
    invalid(spoilt.lead)
    done = services.retry([fine.pk, spoilt.pk, 10**9], actor=bob)
    assert (done.ids, done.refused) == ([fine.pk], {spoilt.pk: "no longer Valid", 10**9: "not found"})
    assert states() == ["queued", "needs_person"]


@pytest.mark.parametrize(("wanted", "marked", "goes"), [(True, "", True), (False, "", False), (True, "test", False)])
def test_a_lead_that_came_as_a_test_is_sent_again_where_tests_are_wanted(crm, deliver, bob, notified, wanted, marked, goes):
    (stuck,) = deliver(crm, state="needs_person")
    Lead.objects.update(qa_status="test", second_check=marked, current_status="test")
    Job.objects.filter(pk=crm.pk).update(deliver_test_leads=wanted)
    assert bool(services.retry([stuck.pk], actor=bob).ids) is goes


def test_what_belongs_to_a_deleted_lead_is_not_found(crm, deliver, bob, notified):
    (stuck,) = deliver(crm, state="needs_person")
    Lead.objects.update(deleted_at=timezone.now())
    assert services.retry([stuck.pk], actor=bob).refused == {stuck.pk: "not found"}


def test_what_a_removed_integration_or_one_of_a_kind_that_is_gone_has_left_can_only_be_given_up(crm, deliver, bob, notified, monkeypatch):
    (stuck,) = deliver(crm, state="needs_person")
    monkeypatch.delitem(job_types._plugins, "http_post")
    assert services.retry([stuck.pk], actor=bob).refused == {stuck.pk: texts.TYPE_GONE}
    Job.objects.filter(pk=crm.pk).update(removed_at=timezone.now())
    assert services.retry([stuck.pk], actor=bob).refused == {stuck.pk: texts.INTEGRATION_REMOVED}
    assert services.give_up([stuck.pk], actor=bob, reason="Gone").ids == [stuck.pk]


@pytest.mark.parametrize(
    ("later", "goes"), [("sent", False), ("queued", False), ("needs_person", False), ("withdrawn", True), ("failed", True)]
)
def test_a_round_that_a_later_one_has_replaced_is_not_sent_again(crm, deliver, bob, notified, later, goes):
    (stuck,) = deliver(crm, state="needs_person")
    Delivery.objects.create(lead=stuck.lead, job=crm, round=2, state=later, sent_at=timezone.now() if later == "sent" else None)
    assert bool(services.retry([stuck.pk], actor=bob).ids) is goes


def test_what_is_given_up_says_so_and_its_note_says_by_whom_and_why(crm, deliver, bob, notified):
    (stuck,) = deliver(crm, state="needs_person", answer="Answered 404 Not Found")
    assert services.give_up([stuck.pk], actor=bob, reason="  They have closed ") == services.BulkResult([stuck.pk])
    given_up = Delivery.objects.get()
    assert (given_up.state, given_up.sent_at) == ("failed", None)
    assert given_up.answer == f"{texts.GIVEN_UP}. Last answer: Answered 404 Not Found"
    note = LeadNote.objects.get(kind="delivery")
    assert (note.changes, note.reason) == ([["Delivery to CRM", "Needs a person", "Given up"]], "They have closed")
    assert note.actor_name == bob.name
    assert AuditEntry.objects.latest("pk").action == "deliveries given up"
    assert notified == []


def test_what_is_given_up_with_a_long_answer_keeps_its_beginning(crm, deliver, bob, notified):
    (stuck,) = deliver(crm, state="needs_person", answer="x" * 300)
    services.give_up([stuck.pk], actor=bob, reason="y" * 500)
    assert Delivery.objects.get().answer == f"{texts.GIVEN_UP}. Last answer: {'x' * 300}"[:300]
    assert LeadNote.objects.get(kind="delivery").reason == "y" * 200


def test_nothing_is_given_up_without_a_reason(crm, deliver, bob):
    stuck = deliver(crm, 2, state="needs_person")
    with pytest.raises(DomainError, match="Say why"):
        services.give_up(ids(stuck), actor=bob, reason=" \n")
    assert states() == ["needs_person"] * 2


def test_two_hundred_cost_the_statements_of_two(crm, deliver, bob, notified):
    def statements(act, stuck) -> int:
        with CaptureQueriesContext(connection) as caught:
            act(ids(stuck), actor=bob)
        return len(caught)

    for act in (services.retry, partial(services.give_up, reason="Enough")):
        few = statements(act, deliver(crm, 2, state="needs_person"))
        assert statements(act, deliver(crm, 200, state="needs_person")) == few


def test_a_call_takes_so_many(crm, deliver, bob, notified, monkeypatch):
    monkeypatch.setattr(services, "AT_MOST", 2)
    with pytest.raises(ValueError, match="at most 2 deliveries a call"):
        services.retry(ids(deliver(crm, 3, state="needs_person")), actor=bob)


def test_a_removal_withdraws_what_nobody_has_sent_and_notes_it(crm, integrate, deliver, bob):
    for state in ("queued", "needs_person", "sent", "failed", "withdrawn"):
        deliver(crm, state=state)
    other = integrate("Other")
    deliver(other)
    Delivery.objects.filter(job=crm, lead__in=Delivery.objects.filter(job=other).values("lead")).delete()
    remove_job(crm.pk, actor=bob)
    assert sorted(Delivery.objects.filter(job=crm).values_list("state", flat=True)) == ["failed", "sent", *["withdrawn"] * 3]
    assert Delivery.objects.get(job=other).state == "queued"
    notes = LeadNote.objects.filter(kind="delivery", reason="The integration was removed")
    assert [note.changes[0][1:] for note in notes.order_by("lead_id")] == [["Waiting", "Withdrawn"], ["Needs a person", "Withdrawn"]]


def test_what_is_being_sent_when_its_integration_is_removed_ends_as_it_ends(crm, deliver, bob):
    (on_its_way,) = deliver(crm)
    Delivery.objects.update(state="sending", claim="5" * 32)
    remove_job(crm.pk, actor=bob)
    assert states() == ["sending"]


def test_a_disabled_integration_keeps_what_is_queued(crm, deliver, bob):
    deliver(crm, 2)
    disable_job(crm.pk, actor=bob)
    assert states() == ["queued"] * 2


@pytest.mark.django_db(transaction=True)
def test_two_people_who_decide_at_once_decide_once(crm, deliver, bob, notified):
    stuck = deliver(crm, 40, state="needs_person")
    answers: list[services.BulkResult] = []
    decide = (
        lambda: answers.append(services.retry(ids(stuck), actor=bob)),
        lambda: answers.append(services.give_up(ids(stuck)[::-1], actor=bob, reason="Enough")),
    )
    assert at_once(*decide) == []
    assert sorted(len(done.ids) for done in answers) == [0, 40]
    assert len(set(states())) == 1
    assert LeadNote.objects.filter(kind="delivery").count() == 40


@pytest.mark.django_db(transaction=True)
def test_a_retry_and_a_removal_at_once_leave_nothing_queued(crm, deliver, bob, notified):
    stuck = deliver(crm, 40, state="needs_person")
    assert at_once(lambda: services.retry(ids(stuck), actor=bob), lambda: remove_job(crm.pk, actor=bob)) == []
    assert set(states()) == {"withdrawn"}


@pytest.mark.django_db(transaction=True)
def test_a_retry_and_a_flag_over_the_same_leads_do_not_meet(crm, deliver, bob, notified):
    stuck = deliver(crm, 40, state="needs_person")
    leads = [delivery.lead_id for delivery in stuck]
    assert at_once(
        lambda: services.retry(ids(stuck), actor=bob),
        lambda: lifecycle.flag(leads[::-1], "invalid", actor=bob, reason="Returned"),
    ) == []  # fmt: skip
    assert set(states()) == {"withdrawn"}
