"""The Content-Type header made readable for Django, which fails on an unreadable one before any view can answer."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

UTF_8 = frozenset({"utf-8", "utf8"})
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def readable(header: str) -> str:
    """Return the header unchanged when it can be parsed and names no other charset than UTF-8; else the media type with an unknown charset.

    Django also decodes the query with the charset of the body, and some charsets that Python knows are none for text
    (rot13). The reader of the body refuses the unknown charset, with a proper message.
    """
    try:
        _kind, parameters = parse_header_parameters(header)
        fits = parameters.get("charset", "utf-8").lower() in UTF_8
    except Exception:  # noqa: BLE001  (the standard library's reader of mail headers raises nearly anything: the header cannot be read)
        fits = False
    return header if fits else f"{header.partition(';')[0]}; charset=unreadable"


def with_readable_content_type(application: Application) -> Application:
    """Wrap the WSGI application: Django reads the header when it builds the request, before its first middleware."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if header := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = readable(header)
        return application(environ, start_response)

    return answer
