"""Conditional responses: ETag and If-None-Match."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags, quote_etag


def etagged(request: HttpRequest, tag: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Return 304 when the caller has the current version, else the response that `answer` builds.

    `tag` changes whenever the response would. `*` matches any version.
    """
    quoted = quote_etag(tag)
    known = {mark.removeprefix("W/") for mark in parse_etags(request.headers.get("If-None-Match", ""))}
    response = HttpResponse(status=304) if known & {quoted, "*"} else answer()
    response["ETag"] = quoted
    response["Cache-Control"] = "private, no-cache"
    return response
