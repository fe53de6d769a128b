"""The only writer of a lead's status columns.

Every verb takes a set of 1 to CHUNK leads. In one transaction it locks them in id order, splits them into moved and
refused, settles billing, runs one UPDATE, inserts notes, price entries and tally deltas in bulk, and sends
`leads_moving`. Larger sets go through `leads.bulk`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from config.core.actor import SYSTEM, Actor
from config.core.background.clock import database_now
from leads.intake import normalize
from leads.lifecycle import billing, bulk_update, guards, notes, tallies
from leads.lifecycle.state import Cause, LeadChange, State, lock
from leads.models import Lead, LeadNote, PriceEntry
from leads.signals import leads_moving, leads_waiting
from leads.statuses import CurrentStatus, DeliveryStatus, ProcessrStatus, Refusal, SecondCheck

CHUNK = 2000
Kind = LeadNote.Kind
ALREADY = {
    SecondCheck.VALID: Refusal.ALREADY_VALID,
    SecondCheck.INVALID: Refusal.ALREADY_INVALID,
    SecondCheck.TEST: Refusal.ALREADY_TEST,
}


@dataclass(frozen=True)
class Moved:
    ids: list[int]
    refused: dict[int, str]


@dataclass(frozen=True)
class Verdict:
    """The engine's result for one lead; `qa_result` is in the shape of the API."""

    lead_id: int
    qa_status: str
    score: int
    max_score: int
    hardfail: bool
    errored: bool
    qa_result: dict[str, Any]
    failed_jobs: list[int]
    transformed: dict[str, str]
    enriched: dict[str, str]
    suppressed: bool = False


VERDICT_COLUMNS = ("score", "max_score", "hardfail", "errored", "qa_result", "failed_jobs", "transformed", "enriched", "suppressed")
"""The columns of a lead that take their values from its verdict as they are."""
Apply = Callable[[LeadChange], str | None]
"""Changes `change.after` in place, or returns the reason why the lead is refused."""
Guard = Callable[[Collection[int]], Mapping[int, str]]
"""Called with all leads once they are locked; maps lead ids to reasons why they are refused."""


def judge(verdicts: Iterable[Verdict], *, token: UUID, actor: Actor = SYSTEM) -> Moved:
    """Write the engine's results. Leads that no longer carry `token` are refused."""
    by_lead = {verdict.lead_id: verdict for verdict in verdicts}

    def apply(change: LeadChange) -> str | None:
        after, verdict = change.after, by_lead[change.after.id]
        if after.claim != token:
            return Refusal.CLAIM_LOST
        _end_claim(after, ProcessrStatus.COMPLETE)
        after.qa_status = verdict.qa_status
        after.processing_counter += 1
        after.settle_current_status()
        change.payload = {name: getattr(verdict, name) for name in VERDICT_COLUMNS}
        return None

    return _move(list(by_lead), apply, Cause("judge", Kind.STATUS, actor))


def hold(ids: list[int], *, reason: str, token: UUID | None = None, actor: Actor = SYSTEM) -> Moved:
    """Put leads on hold until `release`; with a token, only those that still carry it."""

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if token is not None and after.claim != token:
            return Refusal.CLAIM_LOST
        if token is None and after.claim is not None:
            return Refusal.BEING_PROCESSED
        if after.processr_status == ProcessrStatus.HELD:
            return Refusal.ALREADY_HELD
        _end_claim(after, ProcessrStatus.HELD)
        after.hold_reason = reason
        return None

    return _move(ids, apply, Cause("hold", Kind.STATUS, actor))


def release(ids: list[int], *, reason: str, actor: Actor) -> Moved:
    """Put leads on hold for this reason back into the queue."""

    def apply(change: LeadChange) -> str | None:
        if change.after.hold_reason != reason:
            return Refusal.NOT_HELD
        change.after.hold_reason = ""
        change.after.processr_status = ProcessrStatus.WAITING
        return None

    return _move(ids, apply, Cause("release", Kind.STATUS, actor))


