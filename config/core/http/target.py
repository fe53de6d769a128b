"""Targets of outgoing calls: the checks on a URL before its host is resolved."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from config.core.http.errors import AddressRefused

PORTS = {"http": 80, "https": 443}
FILE_PORTS = {"ftp": 21, "ftps": 21, "sftp": 22}
"""Usual ports of file servers, which are addressed as `sftp://files.example`, without a path."""
LONGEST = 8_000
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
_NOT_IN_SEGMENT = frozenset("/\\?#\ufffd") | {chr(code) for code in (*range(0x20), 0x7F)}
"""Signs that a segment cannot have once it is decoded, or it would be read as another path. U+FFFD stands for bytes that are not UTF-8."""
_SAFE = "!$%&'()*+,-./:;=?@_~[]"


class ServerOrigin(NamedTuple):
    """The server that an address leads to, by which it is decided whether a secret may be sent there."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {**PORTS, **FILE_PORTS}[self.scheme]
        return f"{self.scheme}://{host}" if self.port == usual else f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL. Connections are kept by `origin`; `target` is what the request line holds."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def name(self) -> str:
        """The host as the Host header and messages show it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}{self.target}"


def target_of(url: str) -> Target:
    """Parse a URL. Raises AddressRefused with a message that can stand beside an input."""
    if len(url) > LONGEST:
        raise AddressRefused(f"An address has at most {LONGEST:,} characters.")
    if _FORBIDDEN.search(url):
        raise AddressRefused("An address has no spaces, control characters or backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("The address is not complete or not correct.") from error
    if port == 0:
        raise AddressRefused("There is no port 0.")
    if parts.scheme not in PORTS:
        raise AddressRefused("An address begins with https:// or http://.")
    if "@" in parts.netloc:
        raise AddressRefused("User names and passwords do not belong into an address: use a credential.")
    host = parse_host(parts.hostname or "")
    path = quote(parts.path, safe=_SAFE) or "/"
    if parts.query:
        path = f"{path}?{quote(parts.query, safe=_SAFE)}"
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def origin_of(url: str) -> ServerOrigin:
    """Return the server that a URL leads to, of the web or of files. Raises AddressRefused as `target_of` does."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in FILE_PORTS:
        return ServerOrigin(*target_of(url).origin)
    # It is parsed as a URL of the web would be: with the same signs, and without a user or a password.
    target = target_of(f"https://{rest}")
    if target.target != "/":
        raise AddressRefused("Write the file server alone, without a path: sftp://files.example.")
    port = FILE_PORTS[scheme.lower()] if target.port == PORTS["https"] and not _names_port(rest) else target.port
    return ServerOrigin(scheme.lower(), target.host, port)


def _names_port(rest: str) -> bool:
    return urlsplit(f"https://{rest}").port is not None


def is_below(target: Target, prefix: Target) -> bool:
    """Return whether the target is the prefix or an address below it: on the same origin, and with its path, segment by segment.

    A path that a server may take for another one, such as one with `..` or an encoded slash, is below nothing.
    """
    segments, beginning = _plain_segments(target), _plain_segments(prefix)
    if segments is None or beginning is None or target.origin != prefix.origin:
        return False
    if not beginning[-1]:
        beginning.pop()
    return segments[: len(beginning)] == beginning


def _plain_segments(target: Target) -> list[str] | None:
    """Return the decoded segments of the path, or None if one of them is ambiguous."""
    segments = [_decoded(segment) for segment in target.target.partition("?")[0].split("/")]
    # Some servers read dots of other scripts as plain ones.
    names = {unicodedata.normalize("NFKC", segment).partition(";")[0] for segment in segments}
    return None if names & {".", ".."} or any(set(segment) & _NOT_IN_SEGMENT for segment in segments) else segments


def _decoded(segment: str) -> str:
    """Decode the segment until nothing is left to decode: servers in a row may decode it more than once."""
    while (decoded := unquote(segment)) != segment:
        segment = decoded
    return segment


def next_target(current: Target, location: str) -> Target:
    """Return the target of a redirect."""
    try:
        target = target_of(urljoin(current.url, quote(location, safe=_SAFE + "#", errors="replace")))
    except ValueError as error:
        raise AddressRefused(f"{current.name} redirected to what is no address.") from error
    if current.scheme == "https" and target.scheme == "http":
        raise AddressRefused(f"{current.name} redirected from https to http.")
    return target


def parse_host(name: str) -> str:
    """Return the host in the form in which it is compared and called. Raises AddressRefused if no host can have this name."""
    try:
        host = name.lower() if name.isascii() else name.encode("idna").decode().lower()
    except UnicodeError as error:
        raise AddressRefused("The address names no host that can exist.") from error
    host = host.rstrip(".")
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise AddressRefused("The address names no host that can exist.")
    return host
