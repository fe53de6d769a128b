"""The Content-Type header as Django can bear it: one it cannot read makes it fail before any view could answer."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

UTF_8 = frozenset({"utf-8", "utf8"})
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def readable(header: str) -> str:
    """As it came, when it can be read and names no other charset than UTF-8. Else the kind of body with a charset that is none.

    Django reads even the query in the body's charset, and some that it finds are none for texts (rot13). A body that says such
    a thing of itself is refused by its reader, which is the right place to say so.
    """
    try:
        _kind, parameters = parse_header_parameters(header)
        fits = parameters.get("charset", "utf-8").lower() in UTF_8
    except Exception:  # noqa: BLE001  (the standard library's reader of mail headers raises nearly anything: the header cannot be read)
        fits = False
    return header if fits else f"{header.partition(';')[0]}; charset=unreadable"


def with_readable_content_type(application: Application) -> Application:
    """Around the WSGI application, as Django reads the header when it makes its request, before its first middleware."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if header := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = readable(header)
        return application(environ, start_response)

    return answer
