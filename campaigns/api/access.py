"""The token endpoints `/api/login` and `/oauth/v2/token`, in the formats that existing clients expect."""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from campaigns import program_logins
from campaigns.program_logins import LoggedIn
from config.core.accounts import bearer
from config.core.accounts.bearer import OAuthRefusal
from config.core.api import bodies
from config.core.api.api_view import api_view, in_json
from config.core.errors import DomainError
from config.core.pg_text import is_storable

API_KEY_GRANT = "https://convertr.cvtr.io/grants/api_key"
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_EXAMPLE = '{"username": "…", "password": "…"}'

Parameters = dict[str, str]


def refused(refusal: DomainError) -> HttpResponse:
    """Return every refusal in OAuth's format, also those that OAuth does not define."""
    if not isinstance(refusal, OAuthRefusal):
        error = "too_many_requests" if refusal.status == 429 else "invalid_request"
        refusal = OAuthRefusal(error, str(refusal), status=refusal.status, headers=refusal.headers)
    return bearer.refused(refusal)


_gives_tokens = partial(api_view, refused=refused)


@_gives_tokens("POST")
def login(request: HttpRequest) -> HttpResponse:
    """Log in by password. The parameters of a second factor are accepted and ignored, as there is none."""
    said = _parameters(request, in_query=False)
    client = settings.OAUTH_CLIENT
    logged_in = program_logins.by_password(request, **_named(said, "username", "password"), client_id=client["id"])
    user = logged_in.user
    beside = {"client_id": client["id"] or None, "client_secret": client["secret"] or None}
    return _answer(logged_in, **beside, user_id=user.pk, password_expired=user.password_expired)


@_gives_tokens("GET", "POST")
def token(request: HttpRequest) -> HttpResponse:
    said = _parameters(request, in_query=True)
    name = said.get("grant_type", "")
    if not name:
        raise OAuthRefusal("invalid_request", "Invalid grant_type parameter or parameter missing")
    grant = _GRANTS.get(name)
    if grant is None:
        raise OAuthRefusal("unsupported_grant_type", f"Send one of these as grant_type: {', '.join(_GRANTS)}")
    return _answer(grant(request, said, _client(request, said)))


def _by_key(request: HttpRequest, said: Parameters, client_id: str) -> LoggedIn:
    return program_logins.by_key(request, **_named(said, "api_key"), client_id=client_id)


def _by_password(request: HttpRequest, said: Parameters, client_id: str) -> LoggedIn:
    if not client_id:
        raise OAuthRefusal("invalid_client", "Client id was not found in the headers or body")
    return program_logins.by_password(request, **_named(said, "username", "password"), client_id=client_id)


def _refreshed(request: HttpRequest, said: Parameters, client_id: str) -> LoggedIn:
    return program_logins.refreshed(request, **_named(said, "refresh_token"), client_id=client_id)


_GRANTS: dict[str, Callable[[HttpRequest, Parameters, str], LoggedIn]] = {
    API_KEY_GRANT: _by_key,
    "password": _by_password,
    "refresh_token": _refreshed,
}


def _answer(logged_in: LoggedIn, **beside: Any) -> HttpResponse:
    issued = logged_in.issued
    body = {"access_token": issued.access_token, "expires_in": issued.expires_in, "token_type": "bearer", "scope": None}
    return in_json({**body, "refresh_token": issued.refresh_token, **beside}, headers=NOT_KEPT)


def _parameters(request: HttpRequest, *, in_query: bool) -> Parameters:
    """Return one text for each name. Empty values and null count as missing."""
    sent = [*bodies.query(request)] if in_query else []
    if request.method == "POST":
        bodies.body(request)
        sent += bodies.pairs(request, what="the parameters", example=_EXAMPLE)
    names = [name for name, _ in sent]
    if twice := {name for name in names if names.count(name) > 1}:
        raise OAuthRefusal("invalid_request", f"Sent more than once: {', '.join(sorted(twice))}")
    return {name: _text(name, value) for name, value in sent if value not in (None, "")}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not is_storable(value):  # JSON can contain lone surrogates
        raise OAuthRefusal("invalid_request", f"The value of {name} must be a text.")
    return value


def _named(said: Parameters, *names: str) -> Parameters:
    if missing := [name for name in names if name not in said]:
        raise OAuthRefusal("invalid_request", f"Missing parameters: {', '.join(missing)}")
    return {name: said[name] for name in names}


def _client(request: HttpRequest, said: Parameters) -> str:
    """Return the client id, given as parameters or by HTTP Basic, or an empty string. Raise OAuthRefusal for a wrong client."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    given = (said.get("client_id", ""), said.get("client_secret", ""))
    if scheme.lower() == "basic":
        return _basic_client(credentials, given)
    if given != ("", ""):
        program_logins.check_client(*given)
    return given[0]


def _basic_client(credentials: str, given: tuple[str, str]) -> str:
    try:
        client_id, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        client = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
        program_logins.check_client(*client)
    except (ValueError, OAuthRefusal) as error:
        raise _wrong_basic() from error
    if any(beside not in ("", own) for beside, own in zip(given, client, strict=True)):
        raise OAuthRefusal("invalid_request", "The client differs between header and parameters.")
    return client[0]


def _wrong_basic() -> OAuthRefusal:
    challenge = {"WWW-Authenticate": 'Basic realm="Service"'}
    return OAuthRefusal("invalid_client", "The client credentials are invalid", status=401, headers=challenge)
