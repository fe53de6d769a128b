"""An undo and its preview, where leads have deliveries."""

from collections import Counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.core.actor import SYSTEM
from integrations import integrity, lead_hooks, texts
from integrations.delivery.queue import EXTRAS_KEY
from integrations.models import Delivery
from leads import bulk, lifecycle
from leads.models import BulkAction
from leads.statuses import Refusal
from tests.integrations.queueing.acts import FILE, judged, sent, states, stuck, taken

pytestmark = pytest.mark.django_db
LEADS = 4
SOME = st.sets(st.integers(0, LEADS - 1), min_size=1).map(sorted)
FLAGS = ["mark_valid", "mark_invalid", "mark_test"]
TYPES = [*FLAGS, "unflag", "mark_delivered", "mark_undelivered", "delete", "reprocess"]


@pytest.fixture
def rung(monkeypatch) -> list[tuple]:
    bells: list[tuple] = []
    monkeypatch.setattr(lead_hooks, "notify_workers", lambda *bell: bells.append(bell))
    return bells


def act(type_key: str, leads, bob, chosen=()) -> BulkAction:
    settings = {"reason": "Known", EXTRAS_KEY: [job.pk for job in chosen]}
    return bulk.run_or_queue(type_key, [lead.pk for lead in leads], actor=bob, settings=settings)


def undo(action: BulkAction, bob) -> BulkAction:
    return bulk.run_if_few(bulk.begin_undo(action, actor=bob))


def everything() -> list[tuple]:
    return list(Delivery.objects.order_by("pk").values_list("pk", "state", "taken_back_at"))


@pytest.mark.sql
@pytest.mark.parametrize("type_key", ["mark_invalid", "mark_test", "mark_undelivered", "delete"])
def test_what_an_action_withdrew_waits_again_in_its_round_and_what_needs_a_person_needs_one(type_key, campaign, crm, make_leads, bob, rung):
    waits, needs_person, arrived = judged(campaign, make_leads, 3)
    stuck(needs_person)
    sent(arrived)
    lifecycle.mark_sent([waits.pk, needs_person.pk], reason="by another integration", actor=bob)
    before = everything()
    action = act(type_key, [waits, needs_person, arrived], bob)
    assert everything() != before
    assert undo(action, bob).done == 3
    assert everything() == before
    assert rung == [("deliveries", crm.pk, "integrations.tasks.work")]
    assert integrity.deliveries() == []


@pytest.mark.sql
def test_what_an_action_queued_is_withdrawn_and_what_was_sent_since_is_named(campaign, crm, make_leads, bob):
    waits, being_sent, was_sent = judged(campaign, make_leads, 3)
    for lead in (waits, being_sent, was_sent):
        sent(lead)
    action = act("mark_valid", [waits, being_sent, was_sent], bob, chosen=[crm])
    taken(being_sent)
    taken(was_sent)
    Delivery.objects.filter(lead=was_sent, state="sending").update(state="sent", claim=None, sent_at="2026-01-01T00:00Z")
    assert bulk.preview_undo(action, actor=bob).skipped == {texts.BEING_SENT: 1, texts.SENT_SINCE: 1}
    undone = undo(action, bob)
    assert bulk.skipped_leads(undone, at_most=3) == {being_sent.pk: texts.BEING_SENT, was_sent.pk: texts.SENT_SINCE}
    assert states(waits) == [(1, "sent"), (2, "withdrawn")]
    assert integrity.deliveries() == []


def arrive(lead) -> None:
    """Record the arrival as a sender does: a lead that is marked as delivered already does not change."""
    lifecycle.mark_delivered([lead.pk], actor=SYSTEM, reason="CRM")
    Delivery.objects.filter(lead=lead, state="sending").update(state="sent", claim=None, sent_at=timezone.now())


