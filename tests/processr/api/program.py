"""A program that calls API v4, as the tests use it."""

import json
from typing import Any

from django.test import Client

from config.core.accounts import bearer
from config.core.models import User

BASE = "/api/v4/"


class Program:
    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client(raise_request_exception=False)
        self.token = bearer.issue(user, source=bearer.PASSWORD).access_token

    def ask(self, method: str, path: str, body: Any = None, **headers: str):
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        said = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.generic(method, BASE + path.removeprefix(BASE), sent, "application/json", headers=said)

    def get(self, path: str, **headers: str):
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any):
        return self.ask("POST", path, body)

    def patch(self, path: str, body: Any, **headers: str):
        return self.ask("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str):
        return self.ask("DELETE", path, **headers)

    def members(self, path: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        assert answer.status_code == 200, answer.content
        members: list[dict[str, Any]] = answer.json()["hydra:member"]
        return members


def wrong(answer, status: int = 400) -> set[str]:
    """Check the form of a refusal and return the property paths it names."""
    assert (answer.status_code, answer.json()["@type"]) == (status, "hydra:Error"), answer.content
    assert answer.json()["hydra:description"]
    return {violation["propertyPath"] for violation in answer.json()["violations"]}
