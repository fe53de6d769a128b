"""Logins of API clients by password or API key: rate-limited, locked after wrong passwords, audited; and revoking a key."""

import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from campaigns.models import ApiKey
from config.core import audit, client_address
from config.core.accounts import bearer, tokens
from config.core.accounts.bearer import IssuedTokens, OAuthRefusal
from config.core.actor import Actor
from config.core.api import throttle
from config.core.models import User

PAGE = "API"
API_KEY = "api key"
KEY_IN_FORCE = "EXISTS (SELECT 1 FROM campaigns_apikey AS key WHERE key.id = token.source_id AND key.revoked_at IS NULL)"
"""For `bearer.proofs`: a token is valid only as long as its key."""
LONGEST_NAME = User._meta.get_field("username").max_length or 0
LONGEST_PASSWORD = 4096


class LockedOut(OAuthRefusal):
    """Too many wrong passwords for one user name from one address. The sign-in page shares the count."""

    def __init__(self) -> None:
        seconds = int(settings.AXES_COOLOFF_TIME * 3600)
        message = f"Too many wrong passwords. Come again in {seconds // 60} minutes."
        super().__init__("too_many_requests", message, status=429, headers={"Retry-After": str(seconds)})


@dataclass(frozen=True, slots=True)
class ProgramLogin:
    user: User
    issued: IssuedTokens


def by_password(request: HttpRequest, *, username: str, password: str, client_id: str) -> ProgramLogin:
    """Log in by password, with the user name normalised as on the sign-in page.

    An unknown user, a wrong password and an inactive user get the same answer, with the same amount of work.
    """
    name = unicodedata.normalize("NFKC", username).strip()
    lockout_request = _lockout_request(request)
    _throttle_address(request)
    if not name or len(name) > LONGEST_NAME or len(password) > LONGEST_PASSWORD:
        _refuse_password()
    if not AxesProxyHandler.is_allowed(lockout_request, {"username": name}):
        raise LockedOut
    throttle.check(throttle.login_of(name), "logins")
    user = authenticate(lockout_request, username=name, password=password)
    if not isinstance(user, User):
        _refuse_login(name, lockout_request)
    return _issue_token(user, request, source=bearer.PASSWORD, source_id=None, client_id=client_id, by="password")


def by_key(request: HttpRequest, *, api_key: str, client_id: str) -> ProgramLogin:
    """Log in by API key. Only the key of a publisher works without a client (decision 27)."""
    _throttle_address(request)
    digest = tokens.digest(api_key)
    throttle.check(f"key:{digest}", "logins")
    key = ApiKey.objects.select_related("user").filter(digest=digest, revoked_at=None, user__is_active=True).first()
    if key is None:
        raise OAuthRefusal("invalid_grant", "Invalid API key")
    if not client_id and key.publisher_id is None:
        refuse_client()
    today = timezone.localdate()
    if key.last_used_on != today:
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=today)
    return _issue_token(key.user, request, source=API_KEY, source_id=key.pk, client_id=client_id, by=f"API key {key.prefix}…")


def by_refresh_token(request: HttpRequest, *, refresh_token: str, client_id: str) -> ProgramLogin:
    _throttle_address(request)
    return ProgramLogin(*bearer.refresh(refresh_token, client_id=client_id, ip=client_address.peer(request)))


def check_client(client_id: str, client_secret: str) -> None:
    """Check the platform's one client. Without a configured client every client is refused."""
    expected = settings.OAUTH_CLIENT
    pairs = ((client_id, expected["id"]), (client_secret, expected["secret"]))
    matches = [constant_time_compare(value, expected_value) for value, expected_value in pairs if expected_value]
    if matches != [True, True]:
        refuse_client()


def refuse_client() -> NoReturn:
    raise OAuthRefusal("invalid_client", "The client credentials are invalid")


@transaction.atomic
def revoke_key(key: ApiKey, *, actor: Actor) -> None:
    """Revoke the key. This ends its tokens and their refresh tokens."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(actor=actor, page="Users", action="API key revoked", obj=key.user, before={"prefix": key.prefix}, severity="medium")


def _issue_token(user: User, request: HttpRequest, *, source: str, source_id: int | None, client_id: str, by: str) -> ProgramLogin:
    """Issue a token.

    The audit trail records one entry for each kind of login from an address, not one for each token, as clients log in
    all day.
    """
    throttle.check(f"user:{user.pk}", "all")
    ip = client_address.peer(request)
    with transaction.atomic():
        if not bearer.holds_token(user, source=source, source_id=source_id, ip=ip):
            actor = Actor(str(user), user.pk, ip)
            audit.record(actor=actor, page=PAGE, action="Signed in", obj=user, after={"by": by})
        return ProgramLogin(user, bearer.issue(user, source=source, source_id=source_id, client_id=client_id, ip=ip))


def _refuse_login(name: str, lockout_request: HttpRequest) -> NoReturn:
    """Refuse the login. Refusals of existing users are audited, as on the sign-in page; the lockout limits their number."""
    is_locked = getattr(lockout_request, "axes_locked_out", False)
    if user := User.objects.filter(username=name).first():
        actor = Actor(str(user), user.pk, client_address.peer(lockout_request))
        action, severity = ("Locked out", "high") if is_locked else ("Sign-in refused", "medium")
        audit.record(actor=actor, page=PAGE, action=action, obj=user, severity=severity)
    if is_locked:
        raise LockedOut
    _refuse_password()


def _refuse_password() -> NoReturn:
    raise OAuthRefusal("invalid_grant", "Invalid username and password combination")


def _throttle_address(request: HttpRequest) -> None:
    if peer := client_address.peer(request):
        throttle.check(f"address:{peer}", "logins_of_address")


def _lockout_request(request: HttpRequest) -> HttpRequest:
    """Return a request for the lockout check, with the sender's address and without the parameters, which contain passwords and keys."""
    copy = HttpRequest()
    copy.method, copy.path = request.method, request.path
    copy.META = {name: request.META[name] for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR") if name in request.META}
    return copy
