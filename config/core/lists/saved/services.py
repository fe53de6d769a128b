"""Writing of views. Only its owner changes a view; an Admin may delete a shared one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from config.core import audit
from config.core.accounts import roles
from config.core.actor import Actor
from config.core.errors import DomainError
from config.core.lists.saved.selectors import SHARES_WITH_ROLES, agencies_for, may_delete, may_share
from config.core.models import SavedTable, User
from config.core.models.names import check_name
from config.core.pg_text import is_storable

COLUMNS_AT_MOST = 60
VIEWS_AT_MOST = 100
"""Named views of one user for one list."""
LONGEST_NAME = 80
LONGEST_FILTER = 4_000
"""Signs of a view's filter: it stands in an address."""


@dataclass(frozen=True)
class ViewContent:
    """The content of a view: what the page shows when it is saved."""

    columns: Sequence[str]
    filter: Mapping[str, Sequence[str]]
    order: str
    per_page: int


def save_own_columns(user: User, table: str, columns: Sequence[str], *, actor: Actor) -> None:
    """Make these the columns of the user's own table."""
    _check_columns(columns)
    with transaction.atomic():
        own, _ = SavedTable.objects.update_or_create(user=user, table=table, name="", defaults={"columns": list(columns)})
        audit.record(actor=actor, action="own table saved", page=table, obj=own, after={"columns": list(columns)})


@transaction.atomic
def reset_own_columns(user: User, table: str, *, actor: Actor) -> None:
    """Give the user the columns that everybody begins with."""
    own = SavedTable.objects.filter(user=user, table=table, name="").first()
    if own is not None:
        audit.record(actor=actor, action="own table reset", page=table, obj=own, before={"columns": own.columns})
        own.delete()


def create_view(user: User, table: str, name: str, content: ViewContent, *, actor: Actor) -> SavedTable:
    name = _checked_name(name)
    _check(content)
    if SavedTable.objects.filter(user=user, table=table).exclude(name="").count() >= VIEWS_AT_MOST:
        raise DomainError(f"You have {VIEWS_AT_MOST} views of this list, which is the most. Delete one first.", field="name")
    try:
        with transaction.atomic():
            view = SavedTable.objects.create(
                user=user, table=table, name=name, columns=list(content.columns), filter=_as_lists(content.filter), order=content.order,
                per_page=content.per_page,
            )  # fmt: skip
            audit.record(actor=actor, action="view created", page=table, obj=view, after=_recorded(view))
    except IntegrityError as error:
        raise DomainError(f"You have a view “{name}” of this list already. Choose another name.", field="name") from error
    return view


@transaction.atomic
def save_view(view: SavedTable, content: ViewContent, *, personal: Collection[str], actor: Actor) -> list[str]:
    """Save the content in a view of one's own. Return the personal filters that were left out because the view is shared."""
    _lock_own(view, actor)
    _check(content)
    before = _recorded(view)
    left_out = sorted(content.filter.keys() & set(personal)) if view.is_shared else []
    kept = {name: values for name, values in content.filter.items() if name not in left_out}
    view.columns, view.filter, view.order, view.per_page = list(content.columns), _as_lists(kept), content.order, content.per_page
    view.save(update_fields=["columns", "filter", "order", "per_page"])
    audit.record(actor=actor, action="view saved", page=view.table, obj=view, before=before, after=_recorded(view))
    return left_out


@transaction.atomic
def share_view(
    view: SavedTable, user: User, *, with_roles: Collection[str], agency: int | None, personal: Collection[str], actor: Actor
) -> list[str]:
    """Share a view with roles, or with one's own agency; with nobody, make it private. Return the personal filters that were left out.

    The values of filters by e-mail address, telephone number and name, and of any other that is masked for some role,
    leave a view when it is shared (decision 56).
    """
    _lock_own(view, actor)
    if not may_share(user):
        raise DomainError("Your role shares no views: Admin, Super User and agencies do.", status=403)
    before = _recorded(view)
    view.shared_with, view.agency = _audience(user, with_roles, agency)
    left_out = sorted(view.filter.keys() & set(personal)) if view.is_shared else []
    view.filter = {name: values for name, values in view.filter.items() if name not in left_out}
    view.save(update_fields=["shared_with", "agency", "filter"])
    action = "view shared" if view.is_shared else "view made private"
    audit.record(actor=actor, action=action, page=view.table, obj=view, before=before, after=_recorded(view))
    return left_out


