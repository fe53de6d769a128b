"""The addresses that may be called: the public internet, and the entries of OUTBOUND_ALLOW.

A system check reports an invalid OUTBOUND_ALLOW at start, rather than at the first call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Listed explicitly: the result of `is_global` differs between patch releases of Python.
_NOT_PUBLIC_IPV4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32",  # Azure's own services, from inside any of its machines
    )
]  # fmt: skip
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_NOT_PUBLIC_IPV6 = [IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_NAT64 = IPv6Network("64:ff9b::/96")
_ONLY_BY_NUMBER = [
    ip_network(text)
    for text in ("0.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "fd00:ec2::/32", "ff00::/8")
]
"""Addresses where clouds serve the keys of their machines: an entry with a host name does not allow these."""


@dataclass(frozen=True, slots=True)
class AllowedDestination:
    """An entry of OUTBOUND_ALLOW: a host or a network, with one port or any."""

    host: str = ""
    port: int | None = None
    network: Network | None = None

    def covers(self, host: str, port: int, address: Address) -> bool:
        if self.network is not None:
            return self.port in (None, port) and _is_in(address, [self.network])
        return host.lower() == self.host and self.port in (None, port) and not _is_in(address, _ONLY_BY_NUMBER)


def may_call(address: str, *, host: str, port: int) -> bool:
    """Return whether this address may be called. It is checked when a connection is made, and again when it is reused."""
    ip = _as_ipv4(ip_address(address.partition("%")[0]))
    return _is_public(ip) or any(entry.covers(host, port, ip) for entry in _parsed_settings(tuple(settings.OUTBOUND_ALLOW)))


def parse_allowed_destinations(texts: Sequence[str]) -> list[AllowedDestination]:
    """Parse OUTBOUND_ALLOW. Raises ImproperlyConfigured with the invalid entry: a list that is half understood is worse than none."""
    return [_parse_entry(text.strip()) for text in texts if text.strip()]


@lru_cache(maxsize=16)
def _parsed_settings(texts: tuple[str, ...]) -> list[AllowedDestination]:
    return parse_allowed_destinations(texts)


def _parse_entry(text: str) -> AllowedDestination:
    if network := _network(text.removeprefix("[").removesuffix("]")):
        return AllowedDestination(network=network)
    host, _, port = text.rpartition(":")
    host, port = (host, port) if host else (text, "")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ImproperlyConfigured(f"OUTBOUND_ALLOW: {text!r} is no host, host:port or network")
    number = int(port) if port else None
    if network := _network(host.removeprefix("[").removesuffix("]")):
        return AllowedDestination(network=network, port=number)
    if not host.isascii() or not all(sign.isalnum() or sign in "-._" for sign in host):
        raise ImproperlyConfigured(f"OUTBOUND_ALLOW: {text!r} is no host, host:port or network")
    return AllowedDestination(host=host.lower().rstrip("."), port=number)


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _as_ipv4(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, where there is one."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not _is_in(address, _NOT_PUBLIC_IPV4)
    return address in _PUBLIC_IPV6 and not _is_in(address, _NOT_PUBLIC_IPV6)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(network.version == address.version and address in network for network in networks)


@register()
def allow_list(**_: Any) -> list[CheckMessage]:
    try:
        parse_allowed_destinations(settings.OUTBOUND_ALLOW)
    except ImproperlyConfigured as error:
        return [Error(str(error), hint="Set SLUICE_OUTBOUND_ALLOW to hosts, host:port or networks with commas between.", id="core.E001")]
    return []
