"""Cells in spreadsheet files: an import restores what an export has made harmless."""

from config.core.tabular.formulas import harmless

_APOSTROPHE = "'"


def escape_formula(cell: str) -> str:
    """Return the cell with a leading apostrophe if a spreadsheet would take it for a formula.

    A formula that is preceded by apostrophes already gets one more, so that the import can remove exactly one.
    """
    return f"{_APOSTROPHE}{cell}" if _is_formula(cell.lstrip(_APOSTROPHE)) else cell


def unescape_formula(cell: str) -> str:
    return cell.removeprefix(_APOSTROPHE) if cell.startswith(_APOSTROPHE) and _is_formula(cell.lstrip(_APOSTROPHE)) else cell


def _is_formula(cell: str) -> bool:
    return harmless(cell) != cell
