"""Background runs: claimed by one worker, with progress, and stopped on request."""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from config.core.models import Run

Kind = TypeVar("Kind", bound=Run)
SILENT_SECONDS = 120
"""A run without a sign of life for this long may be claimed by another worker."""


def claim(model: type[Kind], pk: int) -> UUID | None:
    """Claim the run and return a token; None when another worker has it or nothing is left to do."""
    token = uuid4()
    claimable = model._default_manager.filter(startable(), pk=pk)
    first_start = Coalesce(F("started_at"), Now())
    return token if claimable.update(state=Run.State.RUNNING, claim=token, beat_at=Now(), started_at=first_start) else None


def startable() -> Q:
    """Return the condition for runs that are queued, or whose worker has been silent for too long."""
    return Q(state=Run.State.QUEUED) | Q(state=Run.State.RUNNING, beat_at__lt=Now() - timedelta(seconds=SILENT_SECONDS))


def hand_on(run: Run, token: UUID) -> None:
    """Put the run back into the queue, because other runs are waiting."""
    type(run)._default_manager.filter(pk=run.pk, claim=token).update(state=Run.State.QUEUED, claim=None)


def beat(run: Run, token: UUID, *, done: int, failed: int = 0) -> bool:
    """Add to the progress. Return False when this worker no longer holds the run or a stop was requested."""
    rows = type(run)._default_manager.filter(pk=run.pk, claim=token, state=Run.State.RUNNING)
    updated = rows.update(done=F("done") + done, failed=F("failed") + failed, beat_at=Now())
    return bool(updated) and not rows.filter(stop_asked=True).exists()


def finish(run: Run, token: UUID, *, error: str = "") -> bool:
    """Mark the run failed with an error, stopped on request, else done. Return False when this worker no longer holds the run."""
    rows = type(run)._default_manager.filter(pk=run.pk, claim=token)
    end = {"claim": None, "ended_at": Now(), "error": error}
    if error:
        return bool(rows.update(state=Run.State.FAILED, **end))
    if rows.filter(stop_asked=True).update(state=Run.State.STOPPED, **end):
        return True
    return bool(rows.update(state=Run.State.DONE, **end))


def ask_to_stop(run: Run) -> None:
    """Stop a queued run at once, and a running one at its next beat."""
    rows = type(run)._default_manager.filter(pk=run.pk)
    if not rows.filter(state=Run.State.QUEUED).update(state=Run.State.STOPPED, stop_asked=True, ended_at=Now()):
        rows.filter(state=Run.State.RUNNING).update(stop_asked=True)
