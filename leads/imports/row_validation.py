"""Validation of rows, by the same rules as for posted leads."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from campaigns.submission import SubmissionContext
from config.core import client_address
from config.core.tabular.header import Header
from config.core.tabular.records import Record, goes_beyond
from leads.imports.columns import BESIDE_THE_FORM
from leads.imports.dates import DateColumn
from leads.imports.row_digest import RowIdentity, row_values
from leads.intake import validation
from leads.intake.normalize import length_of
from leads.intake.service import NO_ORIGIN, IncomingLead, Origin
from leads.intake.validation import FieldProblem, NotOneText

NO_ADDRESS = "This is not an IP address."


class RefusedRow(NamedTuple):
    record: Record
    problems: list[FieldProblem]


@dataclass(frozen=True, slots=True)
class ValidatedRows:
    """The rows of a chunk. `accepted` and `leads` correspond one to one."""

    accepted: list[Record]
    leads: list[IncomingLead]
    refused: list[RefusedRow]


class RowLayout:
    """The positions of the mapped columns in a row, and the orders of dates in them.

    `is_corrected` says that the file is one of refused rows.
    """

    def __init__(self, header: Header, fields: dict[str, str], dates: Sequence[DateColumn] = (), *, is_corrected: bool = False) -> None:
        self.header = header
        self.width = len(header.names)
        self.is_corrected = is_corrected
        places = [(header.names.index(name), field) for name, field in fields.items()]
        self.of_origin = [(place, field) for place, field in places if field in BESIDE_THE_FORM]
        self.of_the_form = [(place, field) for place, field in places if field not in BESIDE_THE_FORM]
        self.dates = dates

    @property
    def date_orders(self) -> dict[str, str]:
        """The orders by the name of the column, as far as the file needs any."""
        return {column.name: column.order for column in self.dates if column.order}

    def fits(self, cells: list[str], required: Collection[str]) -> bool:
        """Return whether the row lacks optional cells at its end alone, and has only empty ones beyond the header.

        A single cell in a file of refused rows is the beginning of a row that could not be read, unless somebody corrected it.
        """
        if len(cells) >= self.width:
            return not goes_beyond(cells, self.width)
        lacks_required = any(place >= len(cells) and field in required for place, field in self.of_the_form)
        return not lacks_required and not (self.is_corrected and len(cells) == 1)

    def prepare(self, cells: list[str]) -> list[str]:
        """Return a row that fits as wide as the header, with its dates as the form takes them."""
        cells = self.header.fit(cells)
        for column in self.dates:
            cells[column.place] = column.convert(cells[column.place])
        return cells


def validate_rows(records: Iterable[Record], context: SubmissionContext, layout: RowLayout) -> ValidatedRows:
    rows = ValidatedRows([], [], [])
    identity = row_identity(context)
    required = {field.name for field in context.fields if field.required}
    for record in records:
        if record.fault:
            rows.refused.append(RefusedRow(record, [FieldProblem(None, record.fault)]))
        elif not layout.fits(record.cells, required):
            problem = FieldProblem(None, f"This row has {len(record.cells)} columns, the header has {layout.width}.")
            rows.refused.append(RefusedRow(record, [problem]))
        else:
            _validate_row(record._replace(cells=layout.prepare(record.cells)), context, layout, identity, rows)
    return rows


def row_identity(context: SubmissionContext) -> RowIdentity:
    return RowIdentity(context.campaign.pk, context.publisher_id, context.link_id, context.fields)


def _validate_row(record: Record, context: SubmissionContext, layout: RowLayout, identity: RowIdentity, rows: ValidatedRows) -> None:
    cells = record.cells
    checked = validation.validate(context.fields, {field: cells[place] for place, field in layout.of_the_form})
    problems = checked.problems
    origin = _origin(cells, layout, problems) if layout.of_origin else NO_ORIGIN
    if problems:
        rows.refused.append(RefusedRow(record, problems))
    else:
        rows.accepted.append(record)
        digest = identity.digest(row_values(checked.values, origin))
        rows.leads.append(IncomingLead(captured=checked.values, opt_in=checked.opt_in, origin=origin, row_digest=digest))


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
