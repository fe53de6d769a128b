"""A campaign with everything the faces can be asked about, and how to ask for it with valid credentials."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from config.panel import bearer
from config.panel.models import User
from tests.cast import PASSWORD
from tests.hostile.description import Operation
from tests.hostile.wire import Answer, ask


@dataclass
class World:
    user: User
    api_key: str
    ids: dict[str, int]
    """Of every parameter the faces have, one that exists."""
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.token = bearer.issue(self.user, source=bearer.PASSWORD).access_token

    @property
    def login(self) -> str:
        """For the faces that give tokens, as a query or a body."""
        client = {"client_id": settings.OAUTH_CLIENT["id"], "client_secret": settings.OAUTH_CLIENT["secret"]}
        return urlencode({"grant_type": "password", "username": self.user.username, "password": PASSWORD, **client})

    def target(self, operation: Operation, query: str = "", **ids: Any) -> str:
        """With the keys that go into a query; a path's enumerated words are the first ones."""
        places = {parameter["name"] for parameter in operation.parameters("path") if "enum" not in parameter["schema"]}
        known = {name: self.ids[name] for name in places} | ids
        keys = [f"{scheme['name']}={quote(self.api_key)}" for scheme in operation.security if scheme.get("name") == "apikey"]
        return f"{operation.target(**known)}?{'&'.join([*keys, query])}".rstrip("?&")

    def headers(self, operation: Operation) -> dict[str, str]:
        bearers = any(scheme.get("scheme", "").lower() == "bearer" for scheme in operation.security)
        return {"Authorization": f"Bearer {self.token}"} if bearers else {}

    def ask(
        self, operation: Operation, body: bytes = b"", headers: dict[str, str] | None = None, *, query: str = "", target: str = ""
    ) -> Answer:
        said = {**self.headers(operation), **(headers or {})}
        return ask(operation.method.upper(), target or self.target(operation, query), body, said)
