"""The dry run of an import: every row is checked, and nothing is stored."""

from contextlib import closing
from pathlib import Path

from campaigns.submission import SubmissionContext
from config.core.tabular.refused_rows import beside, check_free
from leads.imports import checkpoint, reader, row_validation
from leads.imports.checkpoint import ImportCounts
from leads.imports.earlier_imports import NoEarlierImports
from leads.imports.reader import ImportRequest
from leads.imports.refused_rows import explain_refusals
from leads.imports.service import STOPPED, ImportObserver, conflicts
from leads.intake.service import IncomingLead, ReceivedLead, leads_by_external_id

NO_LEAD = 0
"""Stands for the id of a lead that would be created."""


def try_file(
    request: ImportRequest, *, refused_rows: Path | None = None, again: bool = False, observer: ImportObserver
) -> tuple[ImportCounts, str, Path | None]:
    """Return the outcome of an import, the reason why it ended before the file did, and the path of the refused rows.

    A repeated external id is found when its lead exists already or when it is repeated within the same chunk. Only an
    import finds all.
    """
    if refused_rows:
        check_free(refused_rows)
    path = (refused_rows or beside(request.path, "trial")).absolute()
    with reader.open_import(request) as file, closing(file.open_refused_rows(path)) as refused_file:
        total, why = ImportCounts(), ""
        again = again or checkpoint.is_imported(file.target)
        earlier = checkpoint.load_earlier(file.target, file.format) if again else NoEarlierImports()
        observer.started(file, total, earlier.notes)
        for chunk in file.chunks():
            if observer.should_stop():
                why = STOPPED
                break
            context = file.load_context()
            known = earlier.leave_out(row_validation.validate_rows(chunk, context, file.layout), row_validation.row_identity(context))
            earlier.add_taken(known.lead_ids.values())
            rows = known.remaining
            received = _simulate(context, rows.leads)
            refused = rows.refused + conflicts(rows, received)
            stored = sum(lead.created for lead in received)
            refused_file.size = refused_file.add(explain_refusals(refused))
            counts = ImportCounts(len(chunk), stored, len(chunk) - stored - len(refused), len(refused))
            total = ImportCounts(*map(sum, zip(total, counts, strict=True)))
            observer.progressed(file, total)
        if not total.refused:
            path.unlink(missing_ok=True)
    return total, why, path if total.refused else None


def _simulate(context: SubmissionContext, leads: list[IncomingLead]) -> list[ReceivedLead]:
    """Return what `receive_leads` would, without storing the leads."""
    known = leads_by_external_id(context, [lead.origin.external_id for lead in leads if lead.origin.external_id])
    received = []
    for lead in leads:
        external_id = lead.origin.external_id
        if external_id is not None and external_id in known:
            lead_id, captured = known[external_id]
            received.append(ReceivedLead(lead_id, created=False, differs=captured != lead.captured))
            continue
        if external_id is not None:
            known[external_id] = (NO_LEAD, lead.captured)
        received.append(ReceivedLead(NO_LEAD, created=True))
    return received
