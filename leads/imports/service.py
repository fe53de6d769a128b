"""The import of a file: each chunk is stored in one transaction together with the new position, so that no row is lost or doubled."""

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from campaigns.submission import SubmissionContext
from config.core.actor import Actor
from config.core.background.db_retry import again_after_conflict
from config.core.errors import DomainError
from config.core.tabular.records import Record
from config.core.tabular.refused_rows import RefusedRowsFile, beside, check_free
from leads.imports import checkpoint, reader, row_validation
from leads.imports.checkpoint import ImportCounts, ImportTakenAway
from leads.imports.reader import ImportFile, ImportRequest
from leads.imports.refused_rows import explain_refusals
from leads.imports.row_validation import RefusedRow, SortedRows
from leads.intake.service import ReceivedLead, check_open, receive_leads
from leads.intake.validation import FieldProblem
from leads.models import LeadImport
from leads.statuses import EntryPoint

STOPPED = "It was asked to stop."
CHANGED = "The file was changed while it was read. What it is now is another file, and another import."


class ImportObserver(Protocol):
    """The observer of an import, which receives the counts so far and may request a stop."""

    def started(self, file: ImportFile, counts: ImportCounts) -> None: ...

    def progressed(self, file: ImportFile, counts: ImportCounts) -> None: ...

    def should_stop(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of an import. `why` is empty when every row was processed."""

    run: LeadImport
    why: str


def import_file(
    request: ImportRequest, *, refused_rows: Path | None = None, again: bool = False, actor: Actor, observer: ImportObserver
) -> ImportResult:
    """Import a file, or resume the unfinished import of the same file to the same target."""
    with reader.open_import(request) as file, checkpoint.exclusive(file.target):
        run = checkpoint.find_or_create(file.target, file.format, file=request.path.absolute(), again=again, actor=actor)
        path = (refused_rows or Path(run.refused_rows or beside(request.path, str(run)))).absolute()
        if str(path) != run.refused_rows:
            check_free(path)
            run.refused_rows, run.refused_size = str(path), 0
        token = checkpoint.claim(run, actor=actor)
        return _Import(file, run, token, actor, observer).execute()


@dataclass(slots=True)
class _Import:
    file: ImportFile
    run: LeadImport
    token: UUID
    actor: Actor
    observer: ImportObserver

    def execute(self) -> ImportResult:
        run = self.run
        try:
            with closing(self.file.open_refused_rows(Path(run.refused_rows), size=run.refused_size)) as refused_file:
                why = self._store_chunks(refused_file)
        except (OperationalError, InterfaceError, ImportTakenAway):  # the database is unreachable, or another process holds the import
            raise
        except Exception as error:
            # Only the type of the error: its message may hold personal data.
            why = error.message if isinstance(error, DomainError) else f"Unexpected: {type(error).__name__}."
            checkpoint.interrupt(run, self.token, why=why, failed=True, actor=self.actor)
            raise
        if why:
            checkpoint.interrupt(run, self.token, why=why, failed=False, actor=self.actor)
            return ImportResult(run, why)
        if not run.failed:
            Path(run.refused_rows).unlink(missing_ok=True)
            run.refused_rows = ""
        checkpoint.finish(run, self.token, actor=self.actor)
        return ImportResult(run, "")

    def _store_chunks(self, refused_file: RefusedRowsFile) -> str:
        """Import the chunks, and return why it ended before the file did; empty at its end."""
        self.observer.started(self.file, _counts(self.run))
        stop_requested = False
        for chunk in self.file.chunks(after=self.run.position):
            if stop_requested or self.observer.should_stop():
                return STOPPED
            if self.file.source.has_changed:
                raise DomainError(CHANGED, status=409)
            stop_requested = not self._store(chunk, refused_file)
            self.observer.progressed(self.file, _counts(self.run))
        return ""

    def _store(self, chunk: list[Record], refused_file: RefusedRowsFile) -> bool:
        """Store a chunk and the new position. Return False when a stop was requested."""
        context, run = self.file.load_context(), self.run
        rows = row_validation.sort(chunk, context, self.file.layout)
        counts, size, go_on = again_after_conflict(partial(self._write, context, rows, len(chunk), refused_file))
        refused_file.size = size
        run.position, run.done, run.repeated, run.failed = (now + more for now, more in zip(_counts(run), counts, strict=True))
        return go_on

    def _write(
        self, context: SubmissionContext, rows: SortedRows, read: int, refused_file: RefusedRowsFile
    ) -> tuple[ImportCounts, int, bool]:
        with transaction.atomic():
            if "externalId" in self.file.columns.fields.values():
                checkpoint.lock_external_ids(self.file.target)
            received = receive_leads(check_open(context), rows.leads, entry_point=EntryPoint.IMPORT)
            refused = rows.refused + conflicts(rows, received)
            stored = sum(lead.created for lead in received)
            counts = ImportCounts(read, stored, repeated=read - stored - len(refused), refused=len(refused))
            size = refused_file.add(explain_refusals(refused))
            return counts, size, checkpoint.advance(self.run, self.token, counts, refused_size=size)


def _counts(run: LeadImport) -> ImportCounts:
    return ImportCounts(run.position, run.done, run.repeated, run.failed)


def conflicts(rows: SortedRows, received: list[ReceivedLead]) -> list[RefusedRow]:
    """Refuse rows whose external id exists already with other values."""
    refused = []
    for record, lead, result in zip(rows.accepted, rows.leads, received, strict=True):
        if result.differs:
            place = f"see lead {result.lead_id}" if result.lead_id else "in this file"
            message = f"{lead.origin.external_id} came before with other values: {place}."
            refused.append(RefusedRow(record, [FieldProblem("externalId", message)]))
    return refused
