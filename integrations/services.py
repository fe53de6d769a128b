"""The services of deliveries: sending again, giving up, and withdrawing. Each takes a set of at most 2,000."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Concat, Left, Now

from config.core import audit
from config.core.actor import Actor
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from integrations import texts
from integrations.delivery import waits
from integrations.delivery.queue import Eligibility, eligibility, waits_with_lead
from integrations.models import UNTIL_RELEASED, Delivery
from leads.lifecycle import notes
from leads.lifecycle.state import LeadState, lock_states
from leads.models import LeadNote
from processr.job_types.registry import job_types
from processr.models import Job

AT_MOST = 2_000
"""The most deliveries of a call. More are a background run (`integrations.actions`)."""
MOST_NOTIFICATIONS = 16  # more notifications than workers are of no use
QUEUE, TASK = "deliveries", "integrations.tasks.work"
PAGE = "Integrations"
State = Delivery.State
OPEN = (State.QUEUED, State.SENDING, State.IN_FILE, State.NEEDS_PERSON)


@dataclass(frozen=True)
class BulkResult:
    """The result of a call: changed deliveries, reasons by id of the others, and the campaigns of the changed ones."""

    ids: list[int]
    refused: dict[int, str] = field(default_factory=dict)
    campaign_ids: frozenset[int] = field(default=frozenset(), compare=False)


def retry(delivery_ids: Collection[int], *, actor: Actor) -> BulkResult:
    """Queue deliveries that need a person, due now, and record it."""
    with transaction.atomic():
        result = requeue(delivery_ids, actor=actor)
        _audit("deliveries sent again", result, actor=actor)
    return result


def give_up(delivery_ids: Collection[int], *, actor: Actor, reason: str) -> BulkResult:
    """End deliveries that need a person, and record it."""
    with transaction.atomic():
        result = fail(delivery_ids, actor=actor, reason=reason)
        _audit("deliveries given up", result, actor=actor, reason=cleaned_reason(reason))
    return result


def dismiss(delivery_ids: Collection[int], *, actor: Actor) -> BulkResult:
    """Take the mark *arrived while not Valid* off deliveries, note it on their leads and record it.

    They stay sent, so none is sent a second time by itself; but their leads are not Delivered by them when Valid again.
    """
    _check_number(delivery_ids)
    with transaction.atomic():
        # What makes a lead Valid locks it, and then looks at the mark.
        lock_states(sorted(set(Delivery.objects.filter(pk__in=delivery_ids).values_list("lead_id", flat=True))))
        rows = _lock_deliveries(delivery_ids)
        refused = {pk: texts.NOT_FOUND for pk in delivery_ids if pk not in rows}
        refused |= {pk: texts.SETTLED for pk, row in rows.items() if not row.arrived_while_not_valid}
        changed = [row for pk, row in rows.items() if pk not in refused]
        Delivery.objects.filter(pk__in=[row.pk for row in changed]).update(arrived_while_not_valid=False)
        changes: dict[int, list[list]] = {}
        for row in changed:
            changes.setdefault(row.lead_id, []).append([f"Delivery to {row.job.label}", texts.ARRIVED, texts.DISMISSED])
        notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=actor)
        result = _result(changed, refused)
        _audit("arrivals dismissed", result, actor=actor)
    return result


@transaction.atomic
def requeue(delivery_ids: Collection[int], *, actor: Actor, due_at: datetime | None = None) -> BulkResult:
    """Queue deliveries that need a person, due now, or at a time that has passed: those due since longer are sent first.

    Those of leads held over delivery wait for the release.

    The rests of their destinations end. Their attempts are still counted on. `first_tried_at` is emptied, so the time
    for which they are tried starts with the next attempt. The event id stays: the receiver can recognise the same delivery.
    """
    _check_number(delivery_ids)
    waits.wake(job__deliveries__in=delivery_ids)
    leads = lock_states(sorted(set(Delivery.objects.filter(pk__in=delivery_ids).values_list("lead_id", flat=True))))
    rows = _lock_deliveries(delivery_ids)
    superseded = _superseded(rows.values())
    refused = _refusals(delivery_ids, rows, partial(_refusal_to_retry, leads=leads, superseded=superseded))
    changed = [row for pk, row in rows.items() if pk not in refused]
    held = [row.pk for row in changed if waits_with_lead(leads[row.lead_id].axes(), row.job)]
    Delivery.objects.filter(pk__in=[row.pk for row in changed]).update(
        state=State.QUEUED, not_before=due_at or Now(), held_for="", first_tried_at=None
    )
    if held:
        Delivery.objects.filter(pk__in=held).update(not_before=UNTIL_RELEASED, held_for=Delivery.HeldFor.OVER_DELIVERY)
    _write_notes(changed, State.QUEUED, actor=actor)
    for job_id in sorted({row.job_id for row in changed})[:MOST_NOTIFICATIONS]:
        notify_workers(QUEUE, job_id, TASK)
    return _result(changed, refused)


@transaction.atomic
def fail(delivery_ids: Collection[int], *, actor: Actor, reason: str) -> BulkResult:
    """End deliveries that need a person. The leads are neither changed nor locked.

    The note of each lead says who gave it up and why, and masks both where the lead is masked. The answer of a delivery is
    shown to all who see deliveries, so it says only that it was given up, followed by the last answer.
    """
    _check_number(delivery_ids)
    reason = cleaned_reason(reason)
    rows = _lock_deliveries(delivery_ids)
    refused = _refusals(delivery_ids, rows, lambda _: "")
    changed = [row for pk, row in rows.items() if pk not in refused]
    given_up = Value(texts.GIVEN_UP, output_field=TextField())
    with_last_answer = Concat(given_up, Value(". Last answer: "), F("answer"), output_field=TextField())
    answer = Left(Case(When(answer="", then=given_up), default=with_last_answer), 300)
    Delivery.objects.filter(pk__in=[row.pk for row in changed]).update(state=State.FAILED, answer=answer)
    _write_notes(changed, State.FAILED, actor=actor, reason=reason)
    return _result(changed, refused)


def cleaned_reason(reason: str, *, refusal: str = "Say why they are given up: it is kept with each of them.") -> str:
    """Return the reason as it is kept. Raise DomainError, with this refusal, for none."""
    cleaned = reason.strip()[: texts.REASON_AT_MOST]
    if not cleaned:
        raise DomainError(refusal, field="reason")
    return cleaned


# Locked in id order, as everywhere.
_WITHDRAW = """
WITH chosen AS MATERIALIZED (
    (SELECT id FROM integrations_delivery WHERE job_id = %(job)s AND state = 'queued' ORDER BY not_before, id LIMIT %(limit)s)
    UNION ALL
    (SELECT id FROM integrations_delivery WHERE job_id = %(job)s AND state = 'needs_person' ORDER BY id LIMIT %(limit)s)
    LIMIT %(limit)s
), mine AS MATERIALIZED (
    SELECT d.id, d.state FROM integrations_delivery AS d JOIN chosen ON chosen.id = d.id
    WHERE d.state IN ('queued', 'needs_person') ORDER BY d.id FOR NO KEY UPDATE OF d
)
UPDATE integrations_delivery AS d SET state = 'withdrawn', held_for = '', answer = %(answer)s FROM mine WHERE d.id = mine.id
RETURNING d.lead_id, mine.state
"""


def withdraw(job: Job, *, actor: Actor) -> int:
    """Withdraw deliveries of a removed integration, at most `AT_MOST`, and return their number. What is being sent ends as usual."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, {"job": job.pk, "answer": texts.REMOVED, "limit": AT_MOST})
        rows = cursor.fetchall()
    changes = {lead: [[f"Delivery to {job.label}", State(before).label, State.WITHDRAWN.label]] for lead, before in rows}
    notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=actor, reason=texts.REMOVED)
    return len(rows)


