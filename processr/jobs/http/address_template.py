"""A URL template with fields of the lead: `https://api.example/check/{email}?phone={telephone}`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from config.core import http
from processr.job_types.settings_fields import LONGEST

_PARTS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class AddressSyntaxError(ValueError):
    """The address is malformed. The message is for the user who wrote it."""


class CannotBeAsked(ValueError):
    """The value of this lead would turn the URL into another one."""


@dataclass(frozen=True, slots=True)
class AddressTemplate:
    """A parsed URL template. `names` are the fields it contains."""

    host: str
    path: str
    query: str

    @property
    def names(self) -> tuple[str, ...]:
        return _field_names(self.path + self.query)

    @property
    def path_names(self) -> tuple[str, ...]:
        """Return the fields in the path, without which it would be another URL."""
        return _field_names(self.path)

    def filled(self, text_of: Callable[[str], str]) -> str:
        """Return the URL with the lead's values, each quoted so that it can neither leave its path segment nor add a parameter.

        Raise CannotBeAsked if a value would make a segment `.` or `..`.
        """

        def quoted_value(placeholder: re.Match[str]) -> str:
            return quote(text_of(placeholder[1].strip()), safe="", errors="replace")

        path = _PLACEHOLDER.sub(quoted_value, self.path)
        if path != self.path and {".", ".."} & {unquote(segment) for segment in path.split("/")}:
            raise CannotBeAsked
        return self.host + path + _PLACEHOLDER.sub(quoted_value, self.query)


def _field_names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in _PLACEHOLDER.findall(text)))


@lru_cache(maxsize=256)
def parse_template(text: str) -> AddressTemplate:
    """Parse a URL template; raise AddressSyntaxError if it is malformed.

    A field that no form has is no error, since forms differ.
    """
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        raise AddressSyntaxError("An address begins with https:// or http://.")
    scheme, host, path, query = parts[1], parts[2], parts[3] or "", parts[4] or ""
    if "{" in host or "}" in host:
        raise AddressSyntaxError("Which host is called cannot depend on the lead: fields go into the path or behind the question mark.")
    if any(sign in _PLACEHOLDER.sub("", path + query) for sign in "{}"):
        raise AddressSyntaxError("A { without its } is no field: write {email}.")
    address = AddressTemplate(scheme + host, path, query)
    if wrong := next((name for name in address.names if not name or len(name) > LONGEST), None):
        raise AddressSyntaxError(f"{{{wrong}}} is no name of a field.")
    if "" in address.names:
        raise AddressSyntaxError("{} names no field: write {email}.")
    try:
        http.target_of(address.filled(lambda _: "x"))
    except http.AddressRefused as refusal:
        raise AddressSyntaxError(refusal.message) from refusal
    return address
