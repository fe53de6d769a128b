"""The origin of a posted lead, from the query, the body and the connection."""

from collections.abc import Mapping

from django.http import HttpRequest

from config.core import client_address
from config.core.errors import DomainError
from leads.api import query
from leads.intake.normalize import length_of
from leads.intake.service import Origin
from leads.intake.validation import NotOneText, as_text


def origin_of(request: HttpRequest, beside: Mapping[str, object]) -> Origin:
    """Return the origin of a lead that a browser may have posted: address and browser default to those of the connection."""
    said = said_origin(request, beside)
    return said._replace(ip=said.ip or client_address.peer(request), user_agent=said.user_agent or _browser(request))


def said_origin(request: HttpRequest, beside: Mapping[str, object]) -> Origin:
    """Return the origin of a lead that a program posted for a person, whose connection tells nothing about the person.

    A value in the body takes precedence over one in the query.
    """
    said = {**query.read(request), **beside}
    return Origin(
        external_id=_said(said, "externalId", "external_id") or None,
        publisher_sub_id=_said(said, "publisherSubId", "publisher_sub_id"),
        landing_page_url=_said(said, "landingPageUrl", "landing_page_url"),
        ip=_address(said.get("ip")),
        host=request.get_host()[: length_of("host")],
        user_agent=_said(said, "userAgent", "user_agent"),
    )


def _said(said: Mapping[str, object], name: str, column: str) -> str:
    try:
        text = as_text(said.get(name))
    except NotOneText as error:
        raise DomainError(str(error), field=name) from error
    if len(text) > length_of(column):
        raise DomainError(f"This value is too long. It should have {length_of(column)} characters or less.", field=name)
    return text


def _browser(request: HttpRequest) -> str:
    """Return the User-Agent cut to its maximum length: an unusual browser is no reason to refuse the lead."""
    return request.headers.get("User-Agent", "").replace("\x00", "")[: length_of("user_agent")]


def _address(text: object) -> str | None:
    return client_address.canonical(text) if isinstance(text, str) and "%" not in text else None
