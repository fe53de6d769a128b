"""The import of a file of values as a run, part by part.

Each part is one transaction that also saves the position in the file. A worker holds an advisory lock of its database
session. When it is killed the lock is released, so the next sweep continues at once. If a session is lost while its
worker lives on, the claim and the position in the row keep two workers apart.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from config.core import audit
from config.core.actor import Actor
from config.core.background import runs
from config.core.background.db_retry import again_after_conflict
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from config.core.pg_text import is_storable
from leads.imports.checkpoint import lock_key
from processr.lists import deleting, files, layout, storing
from processr.lists.deleting import QUEUE, TASK
from processr.lists.parts import FilePart, parts
from processr.lists.selectors import NO_FILE, UNDER_WAY
from processr.lists.services import page_of
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport

log = structlog.get_logger(__name__)

State = ValueImport.State
SECONDS_A_BELL = 20.0
"""Seconds a worker spends on a run. Then the run is queued again, so that other messages have their turn."""
TOLD = 20
"""The most refused lines that are reported one by one."""
OUR_FAULT = "It broke off because of a fault of ours. What was added so far stays."
FILE_GONE = "The uploaded file is not there any more. Import it once more: what was added so far is not added twice."


class ListImportTakenAway(Exception):
    """Another worker has claimed the run."""


def start_import(
    place: ListTarget, upload: Iterable[bytes], *, name: str, delimiter: str = "", actor: Actor, listed: ValidationList | None = None
) -> ValueImport:
    """Store the upload and queue its import.

    Everything that can be refused at once is refused here, as DomainError; a worker does the rest.
    """
    layout.check_delimiter(delimiter)
    stored = files.store(upload, delimiter=delimiter)
    try:
        layout.of_file(stored.path, place.kind, delimiter=delimiter)
        return _queued(place, stored, name, actor, listed)
    except BaseException:
        files.forget(stored.path)
        raise


def stop(run: ValueImport, *, actor: Actor) -> None:
    """Stop the run after its current part. The values added so far stay."""
    runs.ask_to_stop(run)
    run.refresh_from_db()
    if run.state == State.STOPPED:
        files.forget(run.file)
    audit.record(actor=actor, page=page_of(run.list), action="import asked to stop", obj=run, notes=run.name)


def run(pk: int, *, seconds: float = SECONDS_A_BELL) -> None:
    """Work on the run until it is over or the time is up. Do nothing if another worker has it."""
    with _alone(pk) as ours:
        taken = _taken(pk) if ours else None
        if taken is None:
            return
        try:
            _go(*taken, until=monotonic() + seconds)
        except (OperationalError, InterfaceError):
            raise  # The database is unavailable: the sweep continues the run.
        except ListImportTakenAway:
            log.warning("import of values was taken over", run=pk)
        except DomainError as refusal:
            _end(*taken, error=refusal.message)
        except Exception:
            log.exception("import of values failed", run=pk)
            _end(*taken, error=OUR_FAULT)


def wake() -> None:
    """Notify workers of all unfinished runs: those without a notification and those of dead workers.

    A run that a worker is at is locked, so a second worker leaves at once.
    """
    for pk in ValueImport.objects.filter(state__in=UNDER_WAY).order_by("pk").values_list("pk", flat=True):
        notify_workers(QUEUE, f"values-{pk}", TASK, pk)


def forget_files() -> None:
    files.forget_left_behind(ValueImport.objects.filter(state__in=UNDER_WAY).values_list("file", flat=True))


@transaction.atomic
def _queued(place: ListTarget, stored: files.Stored, name: str, actor: Actor, listed: ValidationList | None) -> ValueImport:
    storing.lock(place)  # The list may be deleted, or be in deletion, by now.
    name = name[-255:] if is_storable(name) else "file"
    run = ValueImport.objects.create(
        target=place.kind.target, list=listed, file=str(stored.path), name=name, total=stored.lines, started_by_id=actor.user_id
    )
    notes = listed.name if listed else place.kind.label
    audit.record(
        actor=actor, page=page_of(listed), action="import started", obj=run, notes=notes, after={"file": name, "lines": stored.lines}
    )  # fmt: skip
    notify_workers(QUEUE, f"values-{run.pk}", TASK, run.pk)
    return run


@contextmanager
def _alone(pk: int) -> Iterator[bool]:
    key = lock_key("import of values", pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        ours = bool(cursor.fetchone()[0])
    try:
        yield ours
    finally:
        if ours:
            with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # A lost session has released the lock already.
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _taken(pk: int) -> tuple[ValueImport, UUID] | None:
    token = uuid4()
    mine = ValueImport.objects.filter(pk=pk, state__in=UNDER_WAY)
    if not mine.update(state=State.RUNNING, claim=token, beat_at=Now(), started_at=Coalesce(F("started_at"), Now())):
        return None
    return ValueImport.objects.select_related("list", "started_by").get(pk=pk), token


def _go(run: ValueImport, token: UUID, *, until: float) -> None:
    steps = _deletion(run) if run.file == NO_FILE else _import(run, token)
    for go_on in steps:
        if not go_on:
            break
        if monotonic() >= until:
            runs.hand_on(run, token)
            notify_workers(QUEUE, f"values-{run.pk}", TASK, run.pk)
            return
    _end(run, token)


def _deletion(run: ValueImport) -> Iterator[bool]:
    """Delete the values part by part, then the list, which deletes the run too."""
    assert run.list is not None
    gone, last = deleting.AT_ONCE, ""
    while gone >= deleting.AT_ONCE:
        gone, last = deleting.take_part(run.list.pk, after=last)
        ValueImport.objects.filter(pk=run.pk).update(done=F("done") + gone, beat_at=Now())
        yield True
    run.list.delete()


def _import(run: ValueImport, token: UUID) -> Iterator[bool]:
    """Import part by part. Yield True after each part, False when the run was asked to stop."""
    place, path = ListTarget.of(run.target, run.list_id), Path(run.file)
    try:
        how = layout.of_file(path, place.kind, delimiter=files.delimiter_of(path))
        file = path.open("rb")
    except FileNotFoundError as error:
        raise DomainError(FILE_GONE) from error
    with file:
        for part in parts(file, place.kind, how, position=run.position, line=run.done + run.failed):
            go_on = again_after_conflict(partial(_store, run, token, place, part))
            run.position, run.error = part.end, _told(run.error, part)
            yield go_on


@transaction.atomic
def _store(run: ValueImport, token: UUID, place: ListTarget, part: FilePart) -> bool:
    """Store one part and the position after it. Roll back both if another worker has claimed the run."""
    added = storing.store(place, part.rows)
    mine = ValueImport.objects.filter(pk=run.pk, claim=token, state=State.RUNNING, position=run.position)
    moved = mine.update(
        position=part.end, done=F("done") + part.lines - len(part.refused), failed=F("failed") + len(part.refused),
        added=F("added") + added, repeated=F("repeated") + len(part.rows) - added, error=_told(run.error, part), beat_at=Now(),
    )  # fmt: skip
    if not moved:
        raise ListImportTakenAway
    return not ValueImport.objects.filter(pk=run.pk, stop_asked=True).exists()


def _told(before: str, part: FilePart) -> str:
    """Append the refused lines of the part, up to `TOLD` lines in all."""
    said = before.splitlines()
    return "\n".join([*said, *part.refused[: TOLD - len(said)]])


def _end(run: ValueImport, token: UUID, *, error: str = "") -> None:
    """End the run, then delete its file. The refused lines stay in the row behind the reason for which it ended."""
    if _ended(run, token, error):
        files.forget(run.file)


@transaction.atomic
def _ended(run: ValueImport, token: UUID, error: str) -> bool:
    mine = ValueImport.objects.filter(pk=run.pk, claim=token)
    state = State.FAILED if error else State.STOPPED if mine.filter(stop_asked=True).exists() else State.DONE
    if not mine.update(state=state, claim=None, ended_at=Now(), error="\n".join(filter(None, [error, run.error]))):
        return False
    run.refresh_from_db()
    after = {"file": run.name, "added": run.added, "already there": run.repeated, "refused": run.failed}
    noun = ListTarget.of(run.target, run.list_id).kind.counted(run.added)
    action = f"{noun} {'was' if run.added == 1 else 'were'} imported" if state == State.DONE else f"import {state}"
    audit.record(actor=_actor(run), page=page_of(run.list), action=action, obj=run, notes=str(run.list or ""), after=after)
    return True


def _actor(run: ValueImport) -> Actor:
    return Actor(run.started_by.name, run.started_by.pk, None) if run.started_by else Actor("Sluice")
