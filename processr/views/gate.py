"""Who may open a page of the Processr."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from config.panel import roles
from config.panel.gate import open_to
from processr import access

View = Callable[..., HttpResponse]


def open_to_configurers(view: View) -> View:
    """Those who set campaigns up and may use the Processr; everybody else reads 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refuse_unless_may_use(request)
        return view(request, *args, **kwargs)

    return open_to(roles.MANAGES_CAMPAIGNS)(guarded)


def refuse_unless_may_use(request: HttpRequest) -> None:
    if not access.may_use(request.user):
        raise PermissionDenied