@transaction.atomic
def share_copy(
    view: SavedTable, user: User, name: str, *, with_roles: Collection[str], agency: int | None, personal: Collection[str], actor: Actor
) -> SavedTable:
    """Share a copy of the view without its personal filters, which the view itself keeps. Return the copy."""
    _lock_own(view, actor)
    kept = {parameter: values for parameter, values in view.filter.items() if parameter not in personal}
    copy = create_view(user, view.table, name, ViewContent(view.columns, kept, view.order, view.per_page), actor=actor)
    share_view(copy, user, with_roles=with_roles, agency=agency, personal=personal, actor=actor)
    return copy


@transaction.atomic
def set_default(view: SavedTable, *, is_default: bool, actor: Actor) -> None:
    """Open the view when its owner opens the list without any parameter, or no longer."""
    own = SavedTable.objects.filter(user=view.user_id, table=view.table)
    list(own.select_for_update().order_by("pk"))  # all of them, so that two requests for different views take turns
    _lock_own(view, actor)
    own.filter(is_default=True).update(is_default=False)
    view.is_default = is_default
    view.save(update_fields=["is_default"])
    action = "view made default" if is_default else "view no longer default"
    audit.record(actor=actor, action=action, page=view.table, obj=view, after={"name": view.name})


@transaction.atomic
def delete_view(view: SavedTable, user: User, *, actor: Actor) -> None:
    _lock(view)
    if not may_delete(user, view):
        raise DomainError(NOT_YOURS, status=403)
    audit.record(actor=actor, action="view deleted", page=view.table, obj=view, before=_recorded(view))
    view.delete()


NOT_YOURS = "This view is somebody else's. Save it under a name of your own to change it."


def _lock_own(view: SavedTable, actor: Actor) -> None:
    """Read the view anew and keep others from changing it until the end of the transaction. Only its owner may."""
    _lock(view)
    if view.user_id != actor.user_id:
        raise DomainError(NOT_YOURS, status=403)


def _lock(view: SavedTable) -> None:
    try:
        view.refresh_from_db(from_queryset=SavedTable.objects.select_for_update())
    except SavedTable.DoesNotExist as error:
        raise DomainError("Nothing was done: the view was deleted meanwhile.", status=409) from error


def _audience(user: User, with_roles: Collection[str], agency: int | None) -> tuple[list[str], int | None]:
    if user.role in SHARES_WITH_ROLES:
        if unknown := set(with_roles) - roles.ALL:
            raise DomainError(f"“{min(unknown)}” is no role.", field="roles")
        return sorted(set(with_roles)), None
    if agency is None:
        return [], None
    if agency not in agencies_for(user):
        raise DomainError("You share views with an agency that you work for.", field="agency")
    return sorted(roles.AGENCY_SIDE), agency


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise DomainError("Give the view a name.", field="name")
    if len(name) > LONGEST_NAME:
        raise DomainError(f"The name of a view has at most {LONGEST_NAME} characters.", field="name")
    if not is_storable(name):
        raise DomainError("The name of a view is plain text. Type it anew.", field="name")
    check_name(name)
    return name


def _check_columns(columns: Sequence[str]) -> None:
    if not columns:
        raise DomainError("Choose at least one column.", field="columns")
    if len(columns) > COLUMNS_AT_MOST:
        raise DomainError(f"A table has at most {COLUMNS_AT_MOST} columns.", field="columns")


def _check(content: ViewContent) -> None:
    _check_columns(content.columns)
    texts = [text for name, values in content.filter.items() for text in (name, *values)]
    if sum(map(len, texts)) > LONGEST_FILTER or not all(map(is_storable, texts)):
        raise DomainError("This filter is too long to be kept in a view. Search for less at once.", field="filter")


def _as_lists(parameters: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in parameters.items()}


def _recorded(view: SavedTable) -> dict[str, object]:
    """Return the view for the audit trail, with the names of its filters and without their values, which may be personal data."""
    return {
        "name": view.name, "columns": view.columns, "filters": sorted(view.filter), "order": view.order, "per_page": view.per_page,
        "shared_with": view.shared_with, "agency": view.agency,
    }  # fmt: skip
