"""Ids as senders write them, in paths and in queries."""

import re

LARGEST = 2**63 - 1
NOBODY = 0
"""An id no row has: what is asked for with nonsense is not found."""

_ID = re.compile("[1-9][0-9]{0,18}")


class RowId:
    """Path converter: what cannot be a row's id matches no address."""

    regex = _ID.pattern

    def to_python(self, text: str) -> int:
        if int(text) > LARGEST:
            raise ValueError(text)
        return int(text)

    def to_url(self, value: int) -> str:
        return str(value)


def optional_id(asked: object) -> int | None:
    """None when nothing was asked for; templates of addresses are often sent with their parameters left empty."""
    if asked in (None, ""):
        return None
    number = int(asked) if isinstance(asked, str) and _ID.fullmatch(asked) else NOBODY
    return number if number <= LARGEST else NOBODY
