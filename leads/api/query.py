"""The query of a request, with repeated names kept."""

from django.http import HttpRequest

from config.core.api import bodies


def read(request: HttpRequest) -> dict[str, object]:
    """Return the parameters by name. A name with different values holds their list, which no reader accepts as a text or an id."""
    asked: dict[str, object] = {}
    for name, value in bodies.query(request):
        known = asked.setdefault(name, value)
        if known != value:
            asked[name] = [known, value]
    return asked
