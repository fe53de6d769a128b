"""Views of the Leads page in the demo world: what an enterprise and an agency share."""

from typing import Any

from config.core.accounts import roles
from config.core.actor import Actor
from config.core.lists.saved.selectors import agencies_for
from config.core.lists.saved.services import ViewContent, create_view, share_view
from config.core.models import User

TABLE = "leads"
CAUTION = ("id", "name", "company", "current_status", "score", "failed_jobs", "campaign", "publisher", "created_at")
PAID = ("id", "created_at", "campaign", "publisher", "publisher_payout", "advertiser_payout", "delivery", "first_delivered_at")
ORIGIN = ("id", "name", "email", "captured:jobTitle", "country", "ip", "entry_point", "link", "channel", "publisher", "created_at")
INVALID = ("id", "name", "company", "current_status", "flag_reason", "flag_comment", "campaign", "created_at")
SHARED = {
    "Caution, oldest first": (ViewContent(CAUTION, {"current_status": ["caution"]}, "id", 50), roles.MANAGES_CAMPAIGNS),
    "What is paid": (ViewContent(PAID, {"billable": ["yes"]}, "", 100), roles.MANAGES_CAMPAIGNS | {roles.PUBLISHER}),
    "Where leads come from": (ViewContent(ORIGIN, {}, "-created_at", 50), roles.SEES_EVERYTHING),
}
"""The last two show what a role may not see: publishers read no advertiser's payout, and masked roles read dots."""
OF_THE_AGENCY = ViewContent(INVALID, {"current_status": ["invalid"]}, "", 50)
NARROW = ViewContent(("id", "name", "email", "phone", "campaign"), {}, "", 25)


def save(world: dict[str, Any]) -> None:
    """Save views of an admin and of an agency's user, and share them."""
    usernames = {entry["role"]: entry["username"] for entry in reversed(world["users"])}
    admin, agent = (User.objects.get(username=usernames[role]) for role in (roles.ADMIN, roles.AGENCY))
    for name, (content, shared_with) in SHARED.items():
        _share(admin, name, content, with_roles=shared_with, agency=None)
    for agency in list(agencies_for(agent))[:1]:
        _share(agent, "Invalid leads and why", OF_THE_AGENCY, with_roles=frozenset(), agency=agency)
    create_view(admin, TABLE, "To call back", NARROW, actor=Actor(str(admin), admin.pk))


def _share(user: User, name: str, content: ViewContent, *, with_roles: frozenset[str], agency: int | None) -> None:
    actor = Actor(str(user), user.pk)
    view = create_view(user, TABLE, name, content, actor=actor)
    share_view(view, user, with_roles=with_roles, agency=agency, personal=(), actor=actor)
