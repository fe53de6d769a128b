"""The services of messages: sending again and giving up. Each takes a set of at most 2,000."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeAlias

from django.db import transaction
from django.db.models.functions import Now

from config.core import audit
from config.core.actor import Actor
from integrations import texts
from integrations.delivery import waits
from integrations.messages.kinds import message_kinds
from integrations.messages.queue import notify_of_messages
from integrations.models import Message
from integrations.services import AT_MOST, PAGE, BulkResult, cleaned_reason
from leads.lifecycle import notes
from leads.models import LeadNote

State: TypeAlias = Message.State


@transaction.atomic
def retry(message_ids: Collection[int], *, actor: Actor) -> BulkResult:
    """Queue messages that need a person, due now, and record it."""
    result = requeue(message_ids, actor=actor)
    _audit("messages sent again", result, actor=actor)
    return result


@transaction.atomic
def requeue(message_ids: Collection[int], *, actor: Actor, due_at: datetime | None = None) -> BulkResult:
    """Queue messages that need a person, due now or at that time, and end the rests of their destinations.

    Their order stays, and their ids: receivers can recognise them.
    """
    waits.wake(messages__in=message_ids)
    rows = _locked(message_ids)
    refused = _refusals(message_ids, rows, _refusal_to_retry)
    changed = [row for pk, row in rows.items() if pk not in refused]
    ids = [row.pk for row in changed]
    Message.objects.filter(pk__in=ids).update(state=State.QUEUED, not_before=due_at or Now(), first_tried_at=None)
    _note(changed, State.QUEUED, actor=actor)
    return _result(changed, refused)


@transaction.atomic
def give_up(message_ids: Collection[int], *, actor: Actor, reason: str) -> BulkResult:
    """End messages that need a person, and record it."""
    result = fail(message_ids, actor=actor, reason=reason)
    _audit("messages given up", result, actor=actor, reason=cleaned_reason(reason))
    return result


@transaction.atomic
def fail(message_ids: Collection[int], *, actor: Actor, reason: str) -> BulkResult:
    """End messages that need a person. Those that follow them in their order are sent."""
    reason = cleaned_reason(reason)
    rows = _locked(message_ids)
    refused = _refusals(message_ids, rows, lambda _: "")
    changed = [row for pk, row in rows.items() if pk not in refused]
    Message.objects.filter(pk__in=[row.pk for row in changed]).update(state=State.FAILED)
    _note(changed, State.FAILED, actor=actor, reason=reason)
    return _result(changed, refused)


def _locked(ids: Collection[int]) -> dict[int, Message]:
    if len(ids) > AT_MOST:
        raise ValueError(f"at most {AT_MOST} messages a call, {len(ids)} were given")
    rows = Message.objects.select_for_update(no_key=True, of=("self",)).select_related("destination__event", "destination__job", "lead")
    return {row.pk: row for row in rows.filter(pk__in=ids).order_by("pk")}


def _refusals(ids: Collection[int], rows: Mapping[int, Message], refusal: Callable[[Message], str]) -> dict[int, str]:
    refused = {pk: texts.NOT_FOUND for pk in ids if pk not in rows}
    refused |= {pk: why for pk, row in rows.items() if (why := texts.MEANWHILE.get(State(row.state)) or refusal(row))}
    return refused


def _note(rows: Collection[Message], new_state: State, *, actor: Actor, reason: str = "") -> None:
    changes: dict[int, list[list[str]]] = {}
    for row in rows:
        if row.lead_id:
            changes.setdefault(row.lead_id, []).append([f"Event {row.destination}", State.NEEDS_PERSON.label, new_state.label])
    notes.add(changes, kind=LeadNote.Kind.DELIVERY, actor=actor, reason=reason)


def _result(changed: Collection[Message], refused: dict[int, str]) -> BulkResult:
    notify_of_messages(row.destination_id for row in changed)
    return BulkResult([row.pk for row in changed], refused, frozenset(row.destination.owner.campaign_id for row in changed))


def _audit(action: str, result: BulkResult, *, actor: Actor, reason: str = "") -> None:
    """Write the audit entry if anything was done."""
    if not result.ids:
        return
    campaign_id = next(iter(result.campaign_ids)) if len(result.campaign_ids) == 1 else None
    after = {"messages": result.ids, "skipped": len(result.refused)}
    audit.record(actor=actor, page=PAGE, action=action, campaign_id=campaign_id, notes=reason, severity="medium", after=after)


def _refusal_to_retry(row: Message) -> str:
    if row.lead and row.lead.deleted_at:
        return texts.NOT_FOUND
    if row.destination.owner.removed_at:
        return texts.DESTINATION_REMOVED
    return "" if message_kinds.get(row.kind) else texts.KIND_GONE
