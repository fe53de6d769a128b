"""Parameters of requests: the query with repeated names kept, and ids in paths and queries."""

import re

from django.http import HttpRequest

from config.core.api import bodies

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


def optional_id(value: object) -> int | None:
    """Parse an optional id; None when it is missing or blank, as callers often send URL templates with their parameters left empty."""
    if value in (None, ""):
        return None
    number = int(value) if isinstance(value, str) and _ID.fullmatch(value) else NOBODY
    return number if number <= LARGEST else NOBODY


def read(request: HttpRequest) -> dict[str, object]:
    """Return the parameters by name. A name with different values holds their list, which no reader accepts as a text or an id."""
    parameters: dict[str, object] = {}
    for name, value in bodies.query(request):
        earlier = parameters.setdefault(name, value)
        if earlier != value:
            parameters[name] = [earlier, value]
    return parameters
