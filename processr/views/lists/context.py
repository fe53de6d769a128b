"""The list a page is about, of whatever kind: what is on it, who may see and change it, and where its pages are."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from processr.lists.kinds import EMAIL, NAME, PHONE, VALUE, Kind
from processr.lists.selectors import SEES_LISTS, SUPPRESSES, UNDER_WAY, imports_for, lists_for, sees_values, suppressed_for, values_for
from processr.lists.storing import Place
from processr.models import ValidationList, ValueImport
from processr.views.lists.filters import EmailFilters, NameFilters, PhoneFilters, ValueFilters
from processr.views.lists.tables import EmailTable, NameTable, PhoneTable, ValueTable

SUPPRESSION = {"email": EMAIL, "name": NAME, "telephone": PHONE}
"""By their part of the address."""
PAGES = {
    VALUE: (ValueTable, ValueFilters),
    EMAIL: (EmailTable, EmailFilters),
    NAME: (NameTable, NameFilters),
    PHONE: (PhoneTable, PhoneFilters),
}
IMPORTS_SHOWN = 5


@dataclass(frozen=True)
class Shelf:
    """`listed` is the validation list, None for the suppression list of the kind."""

    request: HttpRequest
    kind: Kind
    listed: ValidationList | None = None

    @property
    def title(self) -> str:
        return self.listed.name if self.listed else f"Suppressed {self.kind.noun[1]}"

    @property
    def slug(self) -> str:
        return next(slug for slug, kind in SUPPRESSION.items() if kind is self.kind)

    @property
    def place(self) -> Place:
        return Place(self.kind, self.listed.pk if self.listed else None)

    @property
    def is_open(self) -> bool:
        """Whether this person sees what is on it, and may change it."""
        return self.listed is None or sees_values(self.request.user, self.listed)

    @property
    def rows(self) -> QuerySet[Any]:
        return values_for(self.request.user, self.listed) if self.listed else suppressed_for(self.request.user, self.kind)

    @property
    def imports(self) -> list[ValueImport]:
        """The last few, those under way before all others."""
        runs = imports_for(self.request.user).filter(target=self.kind.target, list=self.listed).select_related("list", "started_by")
        last = list(runs.order_by("-pk")[:IMPORTS_SHOWN])
        return sorted(last, key=lambda run: run.state not in UNDER_WAY)

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
        if self.listed:
            return reverse(f"validation_list{page}", kwargs={"pk": self.listed.pk})
        return reverse(f"suppression_list{page}", kwargs={"kind": self.slug})


def shelf_of(request: HttpRequest, *, pk: int | None = None, kind: str = "") -> Shelf:
    """The validation list with this id, or the suppression list of this kind, as far as the person may come."""
    if request.user.role not in (SUPPRESSES if kind else SEES_LISTS):
        raise PermissionDenied
    if not kind:
        return Shelf(request, VALUE, get_object_or_404(lists_for(request.user).select_related("advertiser"), pk=pk))
    if kind not in SUPPRESSION:
        raise Http404
    return Shelf(request, SUPPRESSION[kind])


def open_shelf(request: HttpRequest, **where: Any) -> Shelf:
    shelf = shelf_of(request, **where)
    if not shelf.is_open:
        raise PermissionDenied
    return shelf


def shelf_of_run(request: HttpRequest, run: ValueImport) -> Shelf:
    kind = next(kind for kind in PAGES if kind.target == run.target)
    return Shelf(request, kind, run.list)
