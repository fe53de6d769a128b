"""Rows for COPY, written as text: thousands of rows that have all but their id in common are put together from few texts."""

from collections.abc import Iterable
from typing import Any

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_row(values: Iterable[Any]) -> str:
    """Return a row in the text format of COPY, with its end. Values are texts, numbers, times and None."""
    return "\t".join(r"\N" if value is None else str(value).translate(_ESCAPES) for value in values) + "\n"
