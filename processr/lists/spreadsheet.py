"""Cells as a spreadsheet may hold them: what an export has made harmless is on import what it was."""

from config.core.tabular.formulas import harmless

_MARK = "'"


def as_shown(cell: str) -> str:
    """With a quotation mark where a spreadsheet would compute it, and with one more where it has some before a formula already."""
    return f"{_MARK}{cell}" if _computes(cell.lstrip(_MARK)) else cell


def as_written(cell: str) -> str:
    return cell.removeprefix(_MARK) if cell.startswith(_MARK) and _computes(cell.lstrip(_MARK)) else cell


def _computes(cell: str) -> bool:
    return harmless(cell) != cell
