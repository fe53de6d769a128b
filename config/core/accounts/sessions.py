"""The sessions of a user: where they are signed in, and ending them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config.core import client_address
from config.core.accounts import tokens
from config.core.models import User, UserSession

LAST_ACTIVITY = "seen_at"
SIGNED_IN_AT, SIGNED_IN_FROM = "signed_in_at", "signed_in_from"
OTHERS = "others"
SHOWN_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its user sees it. `name` is a digest: the key itself would let anyone in who sees the page."""

    name: str
    address: str
    signed_in_at: datetime | None
    active_at: datetime | None
    is_present: bool


def remember_sign_in(request: HttpRequest) -> None:
    """Keep the time and the address of a sign-in. A change of password takes both over into the new session."""
    request.session[SIGNED_IN_AT] = timezone.now().timestamp()
    request.session[SIGNED_IN_FROM] = client_address.peer(request) or ""


def open_sessions(user: User, *, present: SessionBase) -> list[OpenSession]:
    """Return the user's sessions, the present one first, then those that were written last."""
    rows = _unexpired(user).order_by("-expire_date")[:SHOWN_AT_MOST]
    opened = [_open_session(row, present) for row in rows]
    return sorted(opened, key=lambda session: not session.is_present)


def end_others(user: User, *, present: SessionBase, name: str) -> int:
    """Delete the user's session of that name, or all but the present one for OTHERS. Return how many were deleted."""
    keys = _unexpired(user).exclude(pk=present.session_key or "").values_list("pk", flat=True)
    chosen = [key for key in keys if name in (OTHERS, tokens.digest(key))]
    deleted, _ = UserSession.objects.filter(pk__in=chosen).delete()
    return deleted


def end_all(user: User) -> int:
    """Delete the sessions of a user who is deactivated, so that none is valid after a reactivation. Return their number."""
    deleted, _ = UserSession.objects.filter(user_id=user.pk).delete()
    return deleted


def _unexpired(user: User) -> QuerySet[UserSession]:
    return UserSession.objects.filter(user_id=user.pk, expire_date__gt=timezone.now())


def _open_session(row: UserSession, present: SessionBase) -> OpenSession:
    data = row.get_decoded()
    return OpenSession(
        name=tokens.digest(row.pk),
        address=str(data.get(SIGNED_IN_FROM, "")),
        signed_in_at=_moment(data.get(SIGNED_IN_AT)),
        active_at=_moment(data.get(LAST_ACTIVITY)),
        is_present=row.pk == present.session_key,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
