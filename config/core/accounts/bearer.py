"""Bearer tokens: issuing, refreshing and revoking them, and authenticating requests by them."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config.core import audit
from config.core.accounts import token_store, tokens
from config.core.accounts.oauth import NotAuthorised, OAuthRefusal, refused
from config.core.accounts.token_store import StoredToken, proofs
from config.core.actor import Actor
from config.core.api import bodies, throttle
from config.core.models import AccessToken, User

__all__ = [
    "GOOD_FOR", "PASSWORD", "IssuedTokens", "NotAuthorised", "OAuthRefusal",
    "revoke_all", "revoke_for_inactive_user", "issue", "proofs", "refresh", "refused", "revoke",
    "usable_tokens", "user_of", "holds_token",
]  # fmt: skip

GOOD_FOR = timedelta(minutes=60)
REFRESHABLE_FOR = timedelta(days=14)
REFRESH_REPEATED_WITHIN = timedelta(minutes=1)
"""A program with two threads may send the same refresh token twice at once.

A spent token that comes later than this was found or stolen.
"""

PASSWORD = "password"


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """The two tokens in clear text; this is the only moment they are readable."""

    access_token: str
    refresh_token: str
    expires_in: int = int(GOOD_FOR.total_seconds())


def user_of(request: HttpRequest) -> User:
    """Return the user whose token is in the header or the query, and set it as `request.user`. Runs one query.

    Raises NotAuthorised, or OAuthRefusal 403 when the user's password is expired: such a token gives no access.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    texts = {credentials.strip()} if scheme.lower() == "bearer" else set()
    texts |= {str(value) for name, value in bodies.query(request) if name == "access_token"}
    texts.discard("")
    if len(texts) > 1:
        raise OAuthRefusal("invalid_request", "Only one method may be used to authenticate at a time (Auth header or query).")
    if not texts:
        raise NotAuthorised("access_denied", "OAuth2 authentication required")
    token = token_store.find("digest", texts.pop())
    if token is None or token.ended:
        raise NotAuthorised("invalid_grant", "The access token provided is invalid.")
    if token.expires_at <= timezone.now():
        raise NotAuthorised("invalid_grant", "The access token provided has expired.")
    if token.user.password_expired:
        raise OAuthRefusal("access_denied", "The password has expired. Sign in and change it.", status=403)
    request.user = request._cached_user = token.user  # type: ignore[attr-defined]  # the second is what Django's middleware sets
    return token.user


def issue(
    user: User, *, source: str, source_id: int | None = None, client_id: str = "", ip: str | None = None, session: uuid.UUID | None = None
) -> IssuedTokens:
    """Issue a pair of tokens.

    `session` is carried on when a token is refreshed. With a `client_id`, only that client may refresh the token.
    """
    issued, now = IssuedTokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32)), timezone.now()
    AccessToken.objects.create(
        user=user, digest=tokens.digest(issued.access_token), refresh_digest=tokens.digest(issued.refresh_token),
        session=session or uuid.uuid4(), source=source, source_id=source_id, client_id=client_id, ip=ip,
        password_mark=token_store.mark_of_password(user), expires_at=now + GOOD_FOR, refresh_expires_at=now + REFRESHABLE_FOR,
    )  # fmt: skip
    return issued


def refresh(refresh_token: str, *, client_id: str, ip: str | None = None) -> tuple[User, IssuedTokens]:
    """Exchange a refresh token, which is spent by it, for a new pair. The old access token stays valid until it expires.

    Raises OAuthRefusal. For a refresh token that was spent before, every token issued from the same session is revoked
    first.
    """
    with transaction.atomic():
        token, now = token_store.find("refresh_digest", refresh_token, locked=True), timezone.now()
        if token is not None and token.refreshable(client_id, now):
            throttle.check(throttle.login_of(token.user.username), "logins")
            AccessToken.objects.filter(pk=token.pk).update(refreshed_at=now)
            return token.user, issue(
                token.user, source=token.source, source_id=token.source_id, client_id=token.client_id, ip=ip, session=token.session
            )
    if token is not None and token.refreshed_at is not None and now - token.refreshed_at > REFRESH_REPEATED_WITHIN:
        _revoke_session(token, ip)
    raise OAuthRefusal("invalid_grant", "Invalid refresh token")


def revoke_all(user: User) -> None:
    """Revoke the user's access tokens together with their refresh tokens."""
    revoke(AccessToken.objects.filter(user=user))


def revoke_for_inactive_user(*, instance: User, **_: Any) -> None:
    """Revoke all tokens of a user who is deactivated (a `post_save` receiver), so that none is valid after a reactivation."""
    if not instance.is_active:
        revoke_all(instance)


def holds_token(user: User, *, source: str, source_id: int | None, ip: str | None) -> bool:
    """Return whether the user holds a token of the same source from the same address, so that this log-in is nothing new."""
    return AccessToken.objects.filter(user=user, source=source, source_id=source_id, ip=ip).exists()


@transaction.atomic
def _revoke_session(token: StoredToken, ip: str | None) -> None:
    if revoke(AccessToken.objects.filter(session=token.session)):
        actor = Actor(str(token.user), token.user.pk, ip)
        audit.record(actor=actor, page="API", action="Spent refresh token used again", obj=token.user, severity="high")


def usable_tokens(user: User) -> QuerySet[AccessToken]:
    """Return the user's tokens that still give access, or a new token by their refresh token."""
    now = timezone.now()
    refreshable = Q(refresh_expires_at__gt=now, refreshed_at=None)
    own = AccessToken.objects.filter(user=user, revoked_at=None, password_mark=token_store.mark_of_password(user))
    return own.filter(Q(expires_at__gt=now) | refreshable)


def revoke(rows: QuerySet[AccessToken]) -> int:
    return rows.filter(revoked_at=None).update(revoked_at=timezone.now())
