"""The list that a page shows, of any kind: its entries, its URLs, and whether the user may see and change it."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.accounts.requests import UserRequest
from processr.lists.kinds import EMAIL, NAME, PHONE, VALUE, ListKind
from processr.lists.selectors import (
    CHANGES_SYSTEM_LISTS,
    SEES_LISTS,
    SEES_SUPPRESSED,
    imports_for,
    lists_for,
    refusal_to_change,
    sees_values,
    suppressed_for,
    values_for,
)
from processr.lists.storing import ListTarget
from processr.models import ValidationList, ValueImport
from processr.views.lists.filters import EmailFilters, NameFilters, PhoneFilters, ValueFilters
from processr.views.lists.tables import EmailTable, NameTable, PhoneTable, ValueTable

SUPPRESSION = {"email": EMAIL, "name": NAME, "telephone": PHONE}
"""List kinds by their part of the URL."""
PAGES = {
    VALUE: (ValueTable, ValueFilters),
    EMAIL: (EmailTable, EmailFilters),
    NAME: (NameTable, NameFilters),
    PHONE: (PhoneTable, PhoneFilters),
}
IMPORTS_SHOWN = 5


@dataclass(frozen=True)
class ListContext:
    """The list of a request. `validation_list` is the validation list, or None for the suppression list of the kind."""

    request: UserRequest
    kind: ListKind
    validation_list: ValidationList | None = None

    @property
    def title(self) -> str:
        return self.validation_list.name if self.validation_list else f"Suppressed {self.kind.noun[1]}"

    @property
    def slug(self) -> str:
        return next(slug for slug, kind in SUPPRESSION.items() if kind is self.kind)

    @property
    def target(self) -> ListTarget:
        return ListTarget(self.kind, self.validation_list.pk if self.validation_list else None)

    @property
    def is_open(self) -> bool:
        """Whether the user may see the entries."""
        return self.validation_list is None or sees_values(self.request.user, self.validation_list)

    @property
    def refusal(self) -> str:
        """Why the user may not change the list; empty if they may."""
        if self.validation_list:
            return refusal_to_change(self.request.user, self.validation_list)
        return "" if self.request.user.role in CHANGES_SYSTEM_LISTS else "Suppression lists are changed by Admin."

    @property
    def rows(self) -> QuerySet[Any]:
        if self.validation_list:
            return values_for(self.request.user, self.validation_list)
        return suppressed_for(self.request.user, self.kind)

    @property
    def imports(self) -> list[ValueImport]:
        """The latest imports, those in progress first."""
        runs = imports_for(self.request.user).filter(target=self.kind.target, list=self.validation_list)
        latest = list(runs.select_related("list", "started_by").order_by("-pk")[:IMPORTS_SHOWN])
        return sorted(latest, key=lambda run: run.is_over)

    @property
    def url(self) -> str:
        return self._url("")

    @property
    def add_url(self) -> str:
        return self._url("_add")

    @property
    def remove_url(self) -> str:
        return self._url("_remove")

    @property
    def import_url(self) -> str:
        return self._url("_import")

    @property
    def export_url(self) -> str:
        return self._url("_export")

    @property
    def sample_url(self) -> str:
        return self._url("_sample")

    def _url(self, page: str) -> str:
        if self.validation_list:
            return reverse(f"validation_list{page}", kwargs={"pk": self.validation_list.pk})
        return reverse(f"suppression_list{page}", kwargs={"kind": self.slug})


def list_context(request: UserRequest, *, pk: int | None = None, kind: str = "") -> ListContext:
    """Return the validation list with this id or the suppression list of this kind.

    Raise PermissionDenied for the wrong role and Http404 for a list that the user cannot see.
    """
    if request.user.role not in (SEES_SUPPRESSED if kind else SEES_LISTS):
        raise PermissionDenied
    if not kind:
        return ListContext(request, VALUE, get_object_or_404(lists_for(request.user).select_related("advertiser"), pk=pk))
    if kind not in SUPPRESSION:
        raise Http404
    return ListContext(request, SUPPRESSION[kind])


def open_list(request: UserRequest, **where: Any) -> ListContext:
    """Return the list like `list_context`. Raise PermissionDenied if the user may not see its entries."""
    current_list = list_context(request, **where)
    if not current_list.is_open:
        raise PermissionDenied
    return current_list


def list_to_change(request: UserRequest, **where: Any) -> ListContext:
    """Return the list like `list_context`. Raise PermissionDenied if the user may not change it."""
    current_list = list_context(request, **where)
    if current_list.refusal:
        raise PermissionDenied(current_list.refusal)
    return current_list


def list_context_of_run(request: UserRequest, run: ValueImport) -> ListContext:
    kind = next(kind for kind in PAGES if kind.target == run.target)
    return ListContext(request, kind, run.list)
