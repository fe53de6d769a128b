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
from leads.imports import checkpoint, reader, row_validation
from leads.imports.checkpoint import ImportStep, ImportTakenAway
from leads.imports.reader import ImportFile, ImportRequest
from leads.imports.records import Record
from leads.imports.refused_rows import RefusedRows, beside, check_free, opened
from leads.imports.row_validation import RowRefused, Sorted
from leads.intake.service import IncomingLead, ReceivedLead, receive_leads
from leads.intake.validation import FieldProblem
from leads.models import LeadImport
from leads.statuses import EntryPoint

STOPPED = "It was asked to stop."
CHANGED = "The file was changed while it was read. What it is now is another file, and another import."


class Watch(Protocol):
    """The observer of an import, which is told the progress and may request a stop."""

    def begins(self, read: ImportFile, so_far: ImportStep) -> None: ...

    def moved(self, read: ImportFile, so_far: ImportStep) -> None: ...

    def wants_to_stop(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of an import. `why` is empty when every row was processed."""

    run: LeadImport
    why: str


def import_file(asked: ImportRequest, *, refused_rows: Path | None = None, again: bool = False, actor: Actor, watch: Watch) -> ImportResult:
    """Import a file, or resume the unfinished import of the same file to the same target."""
    with reader.begun(asked) as read, checkpoint.alone(read.target):
        run = checkpoint.find_or_add(read.target, read.way, file=asked.path.absolute(), again=again, actor=actor)
        _name_refused_rows(run, refused_rows or Path(run.refused_rows or beside(asked.path, str(run))))
        token = checkpoint.take(run, actor=actor)
        return _Import(read, run, token, actor, watch).go()


def _name_refused_rows(run: LeadImport, path: Path) -> None:
    path = path.absolute()
    if str(path) != run.refused_rows:
        check_free(path)
        run.refused_rows, run.refused_size = str(path), 0


@dataclass(slots=True)
class _Import:
    read: ImportFile
    run: LeadImport
    token: UUID
    actor: Actor
    watch: Watch

    def go(self) -> ImportResult:
        try:
            with closing(opened(Path(self.run.refused_rows), size=self.run.refused_size, header=self.read.header)) as refused:
                why = self._through_the_file(refused)
        except (OperationalError, InterfaceError, ImportTakenAway):  # the database is unreachable, or another process holds the import
            raise
        except Exception as error:
            # Only the type of the error: its message may hold personal data.
            why = error.message if isinstance(error, DomainError) else f"Unexpected: {type(error).__name__}."
            checkpoint.interrupt(self.run, self.token, why=why, failed=True, actor=self.actor)
            raise
        return self._end(why)

    def _through_the_file(self, refused: RefusedRows) -> str:
        """Import the chunks, and return why it ended before the file did; empty at its end."""
        self.watch.begins(self.read, _sum(self.run))
        asked_to_stop = False
        for chunk in self.read.chunks(after=self.run.position):
            if asked_to_stop or self.watch.wants_to_stop():
                return STOPPED
            if self.read.source.has_changed:
                raise DomainError(CHANGED, status=409)
            asked_to_stop = not self._store(chunk, refused)
            self.watch.moved(self.read, _sum(self.run))
        return ""

    def _store(self, chunk: list[Record], refused: RefusedRows) -> bool:
        door = self.read.door()
        found = row_validation.sort(chunk, door, self.read.layout)
        moved, size, go_on = again_after_conflict(partial(self._write, door, found, len(chunk), refused))
        refused.size = size
        run = self.run
        run.position, run.done, run.repeated, run.failed = (now + more for now, more in zip(_sum(run), moved, strict=True))
        return go_on

    def _write(self, door: SubmissionContext, found: Sorted, read: int, file: RefusedRows) -> tuple[ImportStep, int, bool]:
        with transaction.atomic():
            if "externalId" in self.read.columns.taken.values():
                checkpoint.take_turns(self.read.target)
            received = receive_leads(door, found.arrivals, entry_point=EntryPoint.IMPORT)
            refused = found.refused + conflicts(found, received)
            stored = sum(lead.created for lead in received)
            moved = ImportStep(read, stored, repeated=read - stored - len(refused), refused=len(refused))
            size = file.add(refused)
            return moved, size, checkpoint.step(self.run, self.token, moved, refused_size=size)

    def _end(self, why: str) -> ImportResult:
        if why:
            checkpoint.interrupt(self.run, self.token, why=why, failed=False, actor=self.actor)
            return ImportResult(self.run, why)
        if not self.run.failed:
            Path(self.run.refused_rows).unlink(missing_ok=True)
            self.run.refused_rows = ""
        checkpoint.finish(self.run, self.token, actor=self.actor)
        return ImportResult(self.run, "")


def _sum(run: LeadImport) -> ImportStep:
    return ImportStep(run.position, run.done, run.repeated, run.failed)


def conflicts(found: Sorted, received: list[ReceivedLead]) -> list[RowRefused]:
    """Refuse rows whose external id exists already with other values."""
    each = zip(found.taken, found.arrivals, received, strict=True)
    return [RowRefused(record, [_conflict(arrival, lead)]) for record, arrival, lead in each if lead.differs]


def _conflict(arrival: IncomingLead, lead: ReceivedLead) -> FieldProblem:
    seen = f"see lead {lead.lead_id}" if lead.lead_id else "in this file"
    return FieldProblem("externalId", f"{arrival.origin.external_id} came before with other values: {seen}.")
