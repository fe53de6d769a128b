"""The services of messages: sending again and giving up. Each takes a set of at most 2,000."""

from collections.abc import Callable, Collection
from typing import TypeAlias

from django.db import transaction
from django.db.models.functions import Now

from config.core import audit
from config.core.actor import Actor
from config.core.background.notify import notify_workers
from integrations import texts
from integrations.delivery import turns
from integrations.messages.kinds import message_kinds
from integrations.models import Message
from integrations.services import AT_MOST, MOST_NOTIFICATIONS, PAGE, QUEUE, TASK, BulkResult, cleaned_reason
from leads.lifecycle import notes
from leads.models import LeadNote

State: TypeAlias = Message.State


@transaction.atomic
def retry(message_ids: Collection[int], *, actor: Actor) -> BulkResult:
    """Queue messages that need a person, due now, and end the rests of their destinations. Their order stays.

    The id stays: the receiver can recognise the same message.
    """
    result, changed = _act(message_ids, _refusal_to_retry, actor=actor, new_state=State.QUEUED, audited="messages sent again")
    Message.objects.filter(pk__in=[row.pk for row in changed]).update(state=State.QUEUED, not_before=Now(), first_tried_at=None)
    for destination_id in sorted({row.destination_id for row in changed})[:MOST_NOTIFICATIONS]:
        notify_workers(QUEUE, f"destination {destination_id}", TASK)
    return result


@transaction.atomic
def give_up(message_ids: Collection[int], *, actor: Actor, reason: str) -> BulkResult:
    """End messages that need a person: those that follow them in their order are sent."""
    reason = cleaned_reason(reason)
    result, changed = _act(
        message_ids, lambda _: "", actor=actor, new_state=State.FAILED, audited="messages given up", reason=reason
    )  # fmt: skip
    Message.objects.filter(pk__in=[row.pk for row in changed]).update(state=State.FAILED)
    for destination_id in sorted({row.destination_id for row in changed})[:MOST_NOTIFICATIONS]:
        notify_workers(QUEUE, f"destination {destination_id}", TASK)
    return result


def _act(
    ids: Collection[int], refusal: Callable[[Message], str], *, actor: Actor, new_state: State, audited: str, reason: str = ""
) -> tuple[BulkResult, list[Message]]:
    """Lock destinations, then messages, each in id order; note and audit what changes. Return the result and the rows to change."""
    if len(ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} messages a call, {len(ids)} were given")
    found = sorted(set(Message.objects.filter(pk__in=ids).values_list("destination_id", flat=True)))
    turns.wake(pk__in=found)
    locked = Message.objects.select_for_update(no_key=True, of=("self",)).select_related("destination__event", "destination__job", "lead")
    rows = {row.pk: row for row in locked.filter(pk__in=ids).order_by("pk")}
    refused = {pk: texts.NOT_FOUND for pk in ids if pk not in rows}
    for pk, row in rows.items():
        if why := texts.MEANWHILE.get(State(row.state)) or refusal(row):
            refused[pk] = why
    changed = [row for pk, row in rows.items() if pk not in refused]
    changes = {
        row.lead_id: [[f"Event {row.destination}", State.NEEDS_PERSON.label, new_state.label]] for row in changed if row.lead_id
    }  # fmt: skip
    notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=actor, reason=reason)
    campaigns = frozenset(owner.campaign_id for row in changed if (owner := row.destination.event or row.destination.job))
    result = BulkResult([row.pk for row in changed], refused, campaigns)
    if changed:
        audit.record(
            actor=actor, page=PAGE, action=audited, campaign_id=next(iter(campaigns)) if len(campaigns) == 1 else None, notes=reason,
            severity="medium", after={"messages": result.ids, "skipped": len(refused)},
        )  # fmt: skip
    return result, changed


def _refusal_to_retry(row: Message) -> str:
    owner = row.destination.event or row.destination.job
    if row.lead and row.lead.deleted_at:
        return texts.NOT_FOUND
    if owner is None or owner.removed_at:
        return texts.DESTINATION_REMOVED
    return "" if message_kinds.get(row.kind) else texts.KIND_GONE
