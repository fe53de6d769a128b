"""A partner's program as the tests drive it: it asks for tokens the ways the documents show, and calls with them."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from config.core.models import User
from tests.cast import PASSWORD

LOGIN, TOKEN = "/api/login", "/oauth/v2/token"
API_KEY_GRANT = "https://convertr.cvtr.io/grants/api_key"
URLENCODED, JSON = "application/x-www-form-urlencoded", "application/json"
BAD_LOGIN = (400, {"error": "invalid_grant", "error_description": "Invalid username and password combination"})


class Program:
    def __init__(self, address: str = "203.0.113.9") -> None:
        self.client = Client(raise_request_exception=False, REMOTE_ADDR=address)

    @property
    def own(self) -> dict[str, str]:
        return {"client_id": settings.OAUTH_CLIENT["id"], "client_secret": settings.OAUTH_CLIENT["secret"]}

    def post(self, path: str, body: bytes | str, content_type: str = URLENCODED, **headers: str):
        return self.client.generic("POST", path, body, content_type, headers=headers)

    def login(self, user: User | str, password: str = PASSWORD, **beside: Any):
        username = user.username if isinstance(user, User) else user
        return self.post(LOGIN, urlencode({"username": username, "password": password, **beside}))

    def login_in_json(self, body: Any):
        return self.post(LOGIN, json.dumps(body), JSON)

    def token(self, **parameters: Any):
        return self.post(TOKEN, urlencode(parameters))

    def token_by_get(self, **parameters: Any):
        return self.client.get(TOKEN, parameters)

    def by_key(self, api_key: str, **beside: Any):
        return self.token(grant_type=API_KEY_GRANT, api_key=api_key, **beside)

    def refresh(self, refresh_token: str, **client: Any):
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **(client or self.own))


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def said(answer) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def error(answer) -> tuple[int, str]:
    """Return the status and OAuth's error code."""
    body = answer.json()
    assert set(body) == {"error", "error_description"}, body
    assert body["error_description"]
    return answer.status_code, body["error"]
