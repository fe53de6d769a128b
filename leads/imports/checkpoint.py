"""The target of an import, the locks on it, and the row of the import to begin or to resume."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from config.core.actor import Actor
from config.core.background.locks import named_key
from config.core.errors import DomainError
from leads.imports.earlier_imports import EarlierImports, knows_its_leads
from leads.models import LeadImport

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


def find_or_create(target: ImportTarget, file_format: FileFormat, *, file: Path, again: bool, actor: Actor) -> ImportCheckpoint:
    """Return the unfinished import of this target to resume, else a new one. Call it within `exclusive`."""
    earlier = list(LeadImport.objects.filter(**target._asdict()).order_by("-pk"))
    for run in earlier:
        if run.state != State.DONE and FileFormat(run.delimiter, run.encoding, run.columns, run.date_orders) == file_format:
            return ImportCheckpoint(run, EarlierImports([other.pk for other in earlier if other != run]))
        if run.done and not again:
            raise DomainError(_already_imported(run), status=409)
        if run.done:
            break
    if unknown := next((run for run in earlier if not knows_its_leads(run)), None):
        raise DomainError(_leads_unknown(unknown), status=409)
    columns = {**target._asdict(), **file_format._asdict(), "file": str(file)[-500:], "started_by_id": actor.user_id}
    return ImportCheckpoint(LeadImport.objects.create(**columns), EarlierImports([run.pk for run in earlier]))


def load_imports(target: ImportTarget) -> EarlierImports:
    return EarlierImports(list(LeadImport.objects.filter(**target._asdict()).values_list("pk", flat=True)))


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
