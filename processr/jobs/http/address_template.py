"""An address with the lead's values in it: `https://api.example/check/{email}?phone={telephone}`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from config.core import http
from processr.job_types.settings_fields import LONGEST

_PARTS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STANDING_IN = "x"


class NotUnderstood(ValueError):
    """In words for who wrote the address."""


class CannotBeAsked(ValueError):
    """With the value of this lead it would be another address."""


@dataclass(frozen=True, slots=True)
class Address:
    """`names` are the fields it is filled with."""

    host: str
    path: str
    query: str

    @property
    def names(self) -> tuple[str, ...]:
        return _named(self.path + self.query)

    @property
    def path_names(self) -> tuple[str, ...]:
        """Those without which it would be another address."""
        return _named(self.path)

    def filled(self, text_of: Callable[[str], str]) -> str:
        """Every value stays one value, whatever it is made of: it can neither leave its segment nor become a parameter of its own."""

        def put(found: re.Match[str]) -> str:
            return quote(text_of(found[1].strip()), safe="", errors="replace")

        path = _PLACEHOLDER.sub(put, self.path)
        if path != self.path and {".", ".."} & {unquote(segment) for segment in path.split("/")}:
            raise CannotBeAsked
        return self.host + path + _PLACEHOLDER.sub(put, self.query)


def _named(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in _PLACEHOLDER.findall(text)))


@lru_cache(maxsize=256)
def read(text: str) -> Address:
    """Raises NotUnderstood. A field no form has is no mistake: forms differ."""
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        raise NotUnderstood("An address begins with https:// or http://.")
    scheme, host, path, query = parts[1], parts[2], parts[3] or "", parts[4] or ""
    if "{" in host or "}" in host:
        raise NotUnderstood("Which host is called cannot depend on the lead: fields go into the path or behind the question mark.")
    if any(sign in _PLACEHOLDER.sub("", path + query) for sign in "{}"):
        raise NotUnderstood("A { without its } is no field: write {email}.")
    address = Address(scheme + host, path, query)
    if wrong := next((name for name in address.names if not name or len(name) > LONGEST), None):
        raise NotUnderstood(f"{{{wrong}}} is no name of a field.")
    if "" in address.names:
        raise NotUnderstood("{} names no field: write {email}.")
    _check(address)
    return address


def _check(address: Address) -> None:
    try:
        http.place(address.filled(lambda _: _STANDING_IN))
    except http.Refused as refusal:
        raise NotUnderstood(refusal.message) from refusal
