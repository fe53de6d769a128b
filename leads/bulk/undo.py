"""Undo: an action that puts back the leads of another one, chunk by chunk (decisions 29 and 42)."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from config.core.actor import Actor
from config.core.background import runs
from config.core.errors import DomainError
from config.core.models import Run
from leads import lifecycle
from leads.bulk import effects
from leads.bulk.actions import BulkType, bulk_types
from leads.bulk.runner import create, frozen_leads, queue, type_of
from leads.lifecycle.notes import UNDO_OF
from leads.models import BulkAction, BulkChunk
from leads.statuses import Refusal

OPEN_FOR = timedelta(days=30)

_FREEZE = """
INSERT INTO leads_bulkchunk (action_id, position, lead_ids, state, skipped)
SELECT %s, position, ARRAY(
    SELECT pk::bigint FROM jsonb_array_elements(found) AS alike (pair), jsonb_array_elements(pair -> 1) AS moved (pk) ORDER BY 1
), 'queued', '{}'
FROM leads_bulkchunk WHERE action_id = %s AND state = 'done' AND found <> '[]'
"""


@bulk_types.register
class Undo(BulkType):
    """Puts leads back as the action found them, where nothing has changed them since. Each chunk of it is undone once."""

    key, label, done, can_undo = "undo", "Undo", "put back", False

    def rule(self, chunk: BulkChunk, *, actor: Actor) -> lifecycle.MoveRule:
        action = _action_of(chunk)
        undone = action.chunks.get(position=chunk.position)
        undone_type = type_of(action)
        rule = lifecycle.undo.rule(
            {pk: record for record, lead_ids in undone.found for pk in lead_ids},
            {pk: record.get("revision", 0) + 1 for record, lead_ids in undone.found for pk in lead_ids},
            actor=actor,
            reason=f"{UNDO_OF}{undone_type.label}",
            kind=undone_type.note_kind,
            action_id=chunk.action_id,
        )
        if undone.state == BulkChunk.State.DONE:
            return rule
        return rule.guarded(lambda lead_ids: dict.fromkeys(lead_ids, Refusal.ALREADY_UNDONE))

    def after_move(self, chunk: BulkChunk, moved: lifecycle.Moved) -> None:
        """Close the chunk, unless leads were skipped that another undo may put back: being sent just now, or not seen by its starter.

        Those that are back by then are skipped as changed since.
        """
        action = _action_of(chunk)
        if moved.changes:
            effects.undo(action, [change.move() for change in moved.changes])
        passing = effects.passing_reasons(chunk.action) | {Refusal.NOT_FOUND}
        if passing.isdisjoint(moved.refused.values()):
            action.chunks.filter(position=chunk.position, state=BulkChunk.State.DONE).update(state=BulkChunk.State.UNDONE)


@transaction.atomic
def begin_undo(action: BulkAction, *, actor: Actor) -> BulkAction:
    """Create the action that undoes this one, and queue it. Raises DomainError with the reason why it cannot be undone.

    Of two that begin at once the second skips all leads: the revisions are no longer those that the action left.
    """
    undo = _freeze(action, actor)
    return queue(undo, total=frozen_leads(undo), actor=actor)


@transaction.atomic
def draft_undo(action: BulkAction, *, actor: Actor) -> BulkAction:
    """Create the same action as a draft, to be previewed first."""
    undo = _freeze(action, actor)
    undo.total = frozen_leads(undo)
    runs.save_draft(undo)
    return undo


def _freeze(action: BulkAction, actor: Actor) -> BulkAction:
    """Create the undo with the leads that the action moved. Raises DomainError with the reason why it cannot be undone."""
    if reason := reason_not_to_undo(action):
        raise DomainError(reason, status=409)
    undo = create(Undo.key, actor=actor, source={"undo of action": action.pk}, undoes=action)
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, [undo.pk, action.pk])
    return undo


def reason_not_to_undo(action: BulkAction) -> str:
    """Return why the action cannot be undone, as shown to users; an empty text if it can."""
    bulk_type = type_of(action)
    if not bulk_type.can_undo:
        return f"{bulk_type.label} cannot be undone."
    if action.ended_at is None or not action.is_over:
        return "It is not over yet: stop it first."
    if action.ended_at < timezone.now() - OPEN_FOR:
        return f"It was over {OPEN_FOR.days} days ago: it can no longer be undone."
    if action.undone_by.filter(state__in=Run.UNDER_WAY).exists():
        return "It is being undone already."
    if not action.chunks.filter(state=BulkChunk.State.DONE).exclude(found=[]).exists():
        return "It has been undone already." if action.undone_by.exclude(state=Run.State.DRAFT).exists() else "It changed no lead."
    return ""


def _action_of(chunk: BulkChunk) -> BulkAction:
    action = chunk.action.undoes
    assert action is not None, "an undo is created with the action that it undoes"
    return action
