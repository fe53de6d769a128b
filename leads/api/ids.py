"""Ids in paths and queries."""

import re

LARGEST = 2**63 - 1
NOBODY = 0
"""An id that no row has: an invalid id is not found."""

_ID = re.compile("[1-9][0-9]{0,18}")


class RowId:
    """Path converter for a row's id. Any other text matches no URL."""

    regex = _ID.pattern

    def to_python(self, text: str) -> int:
        if int(text) > LARGEST:
            raise ValueError(text)
        return int(text)

    def to_url(self, value: int) -> str:
        return str(value)


def optional_id(asked: object) -> int | None:
    """Parse an optional id; None when it is missing or blank, as callers often send URL templates with their parameters left empty."""
    if asked in (None, ""):
        return None
    number = int(asked) if isinstance(asked, str) and _ID.fullmatch(asked) else NOBODY
    return number if number <= LARGEST else NOBODY
