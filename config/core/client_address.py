"""The client's address, as far as it cannot be forged."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def peer(request: HttpRequest) -> str | None:
    """Return the address of the client.

    Behind N trusted proxies, the N-th from the right in X-Forwarded-For is the last that cannot be forged.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        return canonical(forwarded[-settings.TRUSTED_PROXIES])
    return canonical(request.META.get("REMOTE_ADDR", ""))


def canonical(text: str) -> str | None:
    """Return an address in canonical form; None for text that is no address, such as a socket.

    IPv4 mapped into IPv6 becomes IPv4, and a zone is cut off, as it has no meaning on other machines.
    """
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
