"""Cells in spreadsheet files: an import restores what an export has made harmless."""

from config.core.tabular.formulas import harmless

_MARK = "'"


def as_shown(cell: str) -> str:
    """Return the cell with a leading apostrophe if a spreadsheet would take it for a formula.

    A formula that is preceded by apostrophes already gets one more, so that the import can remove exactly one.
    """
    return f"{_MARK}{cell}" if _computes(cell.lstrip(_MARK)) else cell


def as_written(cell: str) -> str:
    return cell.removeprefix(_MARK) if cell.startswith(_MARK) and _computes(cell.lstrip(_MARK)) else cell


def _computes(cell: str) -> bool:
    return harmless(cell) != cell