def _result(changed: Collection[Delivery], refused: dict[int, str]) -> BulkResult:
    return BulkResult([row.pk for row in changed], refused, frozenset(row.job.campaign_id for row in changed))


def _check_number(ids: Collection[int]) -> None:
    if len(ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} deliveries a call, {len(ids)} were given")


def _lock_deliveries(ids: Collection[int]) -> dict[int, Delivery]:
    """Lock the deliveries in id order, and return what is read of them. An integration is one object for all that go to it."""
    columns = Delivery.objects.only("lead_id", "job_id", "round", "state", "arrived_while_not_valid")
    rows = {row.pk: row for row in columns.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    jobs = Job.objects.in_bulk({row.job_id for row in rows.values()})
    for row in rows.values():
        row.job = jobs[row.job_id]
    return rows


def _refusals(ids: Collection[int], rows: Mapping[int, Delivery], refusal: Callable[[Delivery], str]) -> dict[int, str]:
    """Return reasons by id for deliveries that do not exist, no longer need a person, or have a `refusal`."""
    refused = {pk: texts.NOT_FOUND for pk in ids if pk not in rows}
    for pk, row in rows.items():
        if reason := texts.MEANWHILE.get(State(row.state)) or refusal(row):
            refused[pk] = reason
    return refused


def _refusal_to_retry(row: Delivery, *, leads: Mapping[int, LeadState], superseded: Collection[int]) -> str:
    lead = leads.get(row.lead_id)
    if lead is None or lead.deleted_at:
        return texts.NOT_FOUND
    if row.job.removed_at:
        return texts.INTEGRATION_REMOVED
    if job_types.get(row.job.type) is None:
        return texts.TYPE_GONE
    eligible = eligibility(lead.axes())
    if eligible is Eligibility.NONE or (eligible is Eligibility.TESTS and not row.job.deliver_test_leads):
        return texts.NO_LONGER_VALID
    return texts.LATER_ROUND if row.pk in superseded else ""


def _superseded(rows: Collection[Delivery]) -> set[int]:
    """Return the deliveries with a later round of the same lead that was sent or is still open."""
    others = Delivery.objects.filter(lead__in={row.lead_id for row in rows}, job__in={row.job_id for row in rows})
    alive = others.filter(Q(state=State.SENT, taken_back_at=None) | Q(state__in=OPEN))
    last_rounds: dict[tuple[int, int], int] = {}
    for lead_id, job_id, number in alive.values_list("lead_id", "job_id", "round"):
        last_rounds[lead_id, job_id] = max(number, last_rounds.get((lead_id, job_id), 0))
    return {row.pk for row in rows if last_rounds.get((row.lead_id, row.job_id), 0) > row.round}


def _write_notes(rows: Collection[Delivery], new_state: Delivery.State, *, actor: Actor, reason: str = "") -> None:
    changes: dict[int, list[list]] = {}
    for row in rows:
        changes.setdefault(row.lead_id, []).append([f"Delivery to {row.job.label}", State.NEEDS_PERSON.label, new_state.label])
    notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=actor, reason=reason)


def _audit(action: str, result: BulkResult, *, actor: Actor, reason: str = "") -> None:
    """Write the audit entry if anything was done."""
    if not result.ids:
        return
    campaign_id = next(iter(result.campaign_ids)) if len(result.campaign_ids) == 1 else None
    after = {"deliveries": result.ids, "skipped": len(result.refused)}
    audit.record(actor=actor, page=PAGE, action=action, campaign_id=campaign_id, notes=reason, severity="medium", after=after)