def test_a_lead_that_was_sent_after_it_was_marked_as_delivered_keeps_its_money(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    taken(lead)
    action = act("mark_delivered", [lead], bob)
    arrive(lead)
    assert bulk.preview_undo(action, actor=bob).skipped == {texts.SENT_SINCE: 1}
    assert bulk.skipped_leads(undo(action, bob), at_most=2) == {lead.pk: texts.SENT_SINCE}
    lead.refresh_from_db()
    assert (lead.delivery_status, lead.advertiser_billable) == ("delivered", True)


@pytest.mark.parametrize("type_key", ["mark_invalid", "mark_test", "delete"])
def test_a_lead_that_was_on_its_way_and_arrived_is_not_put_back_as_undelivered(type_key, campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    taken(lead)
    action = act(type_key, [lead], bob)
    arrive(lead)
    assert bulk.skipped_leads(undo(action, bob), at_most=2) == {lead.pk: texts.SENT_SINCE}


def test_what_was_skipped_because_it_was_being_sent_is_undone_later(campaign, crm, make_leads, bob):
    away, back = judged(campaign, make_leads, 2)
    taken(away)
    action = act("mark_invalid", [away, back], bob)
    first = undo(action, bob)
    assert (first.done, bulk.skipped_leads(first, at_most=2)) == (1, {away.pk: texts.BEING_SENT})
    Delivery.objects.filter(lead=away, state="sending").update(state="withdrawn", claim=None)
    second = undo(action, bob)
    assert (second.done, bulk.skipped_leads(second, at_most=2)) == (1, {back.pk: Refusal.CHANGED_SINCE})
    assert bulk.reason_not_to_undo(action) == "It has been undone already."


def test_an_undo_by_somebody_who_does_not_see_the_leads_closes_nothing(campaign, crm, make_leads, bob):
    (lead,) = judged(campaign, make_leads)
    action = act("mark_invalid", [lead], bob)
    assert undo(action, SYSTEM).done == 0
    assert undo(action, bob).done == 1


def test_nothing_is_sent_again_through_an_integration_that_was_removed(campaign, crm, make_leads, bob, rung):
    (lead,) = judged(campaign, make_leads)
    action = act("mark_invalid", [lead], bob)
    crm.removed_at = "2026-01-01T00:00Z"
    crm.save(update_fields=["removed_at"])
    assert undo(action, bob).done == 1
    assert (states(lead), rung) == ([(1, "withdrawn")], [])


def test_the_hook_and_the_preview_cost_the_same_for_many_leads(campaign, crm, make_leads, bob):
    def cost(n: int) -> list[int]:
        action = act("mark_invalid", judged(campaign, make_leads, n), bob)
        counts = []
        for do in (lambda: bulk.preview_undo(action, actor=bob), lambda: undo(action, bob)):
            with CaptureQueriesContext(connection) as caught:
                do()
            counts.append(len(caught))
        return counts

    assert cost(2) == cost(60)


def test_integrations_of_the_leads_campaigns_are_offered_when_they_are_marked_as_valid(make_campaign, campaign, integrate):
    crm, off = integrate("CRM"), integrate("Off")
    integrate("Elsewhere", on=make_campaign())
    off.enabled = False
    off.save(update_fields=["enabled"])
    (field,) = bulk.fields(BulkAction(type="mark_valid"), [campaign.pk]).values()
    assert field.choices == [(crm.pk, "Spring: CRM")]
    assert field.clean([str(crm.pk)]) == [crm.pk]
    assert bulk.fields(BulkAction(type="mark_invalid"), [campaign.pk]) == {}


@pytest.mark.sql
def test_a_preview_says_what_is_withdrawn_taken_back_and_queued(campaign, crm, make_leads, bob):
    waits, arrived = judged(campaign, make_leads, 2)
    sent(arrived)
    ids = [waits.pk, arrived.pk]
    assert bulk.preview("mark_test", ids, actor=bob, settings={"reason": "Known"}).lines == {
        texts.withdrawn("CRM"): 1,
        texts.taken_back("CRM"): 1,
    }
    act("mark_test", [waits, arrived], bob)
    chosen = {"reason": "Known", EXTRAS_KEY: [crm.pk]}
    assert bulk.preview("mark_valid", ids, actor=bob, settings=chosen).lines == {texts.queued("CRM"): 2}


class Deliveries:
    """The changes of deliveries by an action, counted under the lines of its preview."""

    def __init__(self) -> None:
        self.rows = {row.pk: row for row in Delivery.objects.select_related("job")}
        self.arrived = {(row.lead_id, row.job_id) for row in self.rows.values() if row.state == "sent" and not row.taken_back_at}

    def lines(self, before: "Deliveries", *, stuck_in_the_way: bool) -> Counter:
        lines: Counter = Counter()
        for pk, row in self.rows.items():
            old = before.rows.get(pk)
            if old is None:
                lines[texts.queued(row.job.label)] += 1
                lines[texts.queued_again(row.job.label)] += (row.lead_id, row.job_id) in before.arrived
            elif row.state != old.state and not (stuck_in_the_way and old.state == "needs_person"):
                lines[texts.withdrawn(row.job.label)] += 1
            elif row.taken_back_at != old.taken_back_at:
                lines[texts.taken_back(row.job.label)] += 1
        return +lines


ACTS = st.tuples(st.sampled_from(["send", "stick", *TYPES]), SOME, st.sets(st.integers(0, 1)))


@given(history=st.lists(ACTS, max_size=5), type_key=st.sampled_from(TYPES), chosen=SOME, picked=st.sets(st.integers(0, 1)))
def test_the_lines_of_a_preview_are_what_becomes_of_the_deliveries(campaign, integrate, make_leads, bob, history, type_key, chosen, picked):
    with transaction.atomic():
        jobs = [integrate("CRM"), integrate("File", kind=FILE, deliver_test_leads=True)]
        leads = judged(campaign, make_leads, LEADS)
        for verb, numbers, used in history:
            some = [leads[n] for n in numbers]
            if verb in ("send", "stick"):
                for lead in some:
                    sent(lead) if verb == "send" else stuck(lead)
            else:
                act(verb, some, bob, chosen=[jobs[n] for n in used])
        settings = {"reason": "Known", EXTRAS_KEY: [jobs[n].pk for n in picked]}
        ids, before = [leads[n].pk for n in chosen], Deliveries()
        foretold = bulk.preview(type_key, ids, actor=bob, settings=settings)
        action = bulk.run_or_queue(type_key, ids, actor=bob, settings=settings)
        assert (foretold.moved, foretold.skipped) == (action.done, dict(bulk.skip_reasons(action)))
        assert +foretold.lines == Deliveries().lines(before, stuck_in_the_way=type_key == "mark_valid")
        transaction.set_rollback(True)
