"""Where a posted lead comes from: what the sender says in the query or beside the form, and what the connection shows."""

from collections.abc import Mapping

from django.http import HttpRequest

from config.core import client_address
from config.core.errors import DomainError
from leads.api import query
from leads.intake.normalize import length_of
from leads.intake.service import Origin
from leads.intake.validation import NotOneText, as_text


def origin_of(request: HttpRequest, beside: Mapping[str, object]) -> Origin:
    """Of a lead that a browser may have posted: what is not said is read off the connection."""
    said = said_origin(request, beside)
    return said._replace(ip=said.ip or client_address.peer(request), user_agent=said.user_agent or _browser(request))


def said_origin(request: HttpRequest, beside: Mapping[str, object]) -> Origin:
    """Of a lead that a program posted for somebody: its own connection says nothing about the person.

    What the body says goes before what the query says.
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
    """Cut, not refused: a strange browser is no reason to lose the lead."""
    return request.headers.get("User-Agent", "").replace("\x00", "")[: length_of("user_agent")]


def _address(text: object) -> str | None:
    return client_address.canonical(text) if isinstance(text, str) and "%" not in text else None
