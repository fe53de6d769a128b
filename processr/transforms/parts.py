"""The parts that a join puts together, as users write them on one line: `firstName, "of", company`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

AT_MOST = 50
LONGEST_FIELD, LONGEST_TEXT = 80, 500
_PART = re.compile(r'\s*(?:"(?P<text>(?:[^"]|"")*)"\s*(?:,|$)|(?P<field>[^,]*)(?:,|$))')


def read(line: str) -> list[dict[str, str]]:
    """Parse a line. A quotation mark inside a text is doubled; empty parts are left out."""
    found: list[dict[str, str]] = []
    place = 0
    while place < len(line) and (part := _PART.match(line, place)):
        place = part.end()
        if part["text"] is not None:
            found.append({"text": part["text"].replace('""', '"')})
        elif name := part["field"].strip():
            found.append({"field": name})
    return found


def written(parts: Sequence[Mapping[str, str]]) -> str:
    return ", ".join(part["field"] if "field" in part else '"{}"'.format(part["text"].replace('"', '""')) for part in parts)


def is_part(part: Any) -> bool:
    if not isinstance(part, Mapping) or len(part) != 1:
        return False
    ((name, text),) = part.items()
    return name in ("field", "text") and isinstance(text, str)
