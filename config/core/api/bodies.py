"""Request bodies: unpacked, and parsed (urlencoded, multipart, JSON) into names and values. Malformed ones are refused with a message."""

import binascii
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import FILE, RAW, ChunkIter, LazyStream, MultiPartParser, MultiPartParserError, Parser

from config.core.api.content_type import CHARSETS, UTF_8, Charset, charset_named
from config.core.api.json_body import AS_WRITTEN, JsonMembers, read_json
from config.core.errors import DomainError
from config.core.http.packing import PACKINGS, BrokenPacking, Unpacker

MAX_BODY = 512 * 1024
MAX_FIELDS = 1000
_DISCARD_AT_MOST = 16 * 1024 * 1024
_NOT_PACKED = frozenset({"", "identity"})
_ACCEPTED_PACKINGS = ("gzip", "deflate")

Pairs = Sequence[tuple[str, object]]


def body(request: HttpRequest, *, at_most: int = MAX_BODY) -> bytes:
    """Return the whole body, unpacked. It is read before any other decision: closing a connection on unread data may lose the response.

    The limit holds for the bytes that are sent, and for those that they unpack to.
    """
    content = _receive(request, at_most)
    packing = request.META.pop("HTTP_CONTENT_ENCODING", "").strip().lower()
    if packing in _NOT_PACKED:
        return content
    content = _unpack(content, packing, at_most)
    # Django and the readers below look here: from now on it is a body that was never packed.
    request._body, request.META["CONTENT_LENGTH"] = content, str(len(content))  # type: ignore[attr-defined]  # missing from the stubs
    return content


def _receive(request: HttpRequest, at_most: int) -> bytes:
    text = request.META.get("CONTENT_LENGTH") or ("" if "HTTP_TRANSFER_ENCODING" in request.META else "0")
    if not text.isdecimal():
        raise DomainError("Send the body with a Content-Length, or with Transfer-Encoding: chunked and no other coding.", status=411)
    length = int(text[:19])
    if length > at_most:
        with suppress(UnreadablePostError):
            while length <= _DISCARD_AT_MOST and request.read(64 * 1024):  # so that the sender can read the response
                pass
        _refuse_large(at_most)
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


def _unpack(content: bytes, packing: str, at_most: int) -> bytes:
    if packing not in PACKINGS:
        message = f"Send the body as it is, or packed once, with Content-Encoding {' or '.join(_ACCEPTED_PACKINGS)}."
        raise DomainError(message, status=415, headers={"Accept-Encoding": ", ".join(_ACCEPTED_PACKINGS)})
    unpacker = Unpacker(packing, at_most=at_most)
    try:
        unpacked = unpacker.unpack(content)
    except BrokenPacking as error:
        refuse(f"The body is not packed as its Content-Encoding says: {packing}.", error)
    if len(unpacked) > at_most:
        _refuse_large(at_most)
    if not unpacker.is_whole:
        refuse("The body did not arrive in full: what it is packed in has no end.")
    return unpacked


def _refuse_large(at_most: int) -> NoReturn:
    raise DomainError(f"The body is too large: at most {at_most // 1024} kB.", status=413)


def pairs(request: HttpRequest, *, what: str, example: str) -> Pairs:
    """Return names and values in their order, repeated ones included.

    `what` and `example` (JSON) complete the messages of a refusal. JSON numbers stay text as they were written, nested
    JSON objects are `JsonMembers`, and files count as fields.
    """
    reader = _READERS.get(request.content_type or "")
    if request.body and reader is None:
        raise DomainError(f"Send {what} as one of: {', '.join(_READERS)}.", status=415)
    charset = charset_of(request, what=what)
    try:
        values = reader(request, charset) if request.body and reader else []
    except UnicodeDecodeError as error:
        refuse(f"The body is not valid {charset.name}.", error)
    if values is None:
        refuse(f"The body must be a JSON object: {example}.")
    return checked(values)


def charset_of(request: HttpRequest, *, what: str) -> Charset:
    """Return the charset that the body's Content-Type names; UTF-8 where it names none."""
    return _known_charset((request.content_params or {}).get("charset"), otherwise=UTF_8, what=what)


def _known_charset(label: str | None, *, otherwise: Charset, what: str) -> Charset:
    charset = otherwise if label is None else charset_named(label)
    if charset is None:
        raise DomainError(f"Send {what} in UTF-8. {CHARSETS} can be read, the charset that is named here is not known.", status=415)
    return charset


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


def _urlencoded(request: HttpRequest, charset: Charset) -> Pairs:
    if request.body.count(b"&") > MAX_FIELDS:
        refuse(f"The body holds more than {MAX_FIELDS} fields.")
    return parse_qsl(charset.decode(request.body), keep_blank_values=True, encoding=charset.codec, errors=charset.errors)


def _multipart(request: HttpRequest, charset: Charset) -> Pairs:
    """Return the parts. Each may name a charset of its own, and programs do so without being asked (Apache's client for Java)."""
    boundary = (request.content_params or {}).get("boundary", "")
    if not MultiPartParser.boundary_re.fullmatch(boundary):
        refuse("The body is not valid multipart/form-data: Content-Type names no valid boundary.")
    values: list[tuple[str, object]] = []
    try:
        for kind, headers, part in Parser(LazyStream(ChunkIter(BytesIO(request.body))), boundary.encode("ascii")):
            content = part.read()
            if kind != RAW and "name" in headers["content-disposition"][1]:
                values.append(_read_part(kind, headers, content, charset))
                checked(values)
    except (MultiPartParserError, TypeError, binascii.Error) as error:  # TypeError: `name*=a; name*0=b`, which Python cannot sort
        refuse(f"The body is not valid multipart/form-data: {error}", error)
    return values


def _read_part(kind: str, headers: Mapping[str, Any], content: bytes, charset: Charset) -> tuple[str, object]:
    """Return name and value of a part, for a file its bytes: no field takes them."""
    name = headers["content-disposition"][1]["name"].decode().strip()
    if headers.get("content-transfer-encoding", ("",))[0].strip().lower() == "base64":
        content = binascii.a2b_base64(content)
    if kind == FILE:
        return name, content
    label = headers.get("content-type", ("", {}))[1].get("charset")
    own = _known_charset(None if label is None else label.decode(), otherwise=charset, what=f"the part {name[:80]}")
    return name, own.decode(content)


def _json_object(request: HttpRequest, charset: Charset) -> JsonMembers | None:
    """Return the object, or None for JSON of another kind."""
    top = read_json(request.body, AS_WRITTEN, charset)
    return top if isinstance(top, JsonMembers) else None


_READERS: dict[str, Callable[[HttpRequest, Charset], Pairs | None]] = {
    "application/x-www-form-urlencoded": _urlencoded,
    "multipart/form-data": _multipart,
    "application/json": _json_object,
}


def refuse(message: str, error: Exception | None = None) -> NoReturn:
    raise DomainError(message) from error
