"""Validation of rows, by the same rules as for posted leads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from campaigns.submission import SubmissionContext
from config.core import client_address
from config.core.tabular.encodings import UNREADABLE
from config.core.tabular.records import Record
from leads.imports.columns import BESIDE_THE_FORM
from leads.intake import validation
from leads.intake.normalize import length_of
from leads.intake.service import NO_ORIGIN, IncomingLead, Origin
from leads.intake.validation import FieldProblem, NotOneText

NO_ADDRESS = "This is not an IP address."
NOT_IN_THIS_ENCODING = "This value holds bytes that mean nothing in the file's encoding. The row, or the file, is written in another."


class RefusedRow(NamedTuple):
    record: Record
    problems: list[FieldProblem]


@dataclass(frozen=True, slots=True)
class SortedRows:
    """The rows of a chunk. `accepted` and `leads` correspond one to one."""

    accepted: list[Record]
    leads: list[IncomingLead]
    refused: list[RefusedRow]


class RowLayout:
    """The positions of the mapped columns in a row."""

    def __init__(self, names: Sequence[str], fields: dict[str, str]) -> None:
        self.width = len(names)
        places = [(names.index(name), field) for name, field in fields.items()]
        self.of_origin = [(place, field) for place, field in places if field in BESIDE_THE_FORM]
        self.of_the_form = [(place, field) for place, field in places if field not in BESIDE_THE_FORM]


def sort(records: Iterable[Record], context: SubmissionContext, layout: RowLayout) -> SortedRows:
    rows = SortedRows([], [], [])
    for record in records:
        lead, problems = _validate(record, context, layout)
        if lead is None:
            rows.refused.append(RefusedRow(record, problems))
        else:
            rows.accepted.append(record)
            rows.leads.append(lead)
    return rows


def _validate(record: Record, context: SubmissionContext, layout: RowLayout) -> tuple[IncomingLead | None, list[FieldProblem]]:
    cells = record.cells
    if record.fault:
        return None, [FieldProblem(None, record.fault)]
    if len(cells) != layout.width:
        return None, [FieldProblem(None, f"This row has {len(cells)} columns, the header has {layout.width}.")]
    checked = validation.validate(context.fields, {field: cells[place] for place, field in layout.of_the_form})
    problems = checked.problems
    origin = _origin(cells, layout, problems) if layout.of_origin else NO_ORIGIN
    if problems:
        return None, [_explain(problem, cells, layout) for problem in problems]
    return IncomingLead(captured=checked.values, opt_in=checked.opt_in, origin=origin), []


def _origin(cells: list[str], layout: RowLayout, problems: list[FieldProblem]) -> Origin:
    values: dict[str, Any] = {}
    for place, name in layout.of_origin:
        column = BESIDE_THE_FORM[name]
        try:
            if text := validation.as_text(cells[place]):
                values[column] = _checked_value(column, text)
        except (NotOneText, ValueError) as error:
            problems.append(FieldProblem(name, str(error)))
    return Origin(**values)


def _checked_value(column: str, text: str) -> str:
    if column == "ip":
        address = client_address.canonical(text)
        if address is None or "%" in text:
            raise ValueError(NO_ADDRESS)
        return address
    if len(text) > length_of(column):
        raise ValueError(f"This value is too long. It should have {length_of(column)} characters or less.")
    return text


def _explain(problem: FieldProblem, cells: list[str], layout: RowLayout) -> FieldProblem:
    """Blame the file's encoding for a value that it made unreadable."""
    places = {field: place for place, field in (*layout.of_the_form, *layout.of_origin)}
    if problem.message == validation.NOT_TEXT and UNREADABLE in cells[places[problem.field or ""]]:
        return FieldProblem(problem.field, NOT_IN_THIS_ENCODING)
    return problem
