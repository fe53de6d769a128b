"""A campaign with objects of every kind that the APIs know, and valid credentials."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from config.core.accounts import bearer
from config.core.models import User
from tests.cast import PASSWORD
from tests.hostile.description import Operation, found
from tests.hostile.wire import Answer, ask

V4 = "/api/v4/"
SOMEBODY = {"value": "x", "email": "a@example.com", "firstName": "A", "lastName": "B", "telephone": "+442079460002"}
SAMPLES = {"name": "Another name", "private": False, "value": "Another value", "values": [SOMEBODY]}


@dataclass
class World:
    user: User
    api_key: str
    ids: dict[str, Any]
    """A valid value of every parameter of the APIs."""
    admin: User
    """The user who calls API v4."""
    rows: dict[str, Any] = field(default_factory=dict)
    """Address below /api/v4 → the id of something that is there."""
    token: str = field(init=False)
    admins_token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token, self.admins_token = (bearer.issue(user, source=bearer.PASSWORD).access_token for user in (self.user, self.admin))

    @property
    def login(self) -> str:
        """For the faces that give tokens, as a query or a body."""
        client = {"client_id": settings.OAUTH_CLIENT["id"], "client_secret": settings.OAUTH_CLIENT["secret"]}
        return urlencode({"grant_type": "password", "username": self.user.username, "password": PASSWORD, **client})

    @property
    def feedback(self) -> str:
        """For the face that takes it, as a query or a body."""
        return urlencode({"event_id": self.ids["event_id"], "type": "conversion"})

    def target(self, operation: Operation, query: str = "", **ids: Any) -> str:
        """With the keys that go into a query; a path's enumerated words are the first ones."""
        places = {parameter["name"] for parameter in operation.parameters("path") if "enum" not in parameter["schema"]}
        known = {name: self.known(operation, name) for name in places} | ids
        keys = [f"{scheme['name']}={quote(self.api_key)}" for scheme in operation.security if scheme.get("name") == "apikey"]
        return f"{operation.target(**known)}?{'&'.join([*keys, query])}".rstrip("?&")

    def known(self, operation: Operation, name: str) -> Any:
        """Return an existing id for this parameter of the path."""
        address = operation.path.removeprefix(V4).partition("/")[0]
        return self.rows[address] if address in self.rows else self.ids[name]

    def needed(self, operation: Operation) -> str:
        """Return the required query parameters of an operation; without keys, the log-in for those that issue tokens, and feedback."""
        if not operation.security:
            return f"{self.login}&{self.feedback}"
        needed = [parameter for parameter in operation.parameters("query") if parameter.get("required")]
        return urlencode({one["name"]: one["schema"].get("enum", [self.ids.get(one["name"])])[0] for one in needed})

    def example(self, operation: Operation) -> bytes:
        """Return an example of the body, with ids that exist; where nothing is described, a sample of each name."""
        content = operation.details["requestBody"]["content"]["application/json"]
        example = content.get("example") or {name: SAMPLES.get(name) for name in found(content["schema"])["properties"]}
        return json.dumps({name: self.ids.get(name, value) for name, value in example.items()}).encode()

    def headers(self, operation: Operation) -> dict[str, str]:
        bearers = any(scheme.get("scheme", "").lower() == "bearer" for scheme in operation.security)
        token = self.admins_token if operation.path.startswith(V4) else self.token
        return {"Authorization": f"Bearer {token}"} if bearers else {}

    def ask(
        self, operation: Operation, body: bytes = b"", headers: dict[str, str] | None = None, *, query: str = "", target: str = ""
    ) -> Answer:
        said = {**self.headers(operation), **(headers or {})}
        return ask(operation.method.upper(), target or self.target(operation, query), body, said)
