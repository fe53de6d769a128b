"""The pages of validation lists (of the system and of advertisers) and of the entries on a list of any kind."""

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from campaigns.models import Advertiser
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.ids import ids_in
from config.core.lists.filters import ListFilterSet
from config.core.lists.page import ListPage
from config.core.lists.pagination import count_capped
from processr.lists import services
from processr.lists.selectors import (
    MAKES_LISTS,
    SEES_LISTS,
    SEES_SUPPRESSED,
    SEES_SYSTEM_LISTS,
    advertisers_with_lists,
    lists_for,
    refusal_to_change,
    refusal_to_create,
    users_of,
)
from processr.models import ValidationList
from processr.views.lists.context import PAGES, SUPPRESSION, ListContext, list_context, list_to_change
from processr.views.lists.filters import AdvertiserListFilters, ListFilters
from processr.views.lists.forms import AddForm, ImportForm
from processr.views.lists.tables import REMOVES, ListsTable

ADVERTISERS_OFFERED = 500


class SystemListsView(ListPage):
    request: UserRequest
    roles = SEES_SYSTEM_LISTS
    table_class, filterset_class = ListsTable, ListFilters
    title, noun, icon = "Validation lists", ("list", "lists"), "list-check"
    template_name, empty_template = "processr/lists/lists.html", "processr/lists/_none.html"
    tab = "system"
    advertiser: Advertiser | None = None
    hidden: tuple[str, ...] = ("advertiser", "private")

    def rows(self) -> QuerySet[ValidationList]:
        return lists_for(self.request.user).filter(advertiser=None)

    def table_options(self) -> dict[str, Any]:
        return {"exclude": self.hidden, "may_change": lambda row: not refusal_to_change(self.request.user, row)}

    @property
    def may_add(self) -> bool:
        return not refusal_to_create(self.request.user, self.advertiser)

    def extra_context(self) -> dict[str, Any]:
        return {"tabs": tabs_for(self.request)}


class AdvertisersWithListsView(SystemListsView):
    roles = SEES_LISTS
    filterset_class = AdvertiserListFilters
    tab, hidden = "advertisers", ()

    def rows(self) -> QuerySet[ValidationList]:
        return lists_for(self.request.user).exclude(advertiser=None).select_related("advertiser")

    def extra_context(self) -> dict[str, Any]:
        """Add the advertisers to choose from: every new list belongs to one of them."""
        if self.request.htmx or self.request.user.role not in MAKES_LISTS:
            return super().extra_context()
        advertisers = advertisers_with_lists(self.request.user).order_by("name")[:ADVERTISERS_OFFERED]
        return {**super().extra_context(), "advertisers": advertisers}


class AdvertiserListsView(SystemListsView):
    """The validation lists of one advertiser."""

    roles = SEES_LISTS
    tab, hidden = "advertisers", ("advertiser",)

    @cached_property
    def advertiser(self) -> Advertiser:  # type: ignore[override]  # a property for the base's attribute
        return get_object_or_404(advertisers_with_lists(self.request.user), pk=self.kwargs["advertiser_id"])

    def rows(self) -> QuerySet[ValidationList]:
        return lists_for(self.request.user).filter(advertiser=self.advertiser)


def tabs_for(request: UserRequest) -> dict[str, bool]:
    role = request.user.role
    return {"system": role in SEES_SYSTEM_LISTS, "advertisers": role in SEES_LISTS, "suppression": role in SEES_SUPPRESSED}


class EntriesList(ListPage):
    """The entries of one list. A user who may not see the values sees how many there are."""

    request: UserRequest
    roles = SEES_LISTS
    noun, icon = ("value", "values"), "list-check"
    template_name, empty_template = "processr/lists/values.html", "processr/lists/_no_values.html"

    @cached_property
    def current_list(self) -> ListContext:
        return list_context(self.request, **self.kwargs)

    @property
    def title(self) -> str:  # type: ignore[override]  # a property for the base's attribute
        return self.current_list.title

    @property
    def table_class(self) -> Any:  # type: ignore[override]  # a property for the base's attribute
        return PAGES[self.current_list.kind][0]

    @property
    def filterset_class(self) -> Any:  # type: ignore[override]  # a property for the base's attribute
        return PAGES[self.current_list.kind][1]

    def rows(self) -> QuerySet[Any]:
        return self.current_list.rows

    def table_options(self) -> dict[str, Any]:
        return {"exclude": ("remove",)} if self.current_list.refusal else {}

    def count(self, rows: QuerySet, filters: ListFilterSet) -> tuple[int, bool]:
        """Return the stored count for an unfiltered list; count at most the cap otherwise."""
        validation_list = self.current_list.validation_list
        filtered = any(filters.form.cleaned_data.values())
        if validation_list and not filtered and self.current_list.is_open:
            return validation_list.value_count, True
        return count_capped(rows.order_by())

    def extra_context(self) -> dict[str, Any]:
        current_list = self.current_list
        if self.request.htmx:
            return {"current_list": current_list}
        return {
            "current_list": current_list,
            "form_id": REMOVES,
            "tabs": tabs_for(self.request),
            "add_form": AddForm(kind=current_list.kind),
            "import_form": ImportForm(kind=current_list.kind),
            "users": users_of(current_list.validation_list, self.request.user) if current_list.validation_list else None,
        }


class SuppressedEntriesList(EntriesList):
    roles = SEES_SUPPRESSED
    icon = "slash-circle"
    template_name = "processr/lists/suppressed.html"

    @property
    def noun(self) -> tuple[str, str]:  # type: ignore[override]  # a property for the base's attribute
        return self.current_list.kind.noun

    def extra_context(self) -> dict[str, Any]:
        return {**super().extra_context(), "kinds": [(slug, kind.label) for slug, kind in SUPPRESSION.items()]}


@require_POST
def entry_create(request: UserRequest, **where: Any) -> HttpResponse:
    current_list = list_to_change(request, **where)
    form = AddForm(request.POST, kind=current_list.kind)
    if form.is_valid():
        try:
            result = services.add(current_list.target, form.lines(), actor=actor_of(request), validation_list=current_list.validation_list)
        except DomainError as refusal:
            form.add_error("entries", refusal.message)
        else:
            repeated = ""
            if result.repeated:
                repeated = f"; {result.repeated:,} {'was' if result.repeated == 1 else 'were'} there already"
            messages.success(request, f"{current_list.kind.counted(result.added)} added{repeated}.")
            return redirect(current_list.url)
    return render(request, "processr/lists/add.html", {"current_list": current_list, "form": form}, status=422)


@require_POST
def entry_delete(request: UserRequest, **where: Any) -> HttpResponse:
    """Remove one row of the table and show the same page of it again."""
    current_list = list_to_change(request, **where)
    ids = ids_in(request.POST.getlist("id"))
    try:
        removed = services.remove(current_list.target, ids=ids, actor=actor_of(request), validation_list=current_list.validation_list)
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        if removed:
            messages.success(request, f"{current_list.kind.counted(removed)} removed.")
        else:
            messages.warning(request, "It was removed already.")
    query = QueryDict(request.POST.get("query", "")[:2_000]).urlencode()
    return redirect(f"{current_list.url}?{query}" if query else current_list.url)
