"""Requests of `/feedback`: the event, the type and the reason, from the query and from a body in one of four types (decision 17)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.json_body import JsonMembers
from config.core.errors import DomainError
from config.core.pg_text import is_storable

EVENT_ID = re.compile(r"[0-9a-fA-F]{24}")
LONGEST_REASON = 255
KINDS = ("application/json", "text/xml", "application/xml", "application/x-www-form-urlencoded")
_NAMES = ("event_id", "type", "reason")
_XML_ERRORS = (ParseError, DefusedXmlException, ValueError, LookupError)
"""LookupError: an encoding that Python does not know. ValueError: one that its parser does not take."""


class FeedbackType(StrEnum):
    RETURN = "return"
    CONVERSION = "conversion"


@dataclass(frozen=True, slots=True)
class FeedbackRequest:
    event_id: str
    type: FeedbackType
    reason: str


def read_feedback(request: HttpRequest) -> FeedbackRequest:
    """Return what the request says. A parameter of the query wins over the body. Raises DomainError with the status of the answer."""
    said = {**(_body(request) if request.method == "POST" else {}), **_first(bodies.query(request))}
    return FeedbackRequest(_event_id(said.get("event_id", "")), _type(said.get("type", "")), _reason(said.get("reason", "")))


def _event_id(text: str) -> str:
    if not text:
        raise DomainError("Name the event: /feedback?event_id= and the event ID that came with the lead.")
    if not EVENT_ID.fullmatch(text):
        raise DomainError("An event ID has 24 hexadecimal digits. It came with the lead; the id of the lead is another.")
    return text.lower()


def _type(text: str) -> FeedbackType:
    try:
        return FeedbackType(text.lower())
    except ValueError as error:
        accepted = " or ".join(FeedbackType)
        message = f"The type of feedback is {accepted}." if text else f"Give the type of feedback: {accepted}."
        raise DomainError(message, field="type", status=422) from error


def _reason(text: str) -> str:
    if not is_storable(text):
        raise DomainError("The reason holds characters that cannot be stored.", field="reason")
    if len(text) > LONGEST_REASON:
        raise DomainError(f"The reason has more than {LONGEST_REASON} characters.", field="reason")
    return text


def _first(pairs: bodies.Pairs) -> dict[str, str]:
    """Return the values under our names without white space around them. Of a repeated name the last one counts."""
    return {name: _text(name, value) for key, value in pairs if (name := key.strip()) in _NAMES}


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DomainError(f"The {name.replace('_', ' ')} must be one text.", field=name)
    return " ".join(value.split())


def _body(request: HttpRequest) -> Mapping[str, str]:
    """Return the fields of the body; none of a blank one, whatever its type: such a request says all in its query."""
    content = bodies.body(request)
    if not content.strip():
        return {}
    if not request.content_type:
        raise DomainError("Content-Type header is required.", status=415)
    reader = _READERS.get(request.content_type.lower())
    if reader is None:
        raise DomainError(f"The body is one of: {', '.join(KINDS)}.", status=415)
    return reader(request)


def _pairs(request: HttpRequest) -> Mapping[str, str]:
    found = bodies.pairs(request, what="the feedback", example='{"type": "return", "reason": "Wrong number"}')
    if nested := next((value for key, value in found if key == "feedback" and isinstance(value, JsonMembers)), None):
        found = nested  # XML that was turned into JSON keeps its root
    return _first(found)


def _xml(request: HttpRequest) -> Mapping[str, str]:
    """Return the texts of the elements right below the root, whatever its name and namespaces are."""
    charset = bodies.charset_of(request, what="the feedback") if "charset" in (request.content_params or {}) else None
    try:
        # A charset of the header goes before that of the document, which is then ignored (RFC 7303).
        text = _without_declaration(charset.decode(request.body)).encode() if charset else request.body
        root = fromstring(text.strip(), forbid_dtd=True)
    except UnicodeDecodeError as error:
        raise DomainError("The body is not in the charset that it names.") from error
    except _XML_ERRORS as error:
        raise DomainError("The body is not XML that can be read, or defines entities.") from error
    return _first([(_local_name(part), part.text or "") for part in root])


def _without_declaration(text: str) -> str:
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", text.removeprefix("\ufeff"), count=1)


def _local_name(part: Element) -> str:
    return part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""


_READERS: dict[str, Callable[[HttpRequest], Mapping[str, str]]] = {
    "application/json": _pairs,
    "application/x-www-form-urlencoded": _pairs,
    "text/xml": _xml,
    "application/xml": _xml,
}
