"""The import of a file: each chunk is stored in one transaction together with the new position, so that no row is lost or doubled."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from typing_extensions import override

from config.core.actor import Actor
from config.core.background import runs
from config.core.background.runs import EndNotification, Progress, RunType
from config.core.errors import DomainError
from config.core.tabular.records import Record
from config.core.tabular.refused_rows import beside, check_free
from leads.imports import checkpoint, reader, row_validation
from leads.imports.checkpoint import ImportCounts
from leads.imports.earlier_imports import EarlierImports, leads_by_line, record_part
from leads.imports.reader import ImportFile, ImportRequest
from leads.imports.refused_rows import explain_refusals
from leads.imports.row_validation import RefusedRow, ValidatedRows
from leads.intake.service import ReceivedLead, check_open, receive_leads
from leads.intake.validation import FieldProblem
from leads.models import LeadImport
from leads.statuses import EntryPoint

STOPPED = "It was asked to stop."
CHANGED = "The file was changed while it was read. What it is now is another file, and another import."


class ImportObserver(Protocol):
    """The observer of an import, which receives the counts so far and may request a stop."""

    def started(self, file: ImportFile, counts: ImportCounts, notes: Sequence[str]) -> None: ...

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
    with reader.open_import(request) as file, checkpoint.exclusive(file.target, again=again):
        run, earlier = checkpoint.find_or_create(file.target, file.format, file=request.path.absolute(), again=again, actor=actor)
        work = LeadImportRun(run, file, earlier, actor, observer)
        work.resume((refused_rows or Path(run.refused_rows or beside(request.path, str(run)))).absolute())
        runs.execute(work)
        return ImportResult(run, STOPPED if run.state == LeadImport.State.STOPPED else "")


NOTIFICATION_KIND = "lead_import"


@runs.run_types.register
class LeadImportRun(RunType[LeadImport, list[Record]]):
    """The run of an import, in the process of the command that has the file."""

    key = "lead_import"
    page = "Imports"
    for_workers = False

    def __init__(self, run: LeadImport, file: ImportFile, earlier: EarlierImports, actor: Actor, observer: ImportObserver) -> None:
        super().__init__(run, actor)
        self.file = file
        self.earlier = earlier
        self.observer = observer

    @classmethod
    def rows(cls) -> QuerySet[LeadImport]:
        return LeadImport.objects.all()

    @classmethod
    @override
    def forget_draft(cls, draft: LeadImport) -> None:
        """Leave the file alone: it is the user's."""

    @transaction.atomic
    def resume(self, path: Path) -> None:
        """Claim the run. Refused rows go to the path, after those of the earlier process if it wrote to the same."""
        run = self.run
        size = run.refused_size
        if str(path) != run.refused_rows:
            check_free(path)
            size = 0
        runs.resume(self, refused_rows=str(path), refused_size=size)
        action = "import resumed" if run.position else "import started"
        after = {"file": run.file, "sha256": run.sha256, "position": run.position}
        self.record(action, campaign_id=run.campaign_id, after=after)

    def parts(self) -> Generator[list[Record], None, None]:
        run = self.run
        refused_file = self.file.open_refused_rows(Path(run.refused_rows), size=run.refused_size)
        with closing(refused_file) as self.refused_file:
            self.observer.started(self.file, ImportCounts.of(run), self.earlier.notes)
            yield from self.file.chunks(after=run.position)

    def write(self, part: list[Record]) -> Progress:
        """Store the rows of a chunk. Of the refused rows those count that are in the file before `refused_size`."""
        if self.file.source.has_changed:
            raise DomainError(CHANGED, status=409)
        run, context = self.run, self.file.load_context()
        validated_rows = row_validation.validate_rows(part, context, self.file.layout)
        known = self.earlier.leave_out(validated_rows, row_validation.row_identity(context))
        rows = known.remaining
        if "externalId" in self.file.columns.fields.values():
            checkpoint.lock_external_ids(self.file.target)
        received = receive_leads(check_open(context), rows.leads, entry_point=EntryPoint.IMPORT)
        self.leads_of_part = leads_by_line(known, received)
        record_part(run, self.leads_of_part)
        refused = rows.refused + conflicts(rows, received)
        stored = sum(lead.created for lead in received)
        repeated = run.repeated + len(part) - stored - len(refused)
        columns = {"repeated": repeated, "refused_size": self.refused_file.add(explain_refusals(refused))}
        return Progress(run.position + len(part), done=stored, failed=len(refused), columns=columns)

    def should_stop(self) -> bool:
        return self.observer.should_stop()

    def progressed(self) -> None:
        self.refused_file.size = self.run.refused_size
        self.earlier.add_taken(self.leads_of_part.values())
        self.observer.progressed(self.file, ImportCounts.of(self.run))

    def conclude(self) -> Mapping[str, Any]:
        run = self.run
        if run.failed:
            return {"total": run.position}
        Path(run.refused_rows).unlink(missing_ok=True)
        return {"total": run.position, "refused_rows": ""}

    def record_end(self) -> None:
        run, notes = self.run, ""
        action = "1 lead was imported" if run.done == 1 else f"{run.done} leads were imported"
        if run.state != LeadImport.State.DONE:
            action, notes = "import stopped", run.error or STOPPED
        after = {"file": run.file, "read": run.position, "stored": run.done, "already there": run.repeated, "refused": run.failed}
        self.record(action, campaign_id=run.campaign_id, after=after, notes=notes)

    def notification(self) -> EndNotification:
        run = self.run
        result = f"{run.done:,} stored, {run.repeated:,} already there, {run.failed:,} refused"
        url = reverse("campaign_leads", kwargs={"campaign_id": run.campaign_id})
        return EndNotification(NOTIFICATION_KIND, f"Import of {Path(run.file).name}", result, url)

    def failure_message(self, error: Exception) -> str:
        """Return only the type of an unexpected error: its message may hold personal data."""
        return error.message if isinstance(error, DomainError) else f"Unexpected: {type(error).__name__}."


def conflicts(rows: ValidatedRows, received: list[ReceivedLead]) -> list[RefusedRow]:
    """Refuse rows whose external id exists already with other values."""
    refused = []
    for record, lead, result in zip(rows.accepted, rows.leads, received, strict=True):
        if result.differs:
            place = f"see lead {result.lead_id}" if result.lead_id else "in this file"
            message = f"{lead.origin.external_id} came before with other values: {place}."
            refused.append(RefusedRow(record, [FieldProblem("externalId", message)]))
    return refused
