"""The refused rows of an import, as rows of a file: the reason, then the row itself."""

from collections.abc import Iterable, Sequence

from leads.imports.row_validation import RefusedRow
from leads.intake.validation import FieldProblem

ABOUT = ("row", "line", "field", "message")
"""Columns before the row's own columns. A file that begins with them is one of refused rows."""


def columns_about_rows(names: Sequence[str]) -> int:
    """Return how many of the first columns are about the rows and not part of them: four for each time that the file was refused."""
    n = 0
    while tuple(names[n : n + len(ABOUT)]) == ABOUT:
        n += len(ABOUT)
    return n


def explain_refusals(refused: Iterable[RefusedRow]) -> list[list[str]]:
    """Return the rows in the order of the file, each with its reasons."""
    rows = []
    for record, problems in sorted(refused, key=lambda row: row.record.row):
        fields = ", ".join(problem.field for problem in problems if problem.field)
        rows.append([str(record.row), str(record.line), fields, _message(problems), *record.cells])
    return rows


def _message(problems: Sequence[FieldProblem]) -> str:
    if len(problems) == 1:
        return problems[0].message
    return " ".join(f"{problem.field}: {problem.message}" if problem.field else problem.message for problem in problems)
