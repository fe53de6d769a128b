"""The request to a provider about one lead, ready to be sent."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from processr.jobs.http import address_template

QUERY, FORM, JSON = "query", "form", "json"
NONE, BEARER, BASIC, HEADER, PARAMETER = "none", "bearer", "basic", "header", "query"
_TYPES = {FORM: "application/x-www-form-urlencoded", JSON: "application/json"}


@dataclass(frozen=True, slots=True)
class Secret:
    """The parts of a credential that a call needs, and the place where they are sent."""

    place: str = NONE
    name: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the texts to cut from logs, including the two joined as Basic sends them."""
        return (self.secret, f"{self.client_id}:{self.secret}") if self.secret else ()

    @property
    def headers(self) -> dict[str, str]:
        if self.place == BEARER:
            return {"Authorization": f"Bearer {self.secret}"}
        if self.place == BASIC:
            both = f"{self.client_id}:{self.secret}".encode("utf-8", errors="replace")
            return {"Authorization": f"Basic {b64encode(both).decode()}"}
        return {self.name: self.secret} if self.place == HEADER else {}

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return [(self.name, self.secret)] if self.place == PARAMETER else []


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `names_what` holds everything that determines the answer, except the secret."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)

    @property
    def names_what(self) -> tuple[str, ...]:
        return self.method, self.url, self.body, json.dumps(sorted(self.headers.items()))


class RequestTemplate:
    """The request as a job's settings define it, made once per chunk."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.method: str = config["method"]
        self.send_as: str = config["send_as"]
        self.rows: Sequence[Mapping[str, str]] = config["fields_sent"]
        self.address = address_template.read(config["url"])
        self.headers = {row["name"]: row["value"] for row in config["headers"]}

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([*self.address.names, *(row["field"] for row in self.rows if row["field"])]))

    def request(self, text_of: Callable[[str], str], secret: Secret) -> Request:
        """Return the request for a lead's values; raise CannotBeAsked if they would make it another URL."""
        sent = [(row["name"], text_of(row["field"]) if row["field"] else row["value"]) for row in self.rows]
        url = self.address.filled(text_of)
        in_query = [*(sent if self.send_as == QUERY else []), *secret.parameters]
        if in_query:
            url += ("&" if "?" in url else "?") + urlencode(in_query, errors="replace")
        body = "" if self.send_as == QUERY else _body(self.send_as, sent)
        kind = {"Content-Type": _TYPES[self.send_as]} if body and not _has(self.headers, "content-type") else {}
        return Request(self.method, url, {**kind, **self.headers, **secret.headers}, body)


def nested(rows: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the rows as nested objects: `contact.email` is `email` in `contact`.

    Raise KeyError if a name is given twice, or is both a value and an object.
    """
    whole: dict[str, Any] = {}
    for name, value in rows:
        *outer, last = name.split(".")
        here = whole
        for part in outer:
            here = here.setdefault(part, {})
            if not isinstance(here, dict):
                raise KeyError(name)
        if last in here:
            raise KeyError(name)
        here[last] = value
    return whole


def _body(send_as: str, sent: Sequence[tuple[str, str]]) -> str:
    return json.dumps(nested(sent)) if send_as == JSON else urlencode(sent, errors="replace")


def _has(headers: Mapping[str, str], name: str) -> bool:
    return any(given.lower() == name for given in headers)
