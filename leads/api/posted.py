"""Reads the body of a lead post, whatever its wrapping: what is meant for the form, and what stands beside it."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import NoReturn
from urllib.parse import parse_qsl

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from config.panel.errors import DomainError

MAX_BODY = 512 * 1024
MAX_FIELDS = 1000
_DISCARD_AT_MOST = 16 * 1024 * 1024
_FORM_FIELD = re.compile(r"form\[([^\[\]]+)\]")

Pairs = Sequence[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class Posted:
    """`fields` by their names in the form; a name sent twice holds the list of its values, which no check lets pass."""

    fields: dict[str, object]
    beside: dict[str, object]


class JsonObject(list):
    """The name and value pairs of a JSON object, repeated names included."""


def body(request: HttpRequest) -> bytes:
    """All of it, before anything else is decided: a connection closed on unread data may lose the answer."""
    length = _announced(request)
    if length > MAX_BODY:
        _discard(request, length)
        raise DomainError(f"The body is too large: at most {MAX_BODY // 1024} kB.", status=413)
    try:
        return request.body
    except UnreadablePostError as error:
        raise DomainError("The body did not arrive in full.") from error


def _announced(request: HttpRequest) -> int:
    text = request.headers.get("Content-Length") or ("" if "Transfer-Encoding" in request.headers else "0")
    if not text.isdecimal():
        raise DomainError("Send the body with a Content-Length.", status=411)
    return int(text[:19])


def read(request: HttpRequest) -> Posted:
    reader = _READERS.get(request.content_type or "")
    if request.body and reader is None:
        raise DomainError(f"Send the lead as one of: {', '.join(_READERS)}.", status=415)
    if (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise DomainError("Send the lead in UTF-8.", status=415)
    try:
        pairs = reader(request) if request.body and reader else []
    except UnicodeDecodeError as error:
        _refuse("The body is not valid UTF-8.", error)
    if len(pairs) > MAX_FIELDS:
        _refuse(f"The body holds more than {MAX_FIELDS} fields.")
    return _sorted(pairs)


def _sorted(pairs: Pairs) -> Posted:
    posted = Posted({}, {})
    for key, value in pairs:
        name, part = _place(key, posted)
        part[name] = [part[name], value] if name in part else value
    return posted


def _place(key: str, posted: Posted) -> tuple[str, dict[str, object]]:
    """What begins like a form field but is none keeps its whole key, under which no form has a field."""
    if match := _FORM_FIELD.fullmatch(key):
        return match[1], posted.fields
    return key, posted.fields if key == "form" or key.startswith("form[") else posted.beside


def _urlencoded(request: HttpRequest) -> Pairs:
    if request.body.count(b"&") > MAX_FIELDS:
        _refuse(f"The body holds more than {MAX_FIELDS} fields.")
    return parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")


def _multipart(request: HttpRequest) -> Pairs:
    """Read as Latin-1, which loses no byte: what is not UTF-8 is refused instead of replaced. Files count as fields, and fit none."""
    try:
        post, files = MultiPartParser(request.META, BytesIO(request.body), request.upload_handlers, "latin-1").parse()
    except (MultiPartParserError, SuspiciousOperation) as error:
        _refuse(f"The body is not valid multipart/form-data: {error}", error)
    texts = [(name, value.encode("latin-1").decode()) for name, values in post.lists() for value in values]
    return [*texts, *((name, file) for name, sent in files.lists() for file in sent)]


def _json(request: HttpRequest) -> Pairs:
    """Numbers stay as they were written. `{"form": {"x": 1}}` and `{"form[x]": 1}` mean the same."""
    text = request.body.decode().removeprefix("\ufeff")
    try:
        top = json.loads(text, object_pairs_hook=JsonObject, parse_int=str, parse_float=str, parse_constant=_no_number)
    except RecursionError as error:
        _refuse("The body is not valid JSON: it is nested too deeply.", error)
    except ValueError as error:
        _refuse(f"The body is not valid JSON: {error}", error)
    if not isinstance(top, JsonObject):
        _refuse('The body must be a JSON object: {"form": {"firstName": "…"}}.')
    return [pair for key, value in top for pair in _flat(key, value)]


def _flat(key: str, value: object) -> Iterable[tuple[str, object]]:
    if key == "form" and isinstance(value, JsonObject):
        return [(f"form[{name}]", inner) for name, inner in value]
    return [(key, value)]


_READERS: dict[str, Callable[[HttpRequest], Pairs]] = {
    "application/x-www-form-urlencoded": _urlencoded,
    "multipart/form-data": _multipart,
    "application/json": _json,
}


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a JSON number")


def _refuse(message: str, error: Exception | None = None) -> NoReturn:
    raise DomainError(message) from error


def _discard(request: HttpRequest, length: int) -> None:
    """So that a sender of something merely large reads our answer; nobody waits for terabytes that were only announced."""
    while length <= _DISCARD_AT_MOST and request.read(64 * 1024):
        pass
