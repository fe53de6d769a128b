"""Background runs: bulk actions, imports, and whatever else may take longer than a second.

A run is a row of a model derived from `Run`, and a subclass of `RunType` says how its parts are done. Each part is one
transaction, a chunk, that locks the row, writes, and saves the position after the part. So a run whose worker is killed
goes on where it was, and no part is done twice. While its row is locked a run is never taken over, however long the
chunk takes; between two chunks a worker only reads the next part.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from math import inf
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar
from uuid import uuid4

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from config.core import audit
from config.core.actor import SYSTEM, Actor
from config.core.background.db_retry import again_after_conflict
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from config.core.models import Run, User
from config.core.notifications import notify_of_end
from config.core.registry import Registry

log = structlog.get_logger(__name__)

State = Run.State
RunRowT = TypeVar("RunRowT", bound=Run)
PartT = TypeVar("PartT")
WorkT = TypeVar("WorkT", bound="RunType[Any, Any]")
QUEUE, TASK = "work", "config.core.tasks.work_on_run"
SECONDS_PER_TURN = 20.0
"""Seconds a worker spends on a run. Then the run is queued again, so that other runs have their turn."""
SILENT_SECONDS = 30
"""A run without a sign of life for this long may be claimed by another worker, unless its row is locked."""
NOT_STARTED = "It has not been started yet."
OVER = "It is over already: there is nothing left to stop."
NO_LONGER_ALLOWED = "{name} may not do this any more: what was not reached stays as it was."
DRAFTS_KEPT = timedelta(days=30)


class RunTakenAway(DomainError):
    """Another process has claimed the run."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"Another process took over {run}.", status=409)


@dataclass(frozen=True, slots=True)
class Progress:
    """The result of a chunk: the position after its part, and how many it adds to the counts of the run.

    `columns` are further columns of the run and their values after the chunk.
    """

    position: int
    done: int = 0
    failed: int = 0
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EndNotification:
    """Text and link of the notification that is sent to the starter of a run at its end."""

    kind: str
    work: str
    result: str
    url: str


class RunType(ABC, Generic[RunRowT, PartT]):
    """A kind of background run. An instance is the work of one process on one run."""

    key: ClassVar[str]
    fault = "It broke off because of a fault of ours. What was done so far stays done."
    """The error that the user reads when the run fails unexpectedly."""
    for_workers: ClassVar[bool] = True
    """Whether any worker can go on with a run. If not, the process that has its file does, and no sweep touches it."""
    queue_name: ClassVar[str] = QUEUE

    def __init__(self, run: RunRowT, actor: Actor | None = None) -> None:
        self.run = run
        self._actor = actor

    @classmethod
    @abstractmethod
    def rows(cls) -> "QuerySet[RunRowT]":
        """Return all runs of this type, with the relations that the work needs."""

    @classmethod
    def tidy(cls) -> None:
        """Delete what dead requests and workers left behind beside their rows. Called by each sweep."""

    @abstractmethod
    def parts(self) -> Generator[PartT, None, None]:
        """Yield the parts after the position of the run, one for each chunk. The generator is closed when the work ends."""

    @abstractmethod
    def write(self, part: PartT) -> Progress:
        """Do one part, in the transaction of its chunk. It is called again for the same part after a conflict with another writer."""

    def is_open_to(self, _user: User) -> bool:
        """Return whether the user may do, at this moment, what the run does."""
        return True

    def starter(self) -> User | None:
        """Return the starter as they are now, None for the system. Raise DomainError if they may not go on (decision 40).

        Runs that change what rights protect call it for each part.
        """
        if self.run.started_by_id is None:
            return None
        user = User.objects.get(pk=self.run.started_by_id)
        if not user.is_active or not self.is_open_to(user):
            raise DomainError(NO_LONGER_ALLOWED.format(name=user.name), status=403)
        return user

    def conclude(self) -> Mapping[str, Any]:
        """Do what is left after the last part, in the transaction that ends the run.

        Return columns of the run to save, such as those of the file that it has written.
        """
        return {}

    def record_end(self) -> None:
        """Write what belongs to the end of the run, such as its line in the audit trail, in the transaction of that end.

        A run that is stopped while it waits ends without it: `record_stop` has recorded that.
        """

    def notification(self) -> EndNotification | None:
        """Return the notification for the starter, or None to send none, as for a run that is answered at once."""
        return None

    def record_stop(self, actor: Actor) -> None:
        self.record(f"{self.run._meta.verbose_name} asked to stop", actor=actor)

    def clean_up(self) -> None:
        """Delete the files that only an unfinished run needs. Called after its end, or when its draft is dropped; maybe more than once."""

    @classmethod
    def forget_draft(cls, draft: RunRowT) -> None:
        """Delete what a draft leaves behind that was just dropped."""
        cls(draft).clean_up()

    def should_stop(self) -> bool:
        """Return whether the process itself has to stop. It is asked before each part."""
        return False

    def progressed(self) -> None:
        """Show the progress. Called after each chunk."""

    def failure_message(self, error: Exception) -> str:
        return error.message if isinstance(error, DomainError) else self.fault

    @property
    @abstractmethod
    def page(self) -> str:
        """Return the page of its lines in the audit trail."""

    @property
    def actor(self) -> Actor:
        """Return the actor of what the run does: its starter, unless somebody else resumed it."""
        user = self.run.started_by
        return self._actor or (Actor(user.name, user.pk) if user else SYSTEM)

    def record(self, action: str, *, actor: Actor | None = None, **details: Any) -> None:
        """Record a line about the run in the audit trail."""
        audit.record(actor=actor or self.actor, page=self.page, action=action, obj=self.run, **details)


