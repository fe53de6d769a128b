"""URL patterns of API v4: one view per method, and the responses to other methods and unknown addresses."""

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

from config.core.api.api_view import api_view, in_json
from config.core.api.hydra.filters import LARGEST_ID
from config.core.api.hydra.responses import BASE, not_allowed, not_found, refused, types

View = Callable[..., HttpResponse]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
AN_ID = "[1-9][0-9]{0,18}"
_CONTEXT = {"@vocab": f"{BASE}/docs#", "hydra": "http://www.w3.org/ns/hydra/core#"}


def address(route: str, /, *, pattern: str = AN_ID, **views: View) -> URLPattern:
    """Return the URL pattern of `route`, below /api/v4/, with `views` by method. Its name is `v4_…`.

    `route` may hold a <name>, which is an id unless `pattern` says otherwise.
    """
    name = "v4_" + re.sub(r"<\w+>", "item", route).replace("-", "_").replace("/", "_")
    regex = re.sub(r"<(\w+)>", rf"(?P<\1>{pattern})", route)
    return re_path(rf"^api/v4/{regex}(?:\.jsonld)?\Z", _dispatch(views), name=name)


def _dispatch(views: dict[str, View]) -> View:
    if unknown := set(views) - set(METHODS):
        raise ValueError(f"no such methods: {unknown}")
    methods = [method for method in METHODS if method in views]
    if "GET" in views:
        methods.insert(1, "HEAD")

    @api_view(*methods, refused=refused, not_found=not_found, not_allowed=not_allowed)
    def answer(request: HttpRequest, **kwargs: str) -> HttpResponse:
        method = str(request.method)
        view = views["GET" if method == "HEAD" else method]
        return view(request, **{name: _read_parameter(text) for name, text in kwargs.items()})

    return answer


def _read_parameter(text: str) -> Any:
    """Convert an id to a number. Raises Http404 for a number that no row can have."""
    if not re.fullmatch(AN_ID, text):
        return text
    if int(text) > LARGEST_ID:
        raise Http404
    return int(text)


@api_view("GET", "HEAD", *METHODS[1:], refused=refused, not_found=not_found, not_allowed=not_allowed)
def nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


@api_view("GET", "HEAD", refused=refused, not_found=not_found, not_allowed=not_allowed)
def show_context(_request: HttpRequest, context: str) -> HttpResponse:
    """Return the JSON-LD context, which all types share. It is public, as it holds no data."""
    if context not in types:
        raise Http404
    return in_json({"@context": _CONTEXT})
