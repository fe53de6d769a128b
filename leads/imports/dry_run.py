"""The dry run of an import: every row is checked, and nothing is stored."""

from contextlib import closing
from pathlib import Path

from campaigns.submission import SubmissionContext
from leads.imports import reader, row_validation
from leads.imports.checkpoint import ImportStep
from leads.imports.reader import ImportRequest
from leads.imports.refused_rows import beside, check_free, opened
from leads.imports.row_validation import Sorted
from leads.imports.service import STOPPED, Watch, conflicts
from leads.intake.service import IncomingLead, ReceivedLead, known_by

NOBODY = 0
"""Stands for the id of a lead that would be created."""


def try_file(asked: ImportRequest, *, refused_rows: Path | None = None, watch: Watch) -> tuple[ImportStep, str, Path | None]:
    """Return the outcome of an import, the reason why it ended before the file did, and the path of the refused rows.

    A repeated external id is found when its lead exists already or when it is repeated within the same chunk. Only an
    import finds all.
    """
    if refused_rows:
        check_free(refused_rows)
    path = (refused_rows or beside(asked.path, "trial")).absolute()
    with reader.begun(asked) as read, closing(opened(path, size=0, header=read.header)) as refused:
        done, why = ImportStep(), ""
        watch.begins(read, done)
        for chunk in read.chunks():
            if watch.wants_to_stop():
                why = STOPPED
                break
            found = row_validation.sort(chunk, door := read.door(), read.layout)
            received = _as_if_received(door, found)
            wrong = found.refused + conflicts(found, received)
            stored = sum(lead.created for lead in received)
            refused.size = refused.add(wrong)
            step = ImportStep(len(chunk), stored, len(chunk) - stored - len(wrong), len(wrong))
            done = ImportStep(*map(sum, zip(done, step, strict=True)))
            watch.moved(read, done)
        if not done.refused:
            path.unlink(missing_ok=True)
    return done, why, path if done.refused else None


def _as_if_received(door: SubmissionContext, found: Sorted) -> list[ReceivedLead]:
    known = known_by(door, [arrival.origin.external_id for arrival in found.arrivals if arrival.origin.external_id])
    return [_as_if(arrival, known) for arrival in found.arrivals]


def _as_if(arrival: IncomingLead, known: dict[str | None, tuple[int, dict[str, str]]]) -> ReceivedLead:
    external_id = arrival.origin.external_id
    if external_id is None:
        return ReceivedLead(NOBODY, created=True)
    if external_id not in known:
        known[external_id] = (NOBODY, arrival.captured)
        return ReceivedLead(NOBODY, created=True)
    lead_id, captured = known[external_id]
    return ReceivedLead(lead_id, created=False, differs=captured != arrival.captured)
