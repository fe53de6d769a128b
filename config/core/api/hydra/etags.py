"""Answers that the caller has already: If-None-Match."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags, quote_etag


def etagged(request: HttpRequest, tag: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """`tag` changes whenever the answer would; the answer is made only where the caller does not have it. `*` is anything that is there."""
    quoted = quote_etag(tag)
    known = {mark.removeprefix("W/") for mark in parse_etags(request.headers.get("If-None-Match", ""))}
    response = HttpResponse(status=304) if known & {quoted, "*"} else answer()
    response["ETag"] = quoted
    response["Cache-Control"] = "private, no-cache"
    return response