run_types: Registry[type[RunType[Any, Any]]] = Registry("run type")
"""The types of runs, with those that no worker goes on with: their drafts are dropped too."""


def save_draft(run: Run) -> None:
    """Save a run as a draft, which no sweep touches until it is queued."""
    run.state = State.DRAFT
    run.save()


def queue(work: RunType[Any, Any]) -> None:
    """Queue a draft, or a run that was just created. Call it in the transaction that does the rest of the start."""
    run = work.run
    if run.state == State.DRAFT:
        # The beat says since when it waits, as between two turns.
        if not work.rows().filter(pk=run.pk, state=State.DRAFT).update(state=State.QUEUED, beat_at=Now()):
            raise DomainError("It has been started already.", status=409)
        run.state = State.QUEUED
    _announce(type(work), run.pk)


@transaction.atomic
def resume(work: RunType[Any, Any], **columns: Any) -> None:
    """Claim a run in whatever state, for a process that knows by a lock of its own that no other works on it.

    A process that has lost that lock fails at its next chunk.
    """
    rows = type(work.run)._default_manager.filter(pk=work.run.pk)
    _claim(rows, ended_at=None, stop_asked=False, error="", **columns)
    work.run.refresh_from_db()


@transaction.atomic
def stop(work: RunType[Any, Any], *, actor: Actor) -> None:
    """Stop a waiting run at once, and a running one after its current chunk. Raises DomainError for one that is not under way."""
    rows = type(work.run)._default_manager.filter(pk=work.run.pk)
    if not rows.filter(state=State.QUEUED).update(state=State.STOPPED, stop_asked=True, ended_at=Now()):
        is_under_way = rows.filter(state__in=Run.UNDER_WAY).update(stop_asked=True)  # Its turn may have ended meanwhile.
        if not is_under_way:
            raise DomainError(NOT_STARTED if rows.filter(state=State.DRAFT).exists() else OVER, status=409)
    work.run.refresh_from_db()
    work.record_stop(actor)
    if work.run.state == State.STOPPED:
        transaction.on_commit(work.clean_up)


def work_on(run_type: type[RunType[Any, Any]], pk: int, *, seconds: float = SECONDS_PER_TURN) -> None:
    """Work on the run for one turn. Do nothing when another worker has it or nothing is left to do."""
    work = claim(run_type, pk)
    if work is None:
        return
    try:
        execute(work, until=monotonic() + seconds)
    except (OperationalError, InterfaceError):
        raise  # The database is unavailable: the sweep finds the run.
    except RunTakenAway:
        log.warning("run was taken over", run_type=run_type.key, run=pk)
    except DomainError as refusal:
        log.info("run ended early", run_type=run_type.key, run=pk, reason=refusal.message)
    except Exception:
        log.exception("run failed", run_type=run_type.key, run=pk)


@transaction.atomic
def claim(run_type: type[WorkT], pk: int) -> WorkT | None:
    """Claim the run, if it waits or its worker is dead. Of several workers one gets it, in a single statement.

    A locked row is skipped instead of waited for: its worker is alive, or its session has not ended yet.
    """
    free = run_type.rows().filter(_waits(), pk=pk).select_for_update(no_key=True, skip_locked=True)
    claimed = _claim(run_type.rows().model._default_manager.filter(pk__in=free.values("pk")))
    return run_type(run_type.rows().get(pk=pk)) if claimed else None


