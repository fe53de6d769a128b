"""Ids of rows, as they are written in addresses, queries, bodies and forms."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TypeVar

PortionMember = TypeVar("PortionMember")

LARGEST_ID = 2**63 - 1
"""The largest value of a bigint column."""
ID_PATTERN = "[1-9][0-9]{0,18}"
"""It lets numbers above `LARGEST_ID` pass, which no row has."""


def parse_id(text: str) -> int:
    """Return the id. Raises ValueError with the message for the caller."""
    if not re.fullmatch(ID_PATTERN, text) or int(text) > LARGEST_ID:
        raise ValueError("Must be an id.")
    return int(text)


def ids_in(texts: Iterable[str]) -> list[int]:
    """Return the ids among the texts, each once and in their order. Text that is no id is left out."""
    ids: dict[int, None] = {}
    for text in texts:
        with suppress(ValueError):
            ids[parse_id(text)] = None
    return list(ids)


def in_portions(members: Iterable[PortionMember], size: int) -> Iterator[list[PortionMember]]:
    """Yield the members, such as the ids of a query, in lists of at most `size`."""
    rest = iter(members)
    while portion := list(islice(rest, size)):
        yield portion
