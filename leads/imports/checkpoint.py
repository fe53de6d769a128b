"""The row of an import: its target, the process that runs it, and its position in the file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.urls import reverse

from config.core import audit
from config.core.actor import Actor
from config.core.background.locks import named_key
from config.core.errors import DomainError
from config.core.notifications import notify_of_end
from leads.models import LeadImport

PAGE = "Imports"
NOTIFICATION_KIND = "lead_import"
State = LeadImport.State
_LOCK_NOT_AVAILABLE = "55P03"
PATIENCE = "5s"
"""The time for the session of a killed import to end: the server notices once the running statement is over."""


class ImportTarget(NamedTuple):
    """The file and its destination. A second import with the same target needs a confirmation."""

    sha256: str
    campaign_id: int
    form_id: int
    publisher_id: int
    link_id: int | None


class FileFormat(NamedTuple):
    """The way the file is parsed. A position is meaningless under another one."""

    delimiter: str
    encoding: str
    columns: dict[str, str]


class ImportCounts(NamedTuple):
    """The number of rows processed, and their outcomes."""

    read: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0


class ImportTakenAway(DomainError):
    def __init__(self, run: LeadImport) -> None:
        super().__init__(f"Somebody else has gone on with {run}; this one has stopped.", status=409)


@contextmanager
def exclusive(target: ImportTarget) -> Iterator[None]:
    """Hold a session lock on the target, so that no other process imports it. A killed import loses its session and with it the lock."""
    key = named_key(*target)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true), pg_advisory_lock(%s)", [PATIENCE, key])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise DomainError("This file is being imported at this moment, by another process.", status=409) from error
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # a lost session has released the lock
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def lock_external_ids(target: ImportTarget) -> None:
    """Take a lock until the end of the transaction: chunks with the same external ids in different orders would deadlock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [named_key("external ids", target.campaign_id, target.publisher_id)])


def find_or_create(target: ImportTarget, file_format: FileFormat, *, file: Path, again: bool, actor: Actor) -> LeadImport:
    """Return the unfinished import of this target to resume, else a new one. Call it within `exclusive`."""
    for run in LeadImport.objects.filter(**target._asdict()).order_by("-pk"):
        if run.state != State.DONE and FileFormat(run.delimiter, run.encoding, run.columns) == file_format:
            return run
        if run.done and not again:
            raise DomainError(_already_imported(run), status=409)
        if run.done:
            break
    return LeadImport.objects.create(**target._asdict(), **file_format._asdict(), file=str(file)[-500:], started_by_id=actor.user_id)


def _already_imported(run: LeadImport) -> str:
    taken = f"{run.done:,} of its rows are leads" if run.done > 1 else "one of its rows is a lead"
    if run.state == State.DONE:
        return f"This file has been imported already ({run}): {taken}. To take it in once more, say --again."
    mapped = ", ".join(f"{name} = {field}" for name, field in run.columns.items())
    return (
        f"This file has been imported to row {run.position:,} ({run}), but read in another way: {run.encoding}, {mapped}; {taken}. "
        "Say the same to go on, or --again to take it in from its first row."
    )


@transaction.atomic
def claim(run: LeadImport, *, actor: Actor) -> UUID:
    """Claim the run and return the token. Any process that held it fails at its next step."""
    token = uuid4()
    LeadImport.objects.filter(pk=run.pk).update(
        state=State.RUNNING, claim=token, beat_at=Now(), started_at=Coalesce(F("started_at"), Now()),
        ended_at=None, stop_asked=False, error="", refused_rows=run.refused_rows, refused_size=run.refused_size,
    )  # fmt: skip
    action = "import resumed" if run.position else "import started"
    _record(run, actor=actor, action=action, after={"file": run.file, "sha256": run.sha256, "position": run.position})
    return token


def advance(run: LeadImport, token: UUID, counts: ImportCounts, *, refused_size: int) -> bool:
    """Save the position in the transaction that stores the rows. Return False when a stop was requested.

    Raises ImportTakenAway, which undoes the transaction, when another process holds the import.
    """
    held = LeadImport.objects.filter(pk=run.pk, claim=token, state=State.RUNNING, position=run.position)
    updated = held.update(
        position=F("position") + counts.read, done=F("done") + counts.stored, repeated=F("repeated") + counts.repeated,
        failed=F("failed") + counts.refused, refused_size=refused_size, beat_at=Now(),
    )  # fmt: skip
    if not updated:
        raise ImportTakenAway(run)
    return not LeadImport.objects.filter(pk=run.pk, stop_asked=True).exists()


@transaction.atomic
def finish(run: LeadImport, token: UUID, *, actor: Actor) -> None:
    if not _end(run, token, State.DONE, total=F("position"), refused_rows=run.refused_rows):
        raise ImportTakenAway(run)
    action = "1 lead was imported" if run.done == 1 else f"{run.done} leads were imported"
    _record(run, actor=actor, action=action, after=_counts(run))


@transaction.atomic
def interrupt(run: LeadImport, token: UUID, *, why: str, failed: bool, actor: Actor) -> None:
    """Mark the import as stopped, to be resumed later. Does nothing when another process holds it."""
    if _end(run, token, State.FAILED if failed else State.STOPPED, error=why if failed else ""):
        _record(run, actor=actor, action="import stopped", after=_counts(run), notes=why)


def _end(run: LeadImport, token: UUID, state: str, **changes: object) -> bool:
    held = LeadImport.objects.filter(pk=run.pk, claim=token)
    ended = bool(held.update(state=state, claim=None, ended_at=Now(), **changes))
    run.refresh_from_db()
    if ended:
        result = f"{run.done:,} stored, {run.repeated:,} already there, {run.failed:,} refused"
        url = reverse("campaign_leads", kwargs={"campaign_id": run.campaign_id})
        notify_of_end(run, NOTIFICATION_KIND, work=f"Import of {Path(run.file).name}", result=result, url=url, error=run.error)
    return ended


def _counts(run: LeadImport) -> dict[str, int | str]:
    return {"file": run.file, "read": run.position, "stored": run.done, "already there": run.repeated, "refused": run.failed}


def _record(run: LeadImport, *, actor: Actor, action: str, after: Mapping[str, object], notes: str = "") -> None:
    audit.record(actor=actor, page=PAGE, action=action, obj=run, campaign_id=run.campaign_id, after=after, notes=notes)
