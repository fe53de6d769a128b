"""Values after delivery: whoever knows the hash of a lead adds values to it, and changes them, without a log-in."""

import re

from django.http import Http404, HttpRequest, HttpResponse

from config.core import client_address
from config.core.actor import Actor
from config.core.api import bodies, throttle
from config.core.api.api_view import api_view
from config.core.errors import LEAD_APPENDS, DomainError
from leads.editing.appending import append_values
from leads.search import HASH
from leads.selectors import lead_with_hash

LIMIT, LIMIT_OF_LEAD = "appends_of_address", "appends_of_lead"
KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")
ACTOR = "Append by hash"
_EXAMPLE = "company=Acme"
_WRAPPED = re.compile(r"form\[([^\[\]]+)\]")
_LISTED = re.compile(r"\[[0-9]{0,9}\]\Z")
"""Ends names that could have several values, and mostly have one."""


@api_view("POST")
def lead_append(request: HttpRequest, lead_hash: str) -> HttpResponse:
    """Append the fields of the form that is sent. Repeated, it changes nothing and is answered alike."""
    bodies.body(request)
    address = client_address.peer(request)
    throttle.check(f"address:{address}", LIMIT)
    lead = lead_with_hash(lead_hash) if HASH.fullmatch(lead_hash) else None
    if lead is None:
        raise Http404
    if not lead.campaign.accept_lead_appends:
        raise DomainError(LEAD_APPENDS.lifts("This campaign takes no values by hash."), status=403)
    values = _read(request)
    throttle.check(f"lead:{lead.pk}", LIMIT_OF_LEAD)
    if not append_values(lead, values, actor=Actor(ACTOR, ip=address)):  # deleted meanwhile
        raise Http404
    return HttpResponse(content_type="text/plain; charset=utf-8")


def _read(request: HttpRequest) -> dict[str, list[object]]:
    """Return the values sent under each name. `x[]` and `form[x]` are x, as pages and PHP write it."""
    if request.content_type not in KINDS and request.body:
        raise DomainError(f"Send the values as one of: {', '.join(KINDS)}.", status=415)
    values: dict[str, list[object]] = {}
    for key, value in bodies.pairs(request, what="the values", example=_EXAMPLE):
        name = _LISTED.sub("", key) or key
        wrapped = _WRAPPED.fullmatch(name)
        values.setdefault(wrapped[1] if wrapped else name, []).append(value)
    if not values:
        raise DomainError(f"Send at least one field, as {_EXAMPLE}.")
    return values
