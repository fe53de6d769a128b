"""Parsers of request bodies (urlencoded, multipart, JSON) into names and values. Malformed bodies are refused with a message."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import NoReturn
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from config.core.api.json_body import AS_WRITTEN, JsonMembers, read_json
from config.core.errors import DomainError

MAX_BODY = 512 * 1024
MAX_FIELDS = 1000
_DISCARD_AT_MOST = 16 * 1024 * 1024

Pairs = Sequence[tuple[str, object]]


def body(request: HttpRequest, *, at_most: int = MAX_BODY) -> bytes:
    """Return the whole body. It is read before any other decision: closing a connection on unread data may lose the response."""
    text = request.headers.get("Content-Length") or ("" if "Transfer-Encoding" in request.headers else "0")
    if not text.isdecimal():
        raise DomainError("Send the body with a Content-Length.", status=411)
    length = int(text[:19])
    if length > at_most:
        while length <= _DISCARD_AT_MOST and request.read(64 * 1024):  # so that the sender can read the response
            pass
        raise DomainError(f"The body is too large: at most {at_most // 1024} kB.", status=413)
    try:
        content = _read_large(request, length) if length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE else request.body
    except UnreadablePostError as error:
        raise DomainError("The body did not arrive in full.") from error
    if len(content) < length:  # the sender disconnected or sent a wrong length; a truncated body could mean something else
        raise DomainError("The body did not arrive in full.")
    return content


def _read_large(request: HttpRequest, length: int) -> bytes:
    """Read a body above Django's limit, and store it where Django looks for it. Callers allow this only to authenticated senders."""
    if not hasattr(request, "_body"):
        request._body = request.read(length)  # type: ignore[attr-defined]  # Django's own, missing from the stubs
    content: bytes = request._body  # type: ignore[attr-defined]  # as above
    return content


def pairs(request: HttpRequest, *, what: str, example: str) -> Pairs:
    """Return names and values in their order, repeated ones included.

    `what` and `example` (JSON) complete the messages of a refusal. JSON numbers stay text as they were written, nested
    JSON objects are `JsonMembers`, and files count as fields.
    """
    reader = _READERS.get(request.content_type or "")
    if request.body and reader is None:
        raise DomainError(f"Send {what} as one of: {', '.join(_READERS)}.", status=415)
    require_utf8(request, what=what)
    try:
        values = reader(request) if request.body and reader else []
    except UnicodeDecodeError as error:
        refuse("The body is not valid UTF-8.", error)
    if values is None:
        refuse(f"The body must be a JSON object: {example}.")
    return checked(values)


def require_utf8(request: HttpRequest, *, what: str) -> None:
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise DomainError(f"Send {what} in UTF-8.", status=415)


def query(request: HttpRequest) -> Pairs:
    """Return the parameters of the query string, repeated names included. Django's `request.GET` keeps only the last value of a name.

    Bytes that are not UTF-8 become lone surrogates: code that uses such a value refuses it, elsewhere it does no harm.
    """
    text = str(request.META.get("QUERY_STRING", ""))
    if text.count("&") > MAX_FIELDS:
        refuse(f"The query holds more than {MAX_FIELDS} parameters.")
    # WSGI passes bytes as Latin-1.
    return parse_qsl(text.encode("latin-1").decode(errors="surrogateescape"), keep_blank_values=True, errors="surrogateescape")


def checked(values: Pairs) -> Pairs:
    if len(values) > MAX_FIELDS:
        refuse(f"The body holds more than {MAX_FIELDS} fields.")
    return values


def _urlencoded(request: HttpRequest) -> Pairs:
    if request.body.count(b"&") > MAX_FIELDS:
        refuse(f"The body holds more than {MAX_FIELDS} fields.")
    return parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")


def _multipart(request: HttpRequest) -> Pairs:
    """Parse the body as Latin-1, which loses no byte, so that text that is not UTF-8 is refused instead of replaced."""
    try:
        post, files = MultiPartParser(request.META, BytesIO(request.body), request.upload_handlers, "latin-1").parse()
    except (MultiPartParserError, SuspiciousOperation, TypeError) as error:  # TypeError: `name*=a; name*0=b`, which Python cannot sort
        refuse(f"The body is not valid multipart/form-data: {error}", error)
    texts = [(_from_latin(name), _from_latin(value)) for name, values in post.lists() for value in values]
    return [*texts, *((_from_latin(name), file) for name, sent in files.lists() for file in sent)]


def _from_latin(text: str) -> str:
    return text.encode("latin-1").decode()


def _json_object(request: HttpRequest) -> JsonMembers | None:
    """Return the object, or None for JSON of another kind."""
    top = read_json(request.body, AS_WRITTEN)
    return top if isinstance(top, JsonMembers) else None


_READERS: dict[str, Callable[[HttpRequest], Pairs | None]] = {
    "application/x-www-form-urlencoded": _urlencoded,
    "multipart/form-data": _multipart,
    "application/json": _json_object,
}


def refuse(message: str, error: Exception | None = None) -> NoReturn:
    raise DomainError(message) from error
