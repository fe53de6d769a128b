"""The answers of `/feedback`, in the form that the caller accepts (decisions 17 and 18)."""

import json
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse
from django.http.request import MediaType

AnswerFields = Sequence[tuple[str, str]]
JSON = "application/json"


def _json(fields: AnswerFields) -> str:
    return json.dumps(dict(fields), separators=(",", ":"), ensure_ascii=False)


def _xml(fields: AnswerFields) -> str:
    lines = [f"  <{name}>{escape(value)}</{name}>" for name, value in fields]
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', "<result>", *lines, "</result>"])


def _text(fields: AnswerFields) -> str:
    return "\n".join(f"{name}: {' '.join(value.split())}" for name, value in fields)


_WRITERS: dict[str, Callable[[AnswerFields], str]] = {JSON: _json, "text/xml": _xml, "application/xml": _xml, "text/plain": _text}
"""In the order in which they are chosen from, where a caller likes several alike."""
KINDS_OF_ANSWERS = tuple(_WRITERS)


def preferred_type(accept: str | None) -> str | None:
    """Return the type of answer that an Accept header asks for, JSON where it asks for none, or None if it admits none of ours.

    Of the ranges that match a type the most specific one tells its quality, and a quality of 0 excludes it (RFC 9110, 12.5.1). Django's
    own choice drops what is excluded before it looks for the most specific range, and so answers it by a wider one.
    """
    ranges = [MediaType(token.strip().lower()) for token in (accept or "").split(",") if token.strip()] or [MediaType("*/*")]
    qualities = {kind: _quality(kind, ranges) for kind in _WRITERS}
    best = max(_WRITERS, key=qualities.__getitem__)  # of equals the first
    return best if qualities[best] > 0 else None


def _quality(kind: str, ranges: Sequence[MediaType]) -> float:
    """Return the quality of the most specific range that matches. Its parameters, such as a charset, make no difference."""
    main, _, sub = kind.partition("/")
    matching = [each for each in ranges if each.main_type in (main, "*") and each.sub_type in (sub, "*")]
    wideness = {(main, sub): 2, (main, "*"): 1}
    return float(max(matching, key=lambda each: wideness.get((each.main_type, each.sub_type), 0)).quality) if matching else 0.0


def feedback_response(
    kind: str | None, outcome: str, reason: str = "", *, status: int, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return the answer. Its fields are `outcome` and, where there is one to tell, `reason`: nothing about the lead."""
    kind = kind or JSON
    fields = [("outcome", outcome), *([("reason", reason)] if reason else [])]
    return HttpResponse(_WRITERS[kind](fields), status=status, content_type=f"{kind}; charset=utf-8", headers=headers)


def response_type(request: HttpRequest) -> str | None:
    return preferred_type(request.headers.get("Accept"))
