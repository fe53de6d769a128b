"""The origin of a posted lead, from the query, the body and the connection."""

from collections.abc import Mapping

from django.http import HttpRequest

from config.core import client_address
from config.core.errors import DomainError
from leads.api import query
from leads.intake.normalize import length_of
from leads.intake.service import Origin
from leads.intake.validation import NotOneText, as_text, one_value

STATED = frozenset({"externalId", "publisherSubId", "landingPageUrl", "ip", "userAgent"})
"""The names beside the form by which a sender states the origin."""


def origin_of(request: HttpRequest, metadata: Mapping[str, object]) -> Origin:
    """Return the origin of a lead that a browser may have posted: address and browser default to those of the connection."""
    origin = stated_origin(request, metadata)
    # The browser is cut to its maximum length: an unusual one is no reason to refuse the lead.
    browser = request.headers.get("User-Agent", "").replace("\x00", "")[: length_of("user_agent")]
    return origin._replace(ip=origin.ip or client_address.peer(request), user_agent=origin.user_agent or browser)


def stated_origin(request: HttpRequest, metadata: Mapping[str, object]) -> Origin:
    """Return the origin of a lead that a program posted for a person, whose connection tells nothing about the person.

    A value in the body takes precedence over one in the query.
    """
    values = {**query.read_parameters(request), **metadata}
    ip = one_value(values.get("ip"))
    return Origin(
        external_id=_text(values, "externalId", "external_id") or None,
        publisher_sub_id=_text(values, "publisherSubId", "publisher_sub_id"),
        landing_page_url=_text(values, "landingPageUrl", "landing_page_url"),
        ip=client_address.canonical(ip) if isinstance(ip, str) and "%" not in ip else None,
        host=request.get_host()[: length_of("host")],
        user_agent=_text(values, "userAgent", "user_agent"),
    )


def _text(values: Mapping[str, object], name: str, column: str) -> str:
    """Return a value as text that fits its column, or refuse it by name."""
    try:
        text = as_text(one_value(values.get(name)))
    except NotOneText as error:
        raise DomainError(str(error), field=name) from error
    if len(text) > length_of(column):
        raise DomainError(f"This value is too long. It should have {length_of(column)} characters or less.", field=name)
    return text
