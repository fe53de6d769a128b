"""The target of an import, the locks on it, and the row of the import to begin or to resume."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from config.core.actor import Actor
from config.core.background.locks import named_key
from config.core.database.sessions import require_own_session
from config.core.errors import DomainError
from leads.imports.columns import join_names
from leads.imports.earlier_imports import EarlierImports, NoEarlierImports, knows_its_leads, load_taken
from leads.models import LeadImport

State = LeadImport.State
_LOCK_NOT_AVAILABLE = "55P03"
BUSY_DESTINATION = (
    "Another import to this campaign and publisher is under way, and --again leaves out what it stores. Try again when it is over."
)
PATIENCE = "5s"
"""The time for the session of a killed import to end: the server notices once the running statement is over."""


class ImportTarget(NamedTuple):
    """The file and its destination. A second import with the same target needs a confirmation."""

    sha256: str
    campaign_id: int
    form_id: int
    publisher_id: int
    link_id: int | None

    @property
    def destination(self) -> dict[str, int | None]:
        """Where the leads go. An imported row is known to all imports that go to the same place."""
        return {"campaign_id": self.campaign_id, "publisher_id": self.publisher_id, "link_id": self.link_id}


class FileFormat(NamedTuple):
    """The way the file is parsed. A position is meaningless under another one."""

    delimiter: str
    encoding: str
    columns: dict[str, str]
    date_orders: dict[str, str]


class ImportCounts(NamedTuple):
    """The number of rows processed, and their outcomes."""

    read: int = 0
    stored: int = 0
    repeated: int = 0
    refused: int = 0

    @classmethod
    def of(cls, run: LeadImport) -> "ImportCounts":
        return cls(run.position, run.done, run.repeated, run.failed)


class ImportCheckpoint(NamedTuple):
    """The run that begins or goes on, and the other imports of its target."""

    run: LeadImport
    earlier: EarlierImports


@contextmanager
def exclusive(target: ImportTarget, *, again: bool = False) -> Iterator[None]:
    """Hold session locks, so that no other process imports the target. A killed import loses its session and with it the locks.

    Imports to one destination run side by side, but for one that leaves out what the others store.
    """
    require_own_session("An import")
    again = again or LeadImport.objects.filter(**target._asdict(), again=True).exists()
    destination = named_key("imports to", *target.destination.values())
    with (
        _session_lock("", named_key(*target), "This file is being imported at this moment, by another process."),
        _session_lock("" if again else "_shared", destination, BUSY_DESTINATION),
    ):
        yield


@contextmanager
def _session_lock(mode: str, key: int, refusal: str) -> Iterator[None]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT set_config('lock_timeout', %s, true), pg_advisory_lock{mode}(%s)", [PATIENCE, key])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise DomainError(refusal, status=409) from error
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # a lost session has released the lock
            cursor.execute(f"SELECT pg_advisory_unlock{mode}(%s)", [key])


def lock_external_ids(target: ImportTarget) -> None:
    """Take a lock until the end of the transaction: chunks with the same external ids in different orders would deadlock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [named_key("external ids", target.campaign_id, target.publisher_id)])


def find_or_create(target: ImportTarget, file_format: FileFormat, *, file: Path, again: bool, actor: Actor) -> ImportCheckpoint:
    """Return the unfinished import of this target to resume, else a new one. Call it within `exclusive`.

    A file that was imported with --again leaves out what is a lead from then on.
    """
    earlier = list(LeadImport.objects.filter(**target._asdict()).order_by("-pk"))
    for run in earlier:
        if run.state != State.DONE and FileFormat(run.delimiter, run.encoding, run.columns, run.date_orders) == file_format:
            return _resumed(run, target, again=again)
        if run.done and not again:
            raise DomainError(_already_imported(run), status=409)
        if run.done:
            break
    if unknown := next((run for run in earlier if not knows_its_leads(run)), None):
        raise DomainError(_leads_unknown(unknown), status=409)
    again = again or any(run.again for run in earlier)
    columns = {**target._asdict(), **file_format._asdict(), "file": str(file)[-500:], "started_by_id": actor.user_id, "again": again}
    run = LeadImport.objects.create(**columns)
    return ImportCheckpoint(run, load_earlier(target, file_format, besides=run) if again else NoEarlierImports())


def _resumed(run: LeadImport, target: ImportTarget, *, again: bool) -> ImportCheckpoint:
    if again and not run.again:
        run.again = True
        run.save(update_fields=["again"])
    if not run.again:
        return ImportCheckpoint(run, NoEarlierImports())
    earlier = load_earlier(target, FileFormat(run.delimiter, run.encoding, run.columns, run.date_orders), besides=run)
    load_taken(earlier, run)
    return ImportCheckpoint(run, earlier)


def load_earlier(target: ImportTarget, file_format: FileFormat, *, besides: LeadImport | None = None) -> EarlierImports:
    """Return the earlier imports to the destination of a file that is read in this way."""
    runs = LeadImport.objects.filter(**target.destination, done__gt=0).order_by("pk")
    fields = frozenset(file_format.columns.values())
    same_file, narrower, notes = [], set(), []
    for run in runs.exclude(pk=besides.pk) if besides else runs:
        taken = frozenset(run.columns.values())
        if run.sha256 == target.sha256 and run.form_id == target.form_id:
            same_file.append(run.pk)
        elif not knows_its_leads(run):
            notes.append(f"It is not recorded which rows became leads in {run} ({Path(run.file).name}): they are not recognised.")
        elif missing := taken - fields:
            notes.append(
                f"No column goes into {join_names(sorted(missing))}, which {run} ({Path(run.file).name}) took: "
                "its rows are recognised only where they have no value there."
            )
        if taken < fields:
            narrower.add(taken)
    return EarlierImports(same_file, sorted(narrower, key=sorted), notes)


def is_imported(target: ImportTarget) -> bool:
    return LeadImport.objects.filter(**target._asdict(), done__gt=0).exists()


def _already_imported(run: LeadImport) -> str:
    taken = f"{run.done:,} of its rows are leads" if run.done > 1 else "one of its rows is a lead"
    if run.state == State.DONE:
        return f"This file has been imported already ({run}): {taken}. To take in the others, say --again."
    mapped = ", ".join(f"{name} = {field}" for name, field in run.columns.items())
    return (
        f"This file has been imported to row {run.position:,} ({run}), but read in another way: {run.encoding}, {mapped}; {taken}. "
        "Say the same to go on, or --again to read it from its first row: rows that are leads are left out."
    )


def _leads_unknown(run: LeadImport) -> str:
    return (
        f"It is not recorded which rows of the file became leads in {run}, so --again would take them in twice. "
        "Import the rows that are missing from a file of their own."
    )
