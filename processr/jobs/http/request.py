"""The request to a provider about one lead, ready to be sent."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from config.core import http
from leads.intake.validation import tick_of
from leads.values import texts
from processr.jobs.http import address_template
from processr.jobs.text.operators import number_of

QUERY, FORM, JSON = "query", "form", "json"
TEXT, NUMBER, BOOLEAN = "text", "number", "boolean"
"""The types of a value in JSON. A row that names none is sent as text."""
NONE, BEARER, BASIC, HEADER, PARAMETER = "none", "bearer", "basic", "header", "query"
_TYPES = {FORM: "application/x-www-form-urlencoded", JSON: "application/json"}


@dataclass(frozen=True, slots=True)
class Secret:
    """The parts of a credential that a call needs, and the place where they are sent: to addresses below `within` only, if there is one."""

    place: str = NONE
    name: str = ""
    client_id: str = ""
    secret: str = field(default="", repr=False)
    within: str = ""

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


class NotOfType(ValueError):
    """A value that cannot be sent as the type that its row names. The message is for the user, and does not quote the value."""


class JsonLiteral(str):
    """A number, true, false or null, as it stands in JSON. A number keeps all its digits."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `identity` holds everything that determines the answer, except the secret."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)
    within: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        return self.method, self.url, self.body, json.dumps(sorted(self.headers.items()))


class RequestTemplate:
    """The request as a job's settings define it, made once per chunk."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.method: str = config["method"]
        self.send_as: str = QUERY if self.method == "GET" else config["send_as"]
        self.rows: Sequence[Mapping[str, str]] = config["fields_sent"]
        self.address = address_template.parse_template(config["url"])
        self.headers = {row["name"]: row["value"] for row in config["headers"]}

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys([*self.address.names, *(row["field"] for row in self.rows if row["field"])]))

    def address_of(self, text_of: Callable[[str], str], secret: Secret) -> str:
        """Return the address for a lead's values; raise CannotBeAsked if they would make it another one."""
        url = self.address.filled(text_of)
        if secret.within and not _is_within(url, secret.within):
            raise address_template.CannotBeAsked
        return url

    def request(self, text_of: Callable[[str], str], secret: Secret) -> Request:
        """Return the request for a lead's values.

        Raise CannotBeAsked if they would make it another URL, and NotOfType if one cannot be sent as its row says.
        """
        parameters = self._parameters(text_of)
        url = self.address_of(text_of, secret)
        in_query = [*(parameters if self.send_as == QUERY else []), *secret.parameters]
        if in_query:
            url += ("&" if "?" in url else "?") + urlencode(in_query, errors="replace")
        body = ""
        if self.send_as == JSON:
            body = _write_json(nested(parameters))
        elif self.send_as == FORM:
            body = urlencode(parameters, errors="replace")
        headers = {**self.headers, **secret.headers}
        if body and not any(name.lower() == "content-type" for name in self.headers):
            headers = {"Content-Type": _TYPES[self.send_as], **headers}
        return Request(self.method, url, headers, body, secret.within)

    def _parameters(self, text_of: Callable[[str], str]) -> list[tuple[str, str]]:
        values = [(row, text_of(row["field"]) if row["field"] else row["value"]) for row in self.rows]
        return [(row["name"], convert(row["name"], value, row.get("type", TEXT))) for row, value in values]


def _is_within(url: str, prefix: str) -> bool:
    try:
        return http.is_below(http.target_of(url), http.target_of(prefix))
    except http.AddressRefused:
        return False


def convert(name: str, value: str, kind: str) -> str:
    """Return the value as a text or a literal of JSON. A number or boolean that the lead does not have is null."""
    if kind == TEXT:
        return value
    if texts.is_blank(value):
        return JsonLiteral("null")
    number = number_of(value) if kind == NUMBER else None
    if number is not None:
        return JsonLiteral(number)
    if kind == BOOLEAN and (ticked := tick_of(texts.strip(value))) is not None:
        return JsonLiteral("true" if ticked else "false")
    wanted = "a number such as 1250 or 12.5" if kind == NUMBER else "a boolean such as true, yes, 1 or false, no, 0"
    raise NotOfType(f"{name} is to be sent as {wanted}, and the lead has something else there")


def _write_json(value: Any) -> str:
    """Return the JSON of a text, a literal or an object of them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_write_json(inner)}" for name, inner in value.items()) + "}"
    return str(value) if isinstance(value, JsonLiteral) else json.dumps(value)


def nested(rows: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the rows as nested objects: `contact.email` is `email` in `contact`.

    Raise KeyError if a name is given twice, or is both a value and an object.
    """
    root: dict[str, Any] = {}
    for name, value in rows:
        *outer, last = name.split(".")
        target = root
        for part in outer:
            target = target.setdefault(part, {})
            if not isinstance(target, dict):
                raise KeyError(name)
        if last in target:
            raise KeyError(name)
        target[last] = value
    return root
