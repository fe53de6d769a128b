"""The sessions and tokens on the profile page: seen and ended by the user they belong to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from config.core import audit, client_address
from config.core.accounts import bearer, sessions
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.ids import ids_in

PAGE = "Profile"


@dataclass(frozen=True, slots=True)
class TokenGroup:
    """Tokens that a user's programs hold, of one source and one address: a program that logs in all day is one line."""

    source: str
    source_id: int | None
    address: str
    number: int
    newest_at: datetime

    @property
    def label(self) -> str:
        return self.source[:1].upper() + self.source[1:]


def profile_context(request: UserRequest) -> dict[str, Any]:
    """Return what the profile page shows of sessions and tokens."""
    return {
        "sessions": sessions.open_sessions(request.user, present=request.session),
        "tokens": token_groups(request),
    }


def token_groups(request: UserRequest) -> list[TokenGroup]:
    rows = bearer.usable_tokens(request.user).values("source", "source_id", "ip")
    groups = rows.annotate(number=Count("pk"), newest_at=Max("created_at")).order_by("-newest_at")[: sessions.SHOWN_AT_MOST]
    return [TokenGroup(row["source"], row["source_id"], row["ip"] or "", row["number"], row["newest_at"]) for row in groups]


@require_POST
def sessions_end(request: UserRequest) -> HttpResponse:
    """End the session whose name is posted, or all but the present one for the name "others"."""
    with transaction.atomic():
        ended = sessions.end_others(request.user, present=request.session, name=request.POST.get("session", ""))
        if ended:
            audit.record(
                actor=actor_of(request), action="Ended their sessions", page=PAGE, obj=request.user,
                after={"sessions": ended}, severity="medium",
            )  # fmt: skip
    messages.success(request, f"{ended} session{'' if ended == 1 else 's'} ended." if ended else "No other session was open.")
    return redirect("profile")


@require_POST
def tokens_revoke(request: UserRequest) -> HttpResponse:
    """Revoke the tokens of the posted source and address, or all of the user's tokens for the source "all"."""
    source, source_id = request.POST.get("source", ""), request.POST.get("source_id", "")
    chosen = bearer.usable_tokens(request.user)
    if source not in ("all", bearer.PASSWORD, *bearer.proofs):
        chosen = chosen.none()
    elif source != "all":
        number = next(iter(ids_in([source_id])), None)
        chosen = chosen.filter(source=source, source_id=number, ip=client_address.canonical(request.POST.get("address", "")))
    with transaction.atomic():
        revoked = bearer.revoke(chosen)
        if revoked:
            audit.record(
                actor=actor_of(request), action="Revoked their tokens", page=PAGE, obj=request.user,
                after={"tokens": revoked}, severity="medium",
            )  # fmt: skip
    messages.success(request, f"{revoked} token{'' if revoked == 1 else 's'} revoked." if revoked else "No such token was usable.")
    return redirect("profile")
