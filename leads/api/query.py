"""Parameters of requests: the query with repeated names kept, and ids in paths and queries."""

from django.http import HttpRequest

from config.core.api import bodies
from config.core.ids import ID_PATTERN, LARGEST_ID, parse_id

NOBODY = 0
"""An id that no row has: an invalid id is not found."""


class RowId:
    """Path converter for a row's id. Any other text matches no URL."""

    regex = ID_PATTERN

    def to_python(self, text: str) -> int:
        if int(text) > LARGEST_ID:
            raise ValueError(text)
        return int(text)

    def to_url(self, value: int) -> str:
        return str(value)


def optional_id(value: object) -> int | None:
    """Parse an optional id; None when it is missing or blank, as callers often send URL templates with their parameters left empty."""
    if value in (None, ""):
        return None
    try:
        return parse_id(value) if isinstance(value, str) else NOBODY
    except ValueError:
        return NOBODY


def read_parameters(request: HttpRequest) -> dict[str, object]:
    """Return the parameters by name. A name with different values holds their list, which no reader accepts as a text or an id."""
    parameters: dict[str, object] = {}
    for name, value in bodies.query(request):
        earlier = parameters.setdefault(name, value)
        if earlier != value:
            parameters[name] = [earlier, value]
    return parameters
