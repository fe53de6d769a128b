"""What stands in the query of a request, read so that no value wins over another."""

from django.http import HttpRequest

from config.core.api import bodies


def read(request: HttpRequest) -> dict[str, object]:
    """A name that came with different values holds their list, which no reader takes for a text or an id."""
    asked: dict[str, object] = {}
    for name, value in bodies.query(request):
        known = asked.setdefault(name, value)
        if known != value:
            asked[name] = [known, value]
    return asked
