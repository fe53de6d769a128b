"""Addresses of the outside: what a URL must be like before anything is looked up."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from config.core.http.errors import Refused

PORTS = {"http": 80, "https": 443}
LONGEST = 8_000
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
_AS_WRITTEN = "!$%&'()*+,-./:;=?@_~[]"


@dataclass(frozen=True, slots=True)
class Place:
    """`origin` is what a connection is kept for; `target` is what the request line asks for."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """As the Host header and people have it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}{self.target}"


def place(url: str) -> Place:
    """Raises Refused, in words that can stand beside an input."""
    if len(url) > LONGEST:
        raise Refused(f"An address has at most {LONGEST:,} characters.")
    if _NOT_IN_A_URL.search(url):
        raise Refused("An address has no spaces, control characters or backslashes.")
    parts, port = _split(url)
    if parts.scheme not in PORTS:
        raise Refused("An address begins with https:// or http://.")
    if "@" in parts.netloc:
        raise Refused("User names and passwords do not belong into an address: use a credential.")
    host = _host(parts.hostname or "")
    return Place(parts.scheme, host, port or PORTS[parts.scheme], _target(parts))


def next_place(here: Place, location: str) -> Place:
    """Where a redirect leads."""
    try:
        there = place(urljoin(here.url, quote(location, safe=_AS_WRITTEN + "#", errors="replace")))
    except ValueError as error:
        raise Refused(f"{here.name} redirected to what is no address.") from error
    if here.scheme == "https" and there.scheme == "http":
        raise Refused(f"{here.name} redirected from https to http.")
    return there


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("The address is not complete or not correct.") from error
    if port == 0:
        raise Refused("There is no port 0.")
    return parts, port


def _host(name: str) -> str:
    try:
        host = name.lower() if name.isascii() else name.encode("idna").decode().lower()
    except UnicodeError as error:
        raise Refused("The address names no host that can exist.") from error
    host = host.rstrip(".")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise Refused("The address names no host that can exist.")
    return host


def _target(parts: SplitResult) -> str:
    path = quote(parts.path, safe=_AS_WRITTEN) or "/"
    return f"{path}?{quote(parts.query, safe=_AS_WRITTEN)}" if parts.query else path
