"""The views that a user may open."""

from django.db.models import Q, QuerySet

from config.core.accounts import roles
from config.core.extension_points import agencies_of
from config.core.models import SavedTable, User


def agencies_for(user: User) -> dict[int, str]:
    """Return the agencies with which the user shares views, in one query for users of agencies and in none for others."""
    if user.role not in roles.AGENCY_SIDE:
        return {}
    return {pk: name for load in agencies_of for pk, name in load(user).items()}


def views_for(user: User, table: str) -> QuerySet[SavedTable]:
    """Return the user's own views of a list, and those shared with the user's role, or of it in the user's agency."""
    views = SavedTable.objects.filter(table=table)
    shared = Q(shared_with__contains=[user.role], user__is_active=True)
    if user.role in roles.AGENCY_SIDE:
        return views.filter(Q(user=user) | shared & (Q(agency=None) | Q(agency__in=agencies_for(user))))
    return views.filter(Q(user=user) | shared & Q(agency=None))


def may_share(user: User) -> bool:
    return user.role in SHARES_WITH_ROLES | roles.AGENCY_SIDE


def may_delete(user: User, view: SavedTable) -> bool:
    return view.user_id == user.pk or (view.is_shared and user.role == roles.ADMIN)


SHARES_WITH_ROLES = frozenset({roles.ADMIN, roles.SUPER})
