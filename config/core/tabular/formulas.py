"""Cells of files for spreadsheet programs, which would take some texts for formulas (decision 23)."""

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """Return the cell so that it is shown and never computed; a spreadsheet hides the quotation mark that makes it text."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_STARTS_A_FORMULA) else cell
