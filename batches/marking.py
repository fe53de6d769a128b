"""The leads of an ended batch: delivered with a file that was sent, or waiting again when it was given up. In chunks that resume."""

import json

from django.db import transaction
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from batches.building import CHUNK
from batches.models import SentBatch
from config.core.actor import SYSTEM
from config.core.background.clock import database_now
from config.core.background.db_retry import again_after_conflict
from integrations import texts as delivery_texts
from integrations.delivery import limits
from integrations.delivery.queue import Eligibility, eligibility, waits_with_lead
from integrations.delivery.recorder import copy_events
from integrations.models import UNTIL_RELEASED, Delivery
from leads import lifecycle
from leads.lifecycle import notes
from leads.lifecycle.state import lock_states
from leads.models import Lead, LeadNote
from leads.statuses import Refusal
from processr.models import Event, JobDelta

State = Delivery.State
FileState = SentBatch.FileState


def unmarked() -> list[int]:
    """Return the ended batches that still have leads in them."""
    ended = SentBatch.objects.filter(phase__in=(FileState.SENT, FileState.GIVEN_UP), marked_at=None)
    return list(ended.order_by("pk").values_list("pk", flat=True))


def mark(batch_id: int) -> None:
    """Mark the leads of an ended batch, chunk by chunk. It may be broken off and called again at any time, by several at once."""
    while again_after_conflict(lambda: _mark_chunk(batch_id)):
        pass


@transaction.atomic
def _mark_chunk(batch_id: int) -> bool:
    batches = SentBatch.objects.select_related("job__campaign").select_for_update(no_key=True, of=("self",))
    batch = batches.filter(pk=batch_id, phase__in=(FileState.SENT, FileState.GIVEN_UP), marked_at=None).first()
    if batch is None:
        return False
    in_file = Delivery.objects.filter(pk__in=batch.leads.filter(delivery__isnull=False).values("delivery"), state=State.IN_FILE)
    found = dict(in_file.order_by("pk").values_list("pk", "lead_id")[:CHUNK])
    if not found:
        SentBatch.objects.filter(pk=batch_id).update(marked_at=Now())
        return False
    leads = lock_states(sorted(found.values()))
    locked = Delivery.objects.select_for_update(no_key=True).filter(pk__in=found, state=State.IN_FILE).order_by("pk")
    deliveries = list(locked)
    if batch.phase == FileState.SENT:
        _deliver(batch, deliveries)
    else:
        _free(batch, deliveries, leads)
    return True


def _deliver(batch: SentBatch, deliveries: list[Delivery]) -> None:
    lead_ids = sorted(row.lead_id for row in deliveries)
    refused = lifecycle.mark_sent(lead_ids, reason=batch.label).refused
    too_late = {pk for pk, reason in refused.items() if reason in (Refusal.NOT_VALID, Refusal.NOT_FOUND)}
    if too_late:
        change = [f"Delivery to {batch.label}", State.IN_FILE.label, State.SENT.label]
        changes = dict.fromkeys(sorted(too_late), [change])
        notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=SYSTEM, reason=delivery_texts.ARRIVED_WHILE_NOT_VALID)
    for row in deliveries:
        row.state, row.sent_at, row.answered_at, row.attempts = State.SENT, batch.sent_at, batch.sent_at, row.attempts + 1
        row.first_tried_at, row.answer = row.first_tried_at or batch.first_tried_at, f"File {batch.file_name}: {batch.answer}"[:300]
        row.arrived_while_not_valid = row.lead_id in too_late
    Delivery.objects.bulk_update(
        deliveries, ["state", "sent_at", "answered_at", "attempts", "first_tried_at", "answer", "arrived_while_not_valid"]
    )
    limits.count_sent(len(deliveries), database_now(), job_id=batch.job_id)
    copy_events(_events(batch, deliveries))
    JobDelta.objects.create(job_id=batch.job_id, passed=len(deliveries))


def _events(batch: SentBatch, deliveries: list[Delivery]) -> list[tuple]:
    leads = Lead.objects.only("campaign_id", "processing_counter", "created_at", "publisher_id", "link_id", "entry_point").in_bulk(
        [row.lead_id for row in deliveries]
    )
    events = []
    for row in deliveries:
        lead = leads[row.lead_id]
        source = {
            "publisher": lead.publisher_id, "link": lead.link_id, "entry_point": lead.entry_point, "delivery": row.pk, "round": row.round,
            "attempt": row.attempts, "batch": batch.pk, "answer_at": 0,
        }  # fmt: skip
        events.append((
            uuid7(), lead.pk, lead.campaign_id, Event.Kind.DELIVERY.value, Event.Conclusion.SUCCESS.value, row.answer, batch.job_id,
            lead.processing_counter, lead.created_at, batch.sent_at, 0, json.dumps(source), 0, "[]", "",
        ))  # fmt: skip
    return events


def _free(batch: SentBatch, deliveries: list[Delivery], leads: dict) -> None:
    """Put back into the queue what still qualifies, and withdraw the rest, as its change would have done."""
    accepted = {Eligibility.ALL, Eligibility.TESTS} if batch.job.deliver_test_leads else {Eligibility.ALL}
    again = [row for row in deliveries if batch.job.removed_at is None and eligibility(leads[row.lead_id].axes()) in accepted]
    held = [row.pk for row in again if waits_with_lead(leads[row.lead_id].axes(), batch.job)]
    again_ids = [row.pk for row in again]
    Delivery.objects.filter(pk__in=again_ids).update(state=State.QUEUED, held_for="", not_before=Now())
    if held:
        Delivery.objects.filter(pk__in=held).update(not_before=UNTIL_RELEASED, held_for=Delivery.HeldFor.OVER_DELIVERY)
    gone = [row.pk for row in deliveries if row.pk not in set(again_ids)]
    Delivery.objects.filter(pk__in=gone).update(state=State.WITHDRAWN, withdrawn_from=State.QUEUED, held_for="")
