"""The address a request came from, as far as nobody on the way can have invented it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def peer(request: HttpRequest) -> str | None:
    """Behind N proxies of our own the N-th address from the right is the last that a stranger could not write."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        return canonical(forwarded[-settings.TRUSTED_PROXIES])
    return canonical(request.META.get("REMOTE_ADDR", ""))


def canonical(text: str) -> str | None:
    """None for what is no address (a socket has none); IPv4 in IPv6 is IPv4; those with a zone mean nothing elsewhere."""
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
