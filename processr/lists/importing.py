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
from django.urls import reverse

from config.core import audit
from config.core.actor import SYSTEM, Actor
from config.core.background import runs
from config.core.background.db_retry import again_after_conflict
from config.core.background.locks import named_key
from config.core.background.notify import notify_workers
from config.core.errors import DomainError
from config.core.notifications import notify_of_end
from config.core.pg_text import is_storable
from processr.lists import deleting, files, reader, storing
from processr.lists.deleting import QUEUE, TASK
from processr.lists.reader import FilePart, read_parts
from processr.lists.selectors import NO_FILE, UNDER_WAY
from processr.lists.services import page_of
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport

log = structlog.get_logger(__name__)

State = ValueImport.State
NOTIFICATION_KIND = "value_import"
SECONDS_PER_TURN = 20.0
"""Seconds a worker spends on a run. Then the run is queued again, so that other messages have their turn."""
REFUSALS_REPORTED = 20
"""The most refused lines that are reported one by one."""
INTERNAL_ERROR = "It broke off because of a fault of ours. What was added so far stays."
FILE_GONE = "The uploaded file is not there any more. Import it once more: what was added so far is not added twice."


class ListImportTakenAway(Exception):
    """Another worker has claimed the run."""


def start_import(
    target: ListTarget,
    upload: Iterable[bytes],
    *,
    name: str,
    delimiter: str = "",
    actor: Actor,
    validation_list: ValidationList | None = None,
) -> ValueImport:
    """Store the upload and queue its import.

    Everything that can be refused at once is refused here, as DomainError; a worker does the rest.
    """
    reader.check_delimiter(delimiter)
    stored = files.store(upload, delimiter=delimiter)
    try:
        reader.read_layout(stored.path, target.kind, delimiter=files.delimiter_of(stored.path))
        return _queue(target, stored, name, actor, validation_list)
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


def run(pk: int, *, seconds: float = SECONDS_PER_TURN) -> None:
    """Work on the run until it is over or the time is up. Do nothing if another worker has it."""
    with _run_lock(pk) as locked:
        token = uuid4()
        if not locked or not _claim(pk, token):
            return
        import_run = ValueImport.objects.select_related("list", "started_by").get(pk=pk)
        try:
            _work(import_run, token, until=monotonic() + seconds)
        except (OperationalError, InterfaceError):
            raise  # The database is unavailable: the sweep continues the run.
        except ListImportTakenAway:
            log.warning("import of values was taken over", run=pk)
        except DomainError as refusal:
            _end(import_run, token, error=refusal.message)
        except Exception:
            log.exception("import of values failed", run=pk)
            _end(import_run, token, error=INTERNAL_ERROR)


def notify_unfinished() -> None:
    """Notify workers of all unfinished runs: those without a notification and those of dead workers.

    A run that a worker is at is locked, so a second worker leaves at once.
    """
    for pk in ValueImport.objects.filter(state__in=UNDER_WAY).order_by("pk").values_list("pk", flat=True):
        notify_workers(QUEUE, f"values-{pk}", TASK, pk)


def forget_files() -> None:
    files.forget_left_behind(ValueImport.objects.filter(state__in=UNDER_WAY).values_list("file", flat=True))


@transaction.atomic
def _queue(target: ListTarget, stored: files.Stored, name: str, actor: Actor, validation_list: ValidationList | None) -> ValueImport:
    storing.lock(target)  # The list may be deleted, or be in deletion, by now.
    name = name[-255:] if is_storable(name) else "file"
    run = ValueImport.objects.create(
        target=target.kind.target, list=validation_list, file=str(stored.path), name=name, total=stored.lines, started_by_id=actor.user_id
    )
    notes = validation_list.name if validation_list else target.kind.label
    after = {"file": name, "lines": stored.lines}
    audit.record(actor=actor, page=page_of(validation_list), action="import started", obj=run, notes=notes, after=after)
    notify_workers(QUEUE, f"values-{run.pk}", TASK, run.pk)
    return run


