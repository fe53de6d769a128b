"""Cells of files for spreadsheet programs, which would take some texts for formulas (decision 23)."""

import re

_APOSTROPHE = "'"
_SIGNS = "=+@\t\r\n＝＋－＠-"
_FIRST_TO_RESTORE = ("'", "=")
_ONLY_TEXT = re.compile('="([^"]*)"')
_FORMULA = re.compile(f"'* *[\0{_SIGNS}]")


def neutralise(cell: str) -> str:
    """Return the cell so that it is shown and never computed; a spreadsheet hides the apostrophe that makes it text.

    A formula that is preceded by apostrophes already gets one more, so that `restore` can remove exactly one.
    """
    return f"{_APOSTROPHE}{cell}" if _FORMULA.match(cell) else cell


def restore(cell: str) -> str:
    """Undo `neutralise`. Of a formula that is nothing but a text (others protect leading zeros so), return the text."""
    if cell[:1] not in _FIRST_TO_RESTORE:
        return cell
    if text := _ONLY_TEXT.fullmatch(cell):
        return text[1]
    return cell[1:] if cell[0] == _APOSTROPHE and _FORMULA.match(cell) else cell


def neutralised_sql(expression: str) -> str:
    """Return the SQL of a text expression, neutralised as in Python, for rows that PostgreSQL writes itself."""
    pattern = f"^''* *[{_SIGNS}]"
    return f"CASE WHEN {expression} ~ '{pattern}' THEN '''' || {expression} ELSE {expression} END"
