"""Addresses of API v4: one function per method, and what is said of other methods and other addresses."""

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from config.core.api.api_view import face, in_json
from config.core.api.hydra.filters import LARGEST_ID
from config.core.api.hydra.responses import BASE, not_allowed, not_found, refused, types

View = Callable[..., HttpResponse]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AN_ID = "[1-9][0-9]{0,18}"
_WORDS = {"@vocab": f"{BASE}/docs#", "hydra": "http://www.w3.org/ns/hydra/core#"}


def address(route: str, /, *, pattern: str = AN_ID, **views: View) -> URLPattern:
    """Below /api/v4/: `route` may hold a <name>, which is an id unless `pattern` says otherwise; `views` by method. It is named `v4_…`."""
    name = "v4_" + re.sub(r"<\w+>", "item", route).replace("-", "_").replace("/", "_")
    regex = re.sub(r"<(\w+)>", rf"(?P<\1>{pattern})", route)
    return re_path(rf"^api/v4/{regex}(?:\.jsonld)?\Z", _by_method(views), name=name)


def _by_method(views: dict[str, View]) -> View:
    if unknown := set(views) - set(METHODS):
        raise ValueError(f"no such methods: {unknown}")
    named = [method for method in METHODS if method in views]
    methods = ["GET", "HEAD", *named[1:]] if "GET" in views else named

    @face(*methods, refused=refused, not_found=not_found, not_allowed=not_allowed)
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        method = str(request.method)
        view = views["GET" if method == "HEAD" else method]
        return view(request, **{name: _number(text) for name, text in kwargs.items()})

    return answer


def _number(text: str) -> Any:
    """An id as a number; one that no row can have is no address."""
    if not re.fullmatch(AN_ID, text):
        return text
    if int(text) > LARGEST_ID:
        raise Http404
    return int(text)


@face("GET", "HEAD", *METHODS[1:], refused=refused, not_found=not_found, not_allowed=not_allowed)
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


@face("GET", "HEAD", refused=refused, not_found=not_found, not_allowed=not_allowed)
def show_context(_request: HttpRequest, context: str) -> HttpResponse:
    """What linked JSON means by its names: for everybody, as it holds no data. All types share their words."""
    if context not in types:
        raise Http404
    return in_json({"@context": _WORDS})
