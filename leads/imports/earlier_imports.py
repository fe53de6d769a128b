"""Rows that earlier imports of the same file have stored already: no second import doubles their leads."""

from collections.abc import Sequence

from django.db.models import F, Func, IntegerField, Sum

from config.core.tabular.records import Record
from leads.imports.row_validation import RefusedRow, SortedRows
from leads.intake.service import ReceivedLead
from leads.intake.validation import FieldProblem
from leads.models import Lead, LeadImport, LeadImportPart
from leads.models.lead import LIVE


class EarlierImports:
    """Earlier imports of one target. A row is known by the line at which it begins, however the file is read."""

    def __init__(self, runs: Sequence[int]) -> None:
        self._runs = runs

    def leave_out(self, rows: SortedRows) -> SortedRows:
        """Return the rows without those that are leads. One whose lead has other values by now is refused."""
        known = self._leads_by_line([record.line for record in rows.accepted])
        if not known:
            return rows
        remaining = SortedRows([], [], list(rows.refused))
        for record, lead in zip(rows.accepted, rows.leads, strict=True):
            lead_id, captured = known.get(record.line, (0, lead.captured))
            if not lead_id:
                remaining.accepted.append(record)
                remaining.leads.append(lead)
            elif _filled(captured) != _filled(lead.captured):
                message = f"This row is lead {lead_id} already, with other values. Delete that lead to take the row in anew."
                remaining.refused.append(RefusedRow(record, [FieldProblem(None, message)]))
        return remaining

    def _leads_by_line(self, lines: Sequence[int]) -> dict[int, tuple[int, dict[str, str]]]:
        """Map lines to the leads that were made of them and are not deleted."""
        if not self._runs or not lines:
            return {}
        parts = LeadImportPart.objects.filter(run__in=self._runs, first_line__lte=max(lines), last_line__gte=min(lines))
        ids = {line: lead_id for part in parts for line, lead_id in zip(part.lines, part.lead_ids, strict=True)}
        wanted = {ids[line] for line in lines if line in ids}
        leads = dict(Lead.objects.filter(LIVE, pk__in=wanted).values_list("pk", "captured"))
        return {line: (ids[line], leads[ids[line]]) for line in lines if ids.get(line) in leads}


def _filled(captured: dict[str, str]) -> dict[str, str]:
    return {field: value for field, value in captured.items() if value}


def record_part(run: LeadImport, records: Sequence[Record], received: Sequence[ReceivedLead]) -> None:
    """Record which rows of a chunk are leads."""
    lead_ids = {record.line: lead.lead_id for record, lead in zip(records, received, strict=True) if not lead.differs}
    if lead_ids:
        lines = list(lead_ids)
        LeadImportPart.objects.create(run=run, first_line=lines[0], last_line=lines[-1], lines=lines, lead_ids=list(lead_ids.values()))


def knows_its_leads(run: LeadImport) -> bool:
    """Whether it is recorded which rows of the run are leads. Runs of the first versions recorded nothing."""
    length = Func(F("lines"), function="cardinality", output_field=IntegerField())
    return (run.parts.aggregate(n=Sum(length))["n"] or 0) >= run.done
