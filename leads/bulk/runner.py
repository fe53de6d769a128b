"""The runner of bulk actions.

The ids are frozen in id order. One lifecycle verb is applied to them chunk by chunk, exactly once to each (decision 9).
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any
from uuid import UUID

import structlog
from django.core.exceptions import EmptyResultSet
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from config.core import audit
from config.core.actor import Actor
from config.core.background import runs
from config.core.background.db_retry import again_after_conflict
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from config.core.models import Run
from config.core.notifications import notify_of_end
from leads.bulk.actions import BulkType, bulk_types
from leads.lifecycle import CHUNK, guards
from leads.models import BulkAction, BulkChunk, Lead
from leads.selectors import leads_for
from leads.statuses import Refusal

log = structlog.get_logger(__name__)

AT_ONCE = 100
"""The largest number of leads that is processed within the request; more are run in the background."""
AT_MOST = 1_000_000
SECONDS_PER_TURN = 20.0
"""After that time the run is put back into the queue, so that other tasks get their turn."""
QUEUE, TASK = "work", "leads.tasks.run_bulk_action"
PAGE = "Leads"
NOTIFICATION_KIND = "bulk_action"

_FREEZE = """
INSERT INTO leads_bulkchunk (action_id, position, lead_ids, before, after_revision, state, skipped)
SELECT %s, n, array_agg(id ORDER BY id), '{{}}', '{{}}', 'queued', '{{}}'
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS n FROM ({chosen}) AS chosen (id)) AS numbered
GROUP BY n
"""

_REASONS = """
SELECT why, count(*) FROM leads_bulkchunk, jsonb_each_text(skipped) AS of_lead (id, why)
WHERE action_id = %s
GROUP BY why
ORDER BY count(*) DESC, min(of_lead.id::bigint)
"""


@transaction.atomic
def begin(type_key: str, ids: Iterable[int], *, actor: Actor, settings: dict[str, Any] | None = None) -> BulkAction:
    """Create an action over these ids; ids that its starter may not see are skipped later.

    Raises DomainError for no ids, too many, or an unknown type.
    """
    lead_ids = sorted(set(ids))
    action = _create(type_key, actor, settings, {"leads": len(lead_ids)})
    chunks = (lead_ids[start : start + CHUNK] for start in range(0, len(lead_ids), CHUNK))
    BulkChunk.objects.bulk_create(BulkChunk(action=action, position=n, lead_ids=chunk) for n, chunk in enumerate(chunks))
    return _queue(action, total=len(lead_ids), actor=actor)


@transaction.atomic
def begin_with(type_key: str, leads: QuerySet[Lead], *, actor: Actor, source: dict[str, Any]) -> BulkAction:
    """Create an action over the leads that the query selects now. `source` records how they were chosen."""
    action = _create(type_key, actor, None, source)
    try:
        chosen, parameters = leads.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # Django knows that the query selects nothing: the user sees no lead
        return _queue(action, total=0, actor=actor)
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE.format(chosen=chosen), [action.pk, CHUNK, *parameters])
        cursor.execute("SELECT coalesce(sum(cardinality(lead_ids)), 0) FROM leads_bulkchunk WHERE action_id = %s", [action.pk])
        total = int(cursor.fetchone()[0])
    return _queue(action, total=total, actor=actor)


def act(type_key: str, ids: Iterable[int], *, actor: Actor, settings: dict[str, Any] | None = None) -> BulkAction:
    """Create an action, and for a few leads run it: then the returned action is over."""
    action = begin(type_key, ids, actor=actor, settings=settings)
    if (action.total or 0) <= AT_ONCE:
        _work(action.pk, seconds=SECONDS_PER_TURN, finish=runs.finish)  # the answer tells how it ended
        action.refresh_from_db()
    return action


def run(action_id: int, *, seconds: float = SECONDS_PER_TURN) -> None:
    """Process chunks until all are done, a stop is requested, or the time is over. Does nothing when another worker holds the run."""
    _work(action_id, seconds=seconds, finish=_finish_and_notify)


def _work(action_id: int, *, seconds: float, finish: Callable[..., bool]) -> None:
    token = runs.claim(BulkAction, action_id)
    if token is None:
        return
    action = BulkAction.objects.select_related("started_by").get(pk=action_id)
    try:
        if _run_chunks(action, token, until=monotonic() + seconds):
            finish(action, token)
    except (OperationalError, InterfaceError):
        raise  # the database is unreachable: the periodic sweep resumes the run
    except Exception:
        log.exception("bulk action failed", action=action_id, type=action.type)
        finish(action, token, error="It broke off because of a fault of ours. What was done so far stays done.")


@transaction.atomic
def _finish_and_notify(action: BulkAction, token: UUID, *, error: str = "") -> bool:
    """End the action and notify its starter in one transaction, so that neither is without the other."""
    if not runs.finish(action, token, error=error):
        return False
    action.refresh_from_db()
    bulk_type = bulk_types.get(action.type)
    result = f"{action.done:,} lead{'' if action.done == 1 else 's'} {bulk_type.done if bulk_type else 'done'}, {action.failed:,} skipped"
    work = bulk_type.label if bulk_type else action.type
    notify_of_end(action, NOTIFICATION_KIND, work=work, result=result, url=reverse("bulk_action", args=[action.pk]), error=error)
    return True


def waiting_actions() -> list[int]:
    """Return the actions whose notification was lost or whose worker died."""
    return list(BulkAction.objects.filter(runs.startable()).order_by("pk").values_list("pk", flat=True))


def skipped(action: BulkAction, *, at_most: int) -> dict[int, str]:
    """Map the ids of skipped leads to their reasons, the first `at_most` by id."""
    chunks = action.chunks.filter(~Q(skipped={})).order_by("position").values_list("skipped", flat=True)
    return dict(islice(((int(pk), why) for chunk in chunks.iterator(chunk_size=10) for pk, why in chunk.items()), at_most))


def reasons(action: BulkAction) -> list[tuple[str, int]]:
    """Return the reasons of all skipped leads with their numbers, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, [action.pk])
        return list(cursor)