@contextmanager
def _run_lock(pk: int) -> Iterator[bool]:
    """Hold the advisory lock of the run. Yield False if another session has it."""
    key = named_key("import of values", pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        locked = bool(cursor.fetchone()[0])
    try:
        yield locked
    finally:
        if locked:
            with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # A lost session has released the lock already.
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def _claim(pk: int, token: UUID) -> bool:
    unfinished = ValueImport.objects.filter(pk=pk, state__in=UNDER_WAY)
    return bool(unfinished.update(state=State.RUNNING, claim=token, beat_at=Now(), started_at=Coalesce(F("started_at"), Now())))


def _work(run: ValueImport, token: UUID, *, until: float) -> None:
    """Work on the run part by part until it is over, or hand it on when the time is up."""
    parts = _delete_parts(run) if run.file == NO_FILE else _import_parts(run, token)
    for goes_on in parts:
        if not goes_on:
            break
        if monotonic() >= until:
            runs.hand_on(run, token)
            notify_workers(QUEUE, f"values-{run.pk}", TASK, run.pk)
            return
    _end(run, token)


def _delete_parts(run: ValueImport) -> Iterator[bool]:
    """Delete the values part by part, then the list, which deletes the run too."""
    assert run.list is not None
    deleted, last = deleting.AT_ONCE, ""
    while deleted >= deleting.AT_ONCE:
        deleted, last = deleting.delete_part(run.list.pk, after=last)
        ValueImport.objects.filter(pk=run.pk).update(done=F("done") + deleted, beat_at=Now())
        yield True
    run.list.delete()


def _import_parts(run: ValueImport, token: UUID) -> Iterator[bool]:
    """Import part by part. Yield True after each part, False when the run was asked to stop."""
    target, path = ListTarget.of(run.target, run.list_id), Path(run.file)
    try:
        file_layout = reader.read_layout(path, target.kind, delimiter=files.delimiter_of(path))
        file = path.open("rb")
    except FileNotFoundError as error:
        raise DomainError(FILE_GONE) from error
    with file:
        for part in read_parts(file, target.kind, file_layout, position=run.position, line=run.done + run.failed):
            goes_on = again_after_conflict(partial(_store, run, token, target, part))
            run.position, run.error = part.end, _append_refusals(run.error, part)
            yield goes_on


@transaction.atomic
def _store(run: ValueImport, token: UUID, target: ListTarget, part: FilePart) -> bool:
    """Store one part and the position after it. Roll back both if another worker has claimed the run."""
    added = storing.store(target, part.rows)
    claimed = ValueImport.objects.filter(pk=run.pk, claim=token, state=State.RUNNING, position=run.position)
    moved = claimed.update(
        position=part.end,
        done=F("done") + part.lines - len(part.refused),
        failed=F("failed") + len(part.refused),
        added=F("added") + added,
        repeated=F("repeated") + len(part.rows) - added,
        error=_append_refusals(run.error, part),
        beat_at=Now(),
    )
    if not moved:
        raise ListImportTakenAway
    return not ValueImport.objects.filter(pk=run.pk, stop_asked=True).exists()


def _append_refusals(error: str, part: FilePart) -> str:
    """Append the refused lines of the part, up to `REFUSALS_REPORTED` lines in all."""
    lines = error.splitlines()
    return "\n".join([*lines, *part.refused[: REFUSALS_REPORTED - len(lines)]])


def _end(run: ValueImport, token: UUID, *, error: str = "") -> None:
    """End the run, then delete its file. The refused lines stay in the row behind the reason for which it ended."""
    if _save_end(run, token, error):
        files.forget(run.file)


@transaction.atomic
def _save_end(run: ValueImport, token: UUID, error: str) -> bool:
    claimed = ValueImport.objects.filter(pk=run.pk, claim=token)
    state = State.DONE
    if error:
        state = State.FAILED
    elif claimed.filter(stop_asked=True).exists():
        state = State.STOPPED
    if not claimed.update(state=state, claim=None, ended_at=Now(), error="\n".join(filter(None, [error, run.error]))):
        return False
    run.refresh_from_db()
    after = {"file": run.name, "added": run.added, "already there": run.repeated, "refused": run.failed}
    noun = ListTarget.of(run.target, run.list_id).kind.counted(run.added)
    action = f"{noun} {'was' if run.added == 1 else 'were'} imported" if state == State.DONE else f"import {state}"
    actor = Actor(run.started_by.name, run.started_by.pk) if run.started_by else SYSTEM
    audit.record(actor=actor, page=page_of(run.list), action=action, obj=run, notes=str(run.list or ""), after=after)
    result = f"{noun} added, {run.repeated:,} already there, {run.failed:,} refused"
    url = reverse("value_import", args=[run.pk])
    notify_of_end(run, NOTIFICATION_KIND, work=f"Import of {run.name}", result=result, url=url, error=error)
    return True