def requeue(ids: list[int], *, actor: Actor, lane: int = 1, action_id: int | None = None) -> Moved:
    """Queue judged or held leads for another run over their captured values."""

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.processr_status == ProcessrStatus.WAITING:
            return Refusal.ALREADY_WAITING
        if after.processr_status == ProcessrStatus.PROCESSING:
            return Refusal.BEING_PROCESSED
        after.processr_status, after.hold_reason, after.lane = ProcessrStatus.WAITING, "", lane
        return None

    return _move(ids, apply, Cause("requeue", Kind.STATUS, actor, action_id=action_id))


def flag(
    ids: list[int],
    flag: str,
    *,
    actor: Actor,
    reason: str,
    category: str = "",
    comment: str = "",
    action_id: int | None = None,
    extras: dict[str, Any] | None = None,
) -> Moved:
    """Set the second check, and the flag's columns (decision 36). Test also resets the delivery status (decision 7)."""
    already, now = ALREADY[SecondCheck(flag)], timezone.now()

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.second_check == flag:
            return already
        after.second_check = flag
        after.flag_reason, after.flag_category, after.flag_comment = reason, category, comment
        after.flagged_by, after.flagged_at = actor.name, now
        after.settle_current_status()
        if flag == SecondCheck.TEST:
            after.delivery_status = DeliveryStatus.NOT_DELIVERED
        return None

    return _move(ids, apply, Cause("flag", Kind.STATUS, actor, reason, comment, action_id, extras or {}))


def unflag(ids: list[int], *, actor: Actor, comment: str = "", action_id: int | None = None) -> Moved:
    def apply(change: LeadChange) -> str | None:
        after = change.after
        if not after.second_check:
            return Refusal.NOT_FLAGGED
        after.second_check = after.flag_reason = after.flag_category = after.flag_comment = after.flagged_by = ""
        after.flagged_at = None
        after.settle_current_status()
        return None

    return _move(ids, apply, Cause("unflag", Kind.STATUS, actor, comment=comment, action_id=action_id))


def mark_delivered(ids: list[int], *, actor: Actor, reason: str = "", action_id: int | None = None) -> Moved:
    """Mark Valid leads as delivered. The time of the first delivery is never changed."""
    now = database_now()

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.current_status != CurrentStatus.VALID:
            return Refusal.NOT_VALID
        if after.delivery_status == DeliveryStatus.DELIVERED:
            return Refusal.ALREADY_DELIVERED
        after.delivery_status = DeliveryStatus.DELIVERED
        after.first_delivered_at = after.first_delivered_at or now
        return None

    return _move(ids, apply, Cause("mark_delivered", Kind.DELIVERY, actor, reason, action_id=action_id))


def mark_undelivered(ids: list[int], *, actor: Actor, reason: str = "", action_id: int | None = None) -> Moved:
    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.current_status != CurrentStatus.VALID:
            return Refusal.NOT_VALID
        if after.delivery_status != DeliveryStatus.DELIVERED:
            return Refusal.NOT_DELIVERED
        after.delivery_status = DeliveryStatus.NOT_DELIVERED
        return None

    return _move(ids, apply, Cause("mark_undelivered", Kind.DELIVERY, actor, reason, action_id=action_id))


def mark_replacement(ids: list[int], *, actor: Actor, comment: str = "", action_id: int | None = None) -> Moved:
    """Mark leads as replacements. This is metadata: no status changes."""
    return _set_replacement(ids, "replacement", Refusal.ALREADY_REPLACEMENT, comment, actor, action_id)


def unmark_replacement(ids: list[int], *, actor: Actor, comment: str = "", action_id: int | None = None) -> Moved:
    """Clear the replacement type; the comment stays."""
    return _set_replacement(ids, "", Refusal.NO_REPLACEMENT, comment, actor, action_id)


