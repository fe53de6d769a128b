"""Ids of rows, as they are written in addresses, queries, bodies and forms."""

import re

LARGEST_ID = 2**63 - 1
"""The largest value of a bigint column."""
ID_PATTERN = "[1-9][0-9]{0,18}"
"""It lets numbers above `LARGEST_ID` pass, which no row has."""


def parse_id(text: str) -> int:
    """Return the id. Raises ValueError with the message for the caller."""
    if not re.fullmatch(ID_PATTERN, text) or int(text) > LARGEST_ID:
        raise ValueError("Must be an id.")
    return int(text)
