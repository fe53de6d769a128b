"""The services of deliveries: sending again, giving up, and withdrawing those of an integration that is removed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Left, Now

from config.core import audit
from config.core.actor import Actor
from config.core.background.db_retry import again_after_conflict
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from integrations import texts
from integrations.delivery import queue
from integrations.delivery.queue import Goes, goes
from integrations.models import Delivery
from leads.lifecycle import notes
from leads.lifecycle.state import State as LeadState
from leads.lifecycle.state import lock
from leads.models import LeadNote
from processr.job_types.base import job_types
from processr.models import Job

AT_MOST = 2_000
"""The most deliveries of a call."""
AT_ONCE = 5_000
"""The most deliveries that one request processes."""
BELLS_AT_MOST = 16  # more notifications than workers are of no use
QUEUE, TASK = "deliveries", "integrations.tasks.work"
PAGE = "Integrations"
State = Delivery.State
OPEN = (State.QUEUED, State.SENDING, State.NEEDS_PERSON)


@dataclass(frozen=True)
class Done:
    """The result of a call. `more`: there were more deliveries than one call takes; those are unchanged."""

    ids: list[int]
    refused: dict[int, str] = field(default_factory=dict)
    more: bool = False


Act = Callable[[Collection[int]], Done]


@transaction.atomic
def retry(delivery_ids: Collection[int], *, actor: Actor) -> Done:
    """Queue deliveries that need a person, due now.

    Their attempts are still counted on. `first_tried_at` is emptied, so the time for which they are tried starts with
    the next attempt. The event id stays: the receiver can recognise the same delivery.
    """
    _refuse_too_many(delivery_ids)
    leads = lock(sorted(set(Delivery.objects.filter(pk__in=delivery_ids).values_list("lead_id", flat=True))))
    rows = _locked(delivery_ids)
    done = _split(delivery_ids, rows, partial(_why_not_again, leads=leads, superseded=_superseded(rows.values())))
    Delivery.objects.filter(pk__in=done.ids).update(state=State.QUEUED, not_before=Now(), first_tried_at=None)
    moved = [rows[pk] for pk in done.ids]
    _tell(moved, State.QUEUED, actor=actor)
    _record("deliveries sent again", done, moved, actor=actor)
    for job_id in sorted({row.job_id for row in moved})[:BELLS_AT_MOST]:
        notify_workers(QUEUE, job_id, TASK)
    return done


@transaction.atomic
def give_up(delivery_ids: Collection[int], *, actor: Actor, reason: str) -> Done:
    """End deliveries that need a person. The leads are neither changed nor locked."""
    _refuse_too_many(delivery_ids)
    reason = reason.strip()[: texts.REASON_AT_MOST]
    if not reason:
        raise DomainError("Say why they are given up: it is kept with each of them.", field="reason")
    rows = _locked(delivery_ids)
    done = _split(delivery_ids, rows, lambda _: "")
    Delivery.objects.filter(pk__in=done.ids).update(state=State.FAILED, answer=_given_up(actor, reason))
    moved = [rows[pk] for pk in done.ids]
    _tell(moved, State.FAILED, actor=actor, reason=reason)
    _record("deliveries given up", done, moved, actor=actor, notes=reason)
    return done


def retry_all(deliveries: QuerySet[Delivery], *, actor: Actor) -> Done:
    return _in_chunks(deliveries, partial(retry, actor=actor))


def give_up_all(deliveries: QuerySet[Delivery], *, actor: Actor, reason: str) -> Done:
    return _in_chunks(deliveries, partial(give_up, actor=actor, reason=reason))


def withdraw_all(job: Job, *, actor: Actor) -> int:
    """Withdraw what has not been sent, as part of removing an integration. What is being sent ends as usual."""
    queue.stop_queueing(job.campaign_id)
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, [job.pk, texts.REMOVED])
        told = [[f"Delivery to {job.label}", State.QUEUED.label, State.WITHDRAWN.label]]
        n = 0
        while rows := cursor.fetchmany(AT_MOST):
            n += len(rows)
            notes.add({pk: told for (pk,) in rows}, kind=LeadNote.Kind.DELIVERY, actor=actor, reason=texts.REMOVED)
    return n


# Locked in id order, as everywhere.
_WITHDRAW = """
WITH mine AS MATERIALIZED (
    SELECT id FROM integrations_delivery WHERE job_id = %s AND state IN ('queued', 'needs_person') ORDER BY id FOR NO KEY UPDATE
)
UPDATE integrations_delivery AS d SET state = 'withdrawn', answer = %s FROM mine WHERE d.id = mine.id RETURNING d.lead_id
"""


def _in_chunks(deliveries: QuerySet[Delivery], act: Act) -> Done:
    """Apply `act` in chunks. Each chunk is a transaction of its own, so a later failure does not undo it."""
    ids = list(deliveries.order_by("job_id", "pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    done = Done([], more=len(ids) > AT_ONCE)
    for start in range(0, min(len(ids), AT_ONCE), AT_MOST):
        part = again_after_conflict(partial(act, ids[start : min(start + AT_MOST, AT_ONCE)]))
        done.ids.extend(part.ids)
        done.refused.update(part.refused)
    return done


def _refuse_too_many(ids: Collection[int]) -> None:
    if len(ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} deliveries a call, {len(ids)} were given")


def _locked(ids: Collection[int]) -> dict[int, Delivery]:
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("job").filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _split(ids: Collection[int], rows: Mapping[int, Delivery], why_not: Callable[[Delivery], str]) -> Done:
    refused = {pk: texts.NOT_FOUND for pk in ids if pk not in rows}
    for pk, row in rows.items():
        if why := texts.MEANWHILE.get(State(row.state)) or why_not(row):
            refused[pk] = why
    return Done([pk for pk in rows if pk not in refused], refused)


def _why_not_again(row: Delivery, *, leads: Mapping[int, LeadState], superseded: Collection[int]) -> str:
    lead = leads.get(row.lead_id)
    if lead is None or lead.deleted_at:
        return texts.NOT_FOUND
    if row.job.removed_at:
        return texts.INTEGRATION_REMOVED
    if job_types.get(row.job.type) is None:
        return texts.TYPE_GONE
    if not _may_be_sent(lead, row.job):
        return texts.NO_LONGER_VALID
    return texts.LATER_ROUND if row.pk in superseded else ""


def _may_be_sent(lead: LeadState, job: Job) -> bool:
    where = goes(lead.axes())
    return where is Goes.ANYWHERE or (where is Goes.AS_TEST and job.deliver_test_leads)


def _superseded(rows: Collection[Delivery]) -> set[int]:
    """Return the deliveries with a later round of the same lead that was sent or is still open."""
    others = Delivery.objects.filter(lead__in={row.lead_id for row in rows}, job__in={row.job_id for row in rows})
    alive = others.filter(Q(state=State.SENT, taken_back_at=None) | Q(state__in=OPEN))
    last: dict[tuple[int, int], int] = {}
    for lead_id, job_id, number in alive.values_list("lead_id", "job_id", "round"):
        last[lead_id, job_id] = max(number, last.get((lead_id, job_id), 0))
    return {row.pk for row in rows if last.get((row.lead_id, row.job_id), 0) > row.round}


def _given_up(actor: Actor, reason: str) -> Left:
    """Return the new answer: who gave up and why, followed by the last answer."""
    said = Value(f"Given up by {actor.name}: {reason}", output_field=TextField())
    with_answer = Concat(said, Value(". Last answer: "), F("answer"), output_field=TextField())
    return Left(Case(When(answer="", then=said), default=with_answer), 300)


def _tell(rows: Iterable[Delivery], to: Delivery.State, *, actor: Actor, reason: str = "") -> None:
    told: dict[int, list[list]] = {}
    for row in rows:
        told.setdefault(row.lead_id, []).append([f"Delivery to {row.job.label}", State.NEEDS_PERSON.label, to.label])
    notes.add(told, kind=LeadNote.Kind.DELIVERY, actor=actor, reason=reason)


def _record(action: str, done: Done, moved: Collection[Delivery], *, actor: Actor, notes: str = "") -> None:
    """Write the audit entry if anything was done."""
    if not done.ids:
        return
    campaigns = {row.job.campaign_id for row in moved}
    audit.record(
        actor=actor, page=PAGE, action=action, campaign_id=campaigns.pop() if len(campaigns) == 1 else None, notes=notes,
        severity="medium", after={"deliveries": done.ids, "skipped": len(done.refused)},
    )  # fmt: skip