def moved(action: BulkAction) -> list[int]:
    """Return the ids that were not skipped. For actions of a few leads."""
    chunks = action.chunks.filter(state=BulkChunk.State.DONE).order_by("position")
    return [pk for chunk in chunks for pk in chunk.lead_ids if str(pk) not in chunk.skipped]


def is_over(action: BulkAction) -> bool:
    return action.state not in (Run.State.QUEUED, Run.State.RUNNING)


def type_of(action: BulkAction) -> BulkType:
    """Return the type of the action. Raises DomainError for a type that no longer exists; the run then fails with that message."""
    bulk_type = bulk_types.get(action.type)
    if bulk_type is None:
        raise DomainError(f"There is no action {action.type!r} any more.", status=409)
    return bulk_type()


def _create(type_key: str, actor: Actor, settings: dict[str, Any] | None, source: dict[str, Any]) -> BulkAction:
    if bulk_types.get(type_key) is None:
        raise DomainError(f"There is no action {type_key!r}.", field="type")
    return BulkAction.objects.create(type=type_key, settings=settings or {}, selection_source=source, started_by_id=actor.user_id)


def _queue(action: BulkAction, *, total: int, actor: Actor) -> BulkAction:
    if not total:
        raise DomainError("No lead is chosen.", field="leads")
    if total > AT_MOST:
        raise DomainError(f"Choose at most {AT_MOST:,} leads: {total:,} are chosen.", field="leads")
    action.total = total
    action.save(update_fields=["total"])
    label = type_of(action).label
    audit.record(actor=actor, page=PAGE, action=f"{label}: leads chosen", obj=action, after={"leads": total, **action.selection_source})
    notify_workers(QUEUE, action.pk, TASK, action.pk)
    return action


def _run_chunks(action: BulkAction, token: UUID, *, until: float) -> bool:
    """Return whether the action is over; else it is back in the queue, because the time is."""
    queued = action.chunks.filter(state=BulkChunk.State.QUEUED).order_by("position").values_list("position", flat=True)
    while (position := queued.first()) is not None:
        if not again_after_conflict(partial(_run_chunk, action, position, token)):
            break
        if monotonic() >= until:
            runs.hand_on(action, token)
            notify_workers(QUEUE, action.pk, TASK, action.pk)
            return False
    return True


@transaction.atomic
def _run_chunk(action: BulkAction, position: int, token: UUID) -> bool:
    """Process one chunk, and save its record and the progress. Return False when this worker no longer holds the run or it must stop."""
    held = BulkAction.objects.select_for_update(no_key=True).filter(pk=action.pk, claim=token)
    if held.values_list("pk").first() is None:
        return False
    chunk = action.chunks.select_for_update(no_key=True).get(position=position)
    if chunk.state != BulkChunk.State.QUEUED:
        return True  # done by a worker whose confirmation was lost
    user = action.started_by
    visible = set(leads_for(user).filter(pk__in=chunk.lead_ids).values_list("pk", flat=True)) if user else set()
    refused: dict[int, str] = {pk: Refusal.NOT_FOUND for pk in chunk.lead_ids if pk not in visible}
    if user and visible:
        vetoed = guards.left_out(action.type, sorted(visible))
        refused |= vetoed
        if ids := sorted(visible - vetoed.keys()):
            refused |= type_of(action).apply(ids, action, actor=Actor(user.name, user.pk, None)).refused
    chunk.state, chunk.skipped = BulkChunk.State.DONE, {str(pk): why for pk, why in sorted(refused.items())}
    chunk.save(update_fields=["state", "skipped"])
    return runs.beat(action, token, done=len(chunk.lead_ids) - len(refused), failed=len(refused))
