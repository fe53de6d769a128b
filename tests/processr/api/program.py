"""A program that calls API v4, as the tests use it."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from campaigns import services
from config.core.accounts import bearer, roles
from config.core.models import User
from tests.cast import make_user

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


def programs_of(acme, pat, bob) -> Callable[..., Program]:
    """Return program_of(role): of a member of the party the cast's campaigns belong to; with member=False of none."""
    agency = services.create_agency("Brightfield", advertisers=[acme], actor=bob)
    party = dict.fromkeys(roles.AGENCY_SIDE, agency) | dict.fromkeys(roles.ADVERTISER_SIDE, acme) | {roles.PUBLISHER: pat}

    def make(role: str, *, member: bool = True, **details: Any) -> Program:
        user = make_user(role, **details)
        if member and role in party:
            services.add_member(user, party[role], actor=bob)
        return Program(user)

    return make
