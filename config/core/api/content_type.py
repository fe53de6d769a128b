"""The Content-Type header: the charsets that bodies may be in, and the header made readable for Django, which fails on odd ones."""

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.http import parse_header_parameters

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Charset:
    """A charset, the codec that reads it, and what the codec does with bytes that have no meaning."""

    name: str
    codec: str
    errors: str = "strict"

    def decode(self, content: bytes) -> str:
        return content.decode(self.codec, self.errors)


_AS_CONTROLS = "sluice-as-controls"
UTF_8 = Charset("UTF-8", "utf-8")
_ASCII = Charset("US-ASCII", "ascii")
_LATIN_1 = Charset("windows-1252", "cp1252", _AS_CONTROLS)
"""ISO-8859-1 too, as browsers read it: nobody means the controls that it has in place of windows-1252's quotes and dashes."""

CHARSETS = "UTF-8, US-ASCII, ISO-8859-1 or windows-1252"
_LABELS = {
    UTF_8: "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8 cp65001",
    _ASCII: "us-ascii ascii us csascii iso646-us iso-646.irv:1991 iso-ir-6 ansi-x3.4-1968 ansi-x3.4-1986 cp367 ibm367 646",
    _LATIN_1: "iso-8859-1 iso8859-1 iso88591 iso-8859-1:1987 latin1 latin-1 l1 csisolatin1 iso-ir-100 cp819 ibm819 8859-1 "
    "windows-1252 windows1252 win-1252 cp1252 cp-1252 x-cp1252 ms-ansi cswindows1252",
}
_BY_LABEL = {label: charset for charset, labels in _LABELS.items() for label in labels.split()}


def _as_controls(error: UnicodeError) -> tuple[str, int]:
    """Read the five bytes that windows-1252 leaves open as the controls that they are in ISO-8859-1."""
    assert isinstance(error, UnicodeDecodeError), "registered for decoding only"
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_AS_CONTROLS, _as_controls)


def charset_named(label: str) -> Charset | None:
    """Return the charset of a label in any case, or None for an unknown one.

    Python is not asked about unknown labels: it keeps each of them for ever.
    """
    return _BY_LABEL.get(label.strip(" '\"").lower().replace("_", "-"))


def readable(header: str) -> str:
    """Return the header unchanged when it can be parsed and names no other charset than UTF-8.

    Else its charset has the name by which Django knows it, or `unreadable`: Django also decodes the query with the
    charset of the body, and some charsets that Python knows are none for text (rot13). The reader of the body refuses
    an unknown charset, with a proper message.
    """
    try:
        kind, parameters = parse_header_parameters(header)
        label = parameters.get("charset", UTF_8.codec)
        charset = charset_named(label)
    except Exception:  # noqa: BLE001  (the standard library's reader of mail headers raises nearly anything: the header cannot be read)
        charset = None
    if charset is None:
        return f"{header.partition(';')[0]}; charset=unreadable"
    if label.lower() in ("utf-8", "utf8"):
        return header
    boundary = parameters.get("boundary", "")
    return f"{kind}; charset={charset.name}" + (f'; boundary="{boundary}"' if boundary else "")


def with_readable_content_type(application: Application) -> Application:
    """Wrap the WSGI application: Django reads the header when it builds the request, before its first middleware."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if header := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = readable(header)
        return application(environ, start_response)

    return answer