def edit(values: dict[int, dict[str, str]], *, actor: Actor, reason: str = "") -> Moved:
    """Merge new captured values into the old ones, per lead.

    Leads that are delivered or about to be sent are refused (decision 11). A running claim is ended and the lead
    processed again, as the run read the old values.
    """
    captured = dict(Lead.objects.filter(pk__in=values).values_list("pk", "captured"))

    def apply(change: LeadChange) -> str | None:
        after = change.after
        if after.delivery_status == DeliveryStatus.DELIVERED:
            return Refusal.DELIVERED_LOCKED
        old, new = captured[after.id], {**captured[after.id], **values[after.id]}
        if old == new:
            return Refusal.UNCHANGED
        if after.processr_status == ProcessrStatus.PROCESSING:
            _end_claim(after, ProcessrStatus.WAITING)
        change.payload = {"captured": new, **normalize.columns(new)}
        change.data = [[name, old.get(name), new[name]] for name in new if old.get(name) != new[name]]
        return None

    return _move(list(values), apply, Cause("edit", Kind.DATA, actor, reason), guard=guards.uneditable)


def delete(ids: list[int], *, actor: Actor, reason: str = "", action_id: int | None = None) -> Moved:
    """Delete leads softly: they are hidden and not counted; notes, audit entries and price entries stay (decision 10)."""
    now = database_now()

    def apply(change: LeadChange) -> str | None:
        if change.after.processr_status == ProcessrStatus.PROCESSING:
            _end_claim(change.after, ProcessrStatus.WAITING)
        change.after.deleted_at = now
        return None

    return _move(ids, apply, Cause("delete", Kind.STATUS, actor, reason, action_id=action_id))


def restore(ids: list[int], *, actor: Actor, action_id: int | None = None) -> Moved:
    def apply(change: LeadChange) -> str | None:
        if change.after.deleted_at is None:
            return Refusal.NOT_DELETED
        change.after.deleted_at = None
        return None

    return _move(ids, apply, Cause("restore", Kind.STATUS, actor, action_id=action_id), deleted_too=True)


def _set_replacement(ids: list[int], replacement_type: str, already: str, comment: str, actor: Actor, action_id: int | None) -> Moved:
    def apply(change: LeadChange) -> str | None:
        if change.after.replacement_type == replacement_type:
            return already
        change.after.replacement_type = replacement_type
        change.after.replacement_comment = comment or change.after.replacement_comment
        return None

    return _move(ids, apply, Cause("metadata", Kind.METADATA, actor, comment=comment, action_id=action_id))


def _end_claim(state: State, processr_status: str) -> None:
    state.processr_status, state.claim, state.claimed_at = processr_status, None, None


def _move(ids: list[int], apply: Apply, cause: Cause, *, deleted_too: bool = False, guard: Guard | None = None) -> Moved:
    if len(ids) > CHUNK:
        raise ValueError(f"at most {CHUNK} leads a call, {len(ids)} were given")
    changes: list[LeadChange] = []
    refused: dict[int, str] = {}
    with transaction.atomic():
        states = lock(ids)
        vetoes = guard(states) if guard else {}
        for pk, state in states.items():
            change = LeadChange(before=state, after=copy(state))
            hidden = state.deleted_at is not None and not deleted_too
            if refusal := Refusal.NOT_FOUND if hidden else vetoes.get(pk) or apply(change):
                refused[pk] = refusal
            else:
                changes.append(change)
        refused |= {pk: Refusal.NOT_FOUND for pk in ids if pk not in states}
        if changes:
            _write(changes, cause)
    return Moved([change.after.id for change in changes], refused)


def _write(changes: list[LeadChange], cause: Cause) -> None:
    entries = billing.settle(changes, cause=cause.name)
    bulk_update.update(changes)
    notes.write(changes, cause)
    PriceEntry.objects.bulk_create(entries)
    tallies.record((c.before, c.after) for c in changes)
    leads_moving.send(sender=None, moves=[c.move() for c in changes], cause=cause.name, extras=cause.extras)
    if waiting := {c.after.campaign_id for c in changes if c.after.processr_status == ProcessrStatus.WAITING and not c.after.deleted_at}:
        leads_waiting.send(sender=None, campaign_ids=waiting)
