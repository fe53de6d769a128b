"""The token endpoints `/api/login` and `/oauth/v2/token`, in the formats that existing clients expect."""

import base64
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from campaigns import program_logins
from campaigns.program_logins import ProgramLogin
from config.core.accounts import bearer
from config.core.accounts.bearer import OAuthRefusal
from config.core.api import bodies
from config.core.api.api_view import api_view, json_response
from config.core.errors import DomainError
from config.core.pg_text import is_storable

API_KEY_GRANT = "https://convertr.cvtr.io/grants/api_key"
API_KEY_GRANT_IN_HTTP = "http://convertr.cvtr.io/grants/api_key"
"""A second spelling, which existing clients send. It names a grant and is never called, so it means the same."""
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_EXAMPLE = '{"username": "…", "password": "…"}'

Parameters = dict[str, str]


def refused(refusal: DomainError) -> HttpResponse:
    """Return every refusal in OAuth's format, also those that OAuth does not define."""
    if not isinstance(refusal, OAuthRefusal):
        error = "too_many_requests" if refusal.status == 429 else "invalid_request"
        refusal = OAuthRefusal(error, str(refusal), status=refusal.status, headers=refusal.headers)
    return bearer.refused(refusal)


_token_view = partial(api_view, refused=refused)


@_token_view("POST")
def login(request: HttpRequest) -> HttpResponse:
    """Log in by password. The parameters of a second factor are accepted and ignored, as there is none."""
    parameters = _read_parameters(request, in_query=False)
    client = settings.OAUTH_CLIENT
    program_login = program_logins.by_password(request, **_require(parameters, "username", "password"), client_id=client["id"])
    user = program_login.user
    return _answer(
        program_login,
        client_id=client["id"] or None,
        client_secret=client["secret"] or None,
        user_id=user.pk,
        password_expired=user.password_expired,
    )


@_token_view("GET", "POST")
def token(request: HttpRequest) -> HttpResponse:
    parameters = _read_parameters(request, in_query=True)
    grant_type = parameters.get("grant_type", "")
    if not grant_type:
        raise OAuthRefusal("invalid_request", "Invalid grant_type parameter or parameter missing")
    grant = _GRANTS.get(grant_type)
    if grant is None:
        raise OAuthRefusal("unsupported_grant_type", f"Send one of these as grant_type: {', '.join(_GRANTS)}")
    return _answer(grant(request, parameters, _check_client(request, parameters)))


def _by_key(request: HttpRequest, parameters: Parameters, client_id: str) -> ProgramLogin:
    return program_logins.by_key(request, **_require(parameters, "api_key"), client_id=client_id)


def _by_password(request: HttpRequest, parameters: Parameters, client_id: str) -> ProgramLogin:
    if not client_id:
        raise OAuthRefusal("invalid_client", "Client id was not found in the headers or body")
    return program_logins.by_password(request, **_require(parameters, "username", "password"), client_id=client_id)


def _by_refresh_token(request: HttpRequest, parameters: Parameters, client_id: str) -> ProgramLogin:
    return program_logins.by_refresh_token(request, **_require(parameters, "refresh_token"), client_id=client_id)


_GRANTS: dict[str, Callable[[HttpRequest, Parameters, str], ProgramLogin]] = {
    API_KEY_GRANT: _by_key,
    API_KEY_GRANT_IN_HTTP: _by_key,
    "password": _by_password,
    "refresh_token": _by_refresh_token,
}


def _answer(program_login: ProgramLogin, **more: Any) -> HttpResponse:
    issued = program_login.issued
    body = {"access_token": issued.access_token, "expires_in": issued.expires_in, "token_type": "bearer", "scope": None}
    return json_response({**body, "refresh_token": issued.refresh_token, **more}, headers=NO_STORE)


def _read_parameters(request: HttpRequest, *, in_query: bool) -> Parameters:
    """Return one text for each name. Empty values and null count as missing."""
    pairs = [*bodies.query(request)] if in_query else []
    if request.method == "POST":
        bodies.body(request)
        pairs += bodies.pairs(request, what="the parameters", example=_EXAMPLE)
    names = [name for name, _ in pairs]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise OAuthRefusal("invalid_request", f"Sent more than once: {', '.join(sorted(repeated))}")
    parameters: Parameters = {}
    for name, value in pairs:
        if value in (None, ""):
            continue
        if not isinstance(value, str) or not is_storable(value):  # JSON can contain lone surrogates
            raise OAuthRefusal("invalid_request", f"The value of {name} must be a text.")
        parameters[name] = value
    return parameters


def _require(parameters: Parameters, *names: str) -> Parameters:
    if missing := [name for name in names if name not in parameters]:
        raise OAuthRefusal("invalid_request", f"Missing parameters: {', '.join(missing)}")
    return {name: parameters[name] for name in names}


def _check_client(request: HttpRequest, parameters: Parameters) -> str:
    """Return the client id, given as parameters or by HTTP Basic, or an empty string. Raise OAuthRefusal for a wrong client."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    client = (parameters.get("client_id", ""), parameters.get("client_secret", ""))
    if scheme.lower() == "basic":
        return _check_basic_client(credentials, client)
    if client != ("", ""):
        program_logins.check_client(*client)
    return client[0]


def _check_basic_client(credentials: str, client_in_parameters: tuple[str, str]) -> str:
    try:
        client_id, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        client = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
        program_logins.check_client(*client)
    except (ValueError, OAuthRefusal) as error:
        challenge = {"WWW-Authenticate": 'Basic realm="Service"'}
        raise OAuthRefusal("invalid_client", "The client credentials are invalid", status=401, headers=challenge) from error
    for value, value_in_header in zip(client_in_parameters, client, strict=True):
        if value not in ("", value_in_header):
            raise OAuthRefusal("invalid_request", "The client differs between header and parameters.")
    return client[0]