def execute(work: RunType[Any, Any], *, until: float = inf) -> None:
    """Work on a claimed run until it is over or the time is up. An error ends the run and is raised."""
    try:
        with closing(work.parts()) as parts:
            state = _write_parts(work, parts, until)
        if state is None:
            _held(work).update(state=State.QUEUED, claim=None)
            _announce(type(work), work.run.pk)
        else:
            _end(work, state)
    except (OperationalError, InterfaceError, RunTakenAway):
        raise
    except Exception as error:
        _end(work, State.FAILED, error=work.failure_message(error))
        raise


def waiting(run_type: type[RunType[Any, Any]]) -> list[int]:
    """Return the runs that wait for a worker, and those whose worker is dead."""
    return list(waiting_rows(run_type).order_by("pk").values_list("pk", flat=True))


def waiting_rows(run_type: type[RunType[Any, Any]]) -> QuerySet[Any]:
    return run_type.rows().filter(_waits())


def sweep() -> None:
    """Notify workers of the runs whose notification was lost or whose worker is dead."""
    for run_type in run_types:
        for pk in waiting(run_type) if run_type.for_workers else ():
            _announce(run_type, pk)
        run_type.tidy()


def drop_drafts() -> int:
    """Delete drafts that nobody has started, and return their number. A draft that is started meanwhile stays."""
    dropped = 0
    for run_type in run_types:
        drafts = run_type.rows().filter(state=State.DRAFT, created_at__lt=Now() - DRAFTS_KEPT)
        for pk in drafts.order_by("pk").values_list("pk", flat=True):
            with transaction.atomic():
                draft = drafts.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
                if draft is None:
                    continue
                drafts.filter(pk=pk).delete()
            run_type.forget_draft(draft)
            dropped += 1
    return dropped


def _announce(run_type: type[RunType[Any, Any]], pk: int) -> None:
    notify_workers(run_type.queue_name, f"{run_type.key}-{pk}", TASK, run_type.key, pk)


def _waits() -> Q:
    return Q(state=State.QUEUED) | Q(state=State.RUNNING, beat_at__lt=Now() - timedelta(seconds=SILENT_SECONDS))


def _claim(rows: QuerySet[Any], **columns: Any) -> bool:
    first_start = Coalesce(F("started_at"), Now())
    return bool(rows.update(state=State.RUNNING, claim=uuid4(), beat_at=Now(), started_at=first_start, **columns))


def _held(work: RunType[Any, Any]) -> QuerySet[Any]:
    """Select the run as long as this process holds it, and nobody else has moved its position."""
    run = work.run
    rows: QuerySet[Any] = type(run)._default_manager.filter(pk=run.pk, claim=run.claim, state=State.RUNNING, position=run.position)
    return rows


def _lock(work: RunType[Any, Any]) -> bool:
    """Lock the row of the run, and return whether a stop was requested."""
    requests: list[bool] = list(_held(work).select_for_update(no_key=True).values_list("stop_asked", flat=True))
    if not requests:
        raise RunTakenAway(work.run)
    return requests[0]


def _write_parts(work: RunType[Any, PartT], parts: Iterator[PartT], until: float) -> Run.State | None:
    """Return the state in which the run ends, or None when the time is up before its end."""
    for part in parts:
        if work.should_stop() or not again_after_conflict(partial(_write, work, part)):
            return State.STOPPED
        work.progressed()
        if monotonic() >= until:
            return None
    return State.DONE


def _write(work: RunType[Any, PartT], part: PartT) -> bool:
    """Do one part in one transaction. Do nothing and return False when a stop was requested."""
    with transaction.atomic():
        if _lock(work):
            return False
        columns = _advance(work, work.write(part))
    for name, value in columns.items():
        setattr(work.run, name, value)
    return True


def _advance(work: RunType[Any, Any], progress: Progress) -> dict[str, Any]:
    """Save the progress and return the changed columns. The row is locked, so they are added up here."""
    run = work.run
    columns = {"position": progress.position, "done": run.done + progress.done, "failed": run.failed + progress.failed, **progress.columns}
    if not _held(work).update(**columns, beat_at=Now()):
        raise RunTakenAway(run)
    return columns


def _end(work: RunType[Any, Any], state: Run.State, *, error: str = "") -> None:
    """End the run. What the parts have written into `error` stays, after the reason for the end."""
    run = work.run
    with transaction.atomic():
        _lock(work)
        columns = work.conclude() if state == State.DONE else {}
        message = "\n".join(filter(None, [error, run.error]))
        # Concluding may delete what the run was about, and the run with it.
        if _held(work).update(state=state, claim=None, ended_at=Now(), error=message, **columns):
            run.refresh_from_db()
            work.record_end()
            if end := work.notification():
                notify_of_end(run, end.kind, work=end.work, result=end.result, url=end.url, error=error)
    work.clean_up()
