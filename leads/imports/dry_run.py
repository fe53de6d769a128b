"""The trial of a file: every row is checked, and nothing is stored."""

from contextlib import closing
from pathlib import Path

from campaigns.submission import Door
from leads.imports import reader, row_validation
from leads.imports.checkpoint import Step
from leads.imports.reader import Asked
from leads.imports.refused_rows import beside, check_free, opened
from leads.imports.row_validation import Sorted
from leads.imports.service import STOPPED, Watch, conflicts
from leads.intake.service import Arrival, Received, known_by

NOBODY = 0
"""Instead of the lead of a row that is only being tried."""


def try_file(asked: Asked, *, refused_rows: Path | None = None, watch: Watch) -> tuple[Step, str, Path | None]:
    """What an import would do, why it ended before the file did, and where the refused rows are.

    Rows that repeat an external id are found when its lead is there already, or close by in the file: to find them all takes an import.
    """
    if refused_rows:
        check_free(refused_rows)
    path = (refused_rows or beside(asked.path, "trial")).absolute()
    with reader.begun(asked) as read, closing(opened(path, size=0, header=read.header)) as refused:
        done, why = Step(), ""
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
            step = Step(len(chunk), stored, len(chunk) - stored - len(wrong), len(wrong))
            done = Step(*map(sum, zip(done, step, strict=True)))
            watch.moved(read, done)
        if not done.refused:
            path.unlink(missing_ok=True)
    return done, why, path if done.refused else None


def _as_if_received(door: Door, found: Sorted) -> list[Received]:
    known = known_by(door, [arrival.origin.external_id for arrival in found.arrivals if arrival.origin.external_id])
    return [_as_if(arrival, known) for arrival in found.arrivals]


def _as_if(arrival: Arrival, known: dict[str | None, tuple[int, dict[str, str]]]) -> Received:
    external_id = arrival.origin.external_id
    if external_id is None:
        return Received(NOBODY, created=True)
    if external_id not in known:
        known[external_id] = (NOBODY, arrival.captured)
        return Received(NOBODY, created=True)
    lead_id, captured = known[external_id]
    return Received(lead_id, created=False, differs=captured != arrival.captured)
