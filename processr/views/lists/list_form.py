"""Creating, renaming and deleting a validation list."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.core.accounts.permissions import role_required
from config.core.actor import of
from config.core.errors import DomainError
from processr.lists import services
from processr.lists.selectors import SEES_LISTS, SEES_SYSTEM_LISTS, advertisers_with_lists, users_of
from processr.models import ValidationList
from processr.views.lists.context import open_list
from processr.views.lists.forms import ListForm
from processr.views.lists.list_pages import may_be_private, tabs_for


@require_http_methods(["GET", "POST"])
@role_required(SEES_LISTS)
def list_create(request: HttpRequest, advertiser_id: int | None = None) -> HttpResponse:
    """Create a list of the system or of an advertiser, and redirect to its values."""
    if advertiser_id is None and request.user.role not in SEES_SYSTEM_LISTS:
        raise PermissionDenied
    advertiser = get_object_or_404(advertisers_with_lists(request.user), pk=advertiser_id) if advertiser_id else None
    form = ListForm(request.POST or None, may_be_private=may_be_private(request, advertiser))
    if request.method == "POST" and form.is_valid():
        try:
            listed = services.create_list(advertiser=advertiser, actor=of(request), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, f"{listed.name} is there. Add its values now.")
            return redirect("validation_list", pk=listed.pk)
    back = reverse("advertiser_validation_lists", args=[advertiser.pk]) if advertiser else reverse("validation_lists")
    return render(request, "processr/lists/new.html", {"form": form, "advertiser": advertiser, "back": back, "tabs": tabs_for(request)})


@require_http_methods(["GET", "POST"])
@role_required(SEES_LISTS)
def list_update(request: HttpRequest, pk: int) -> HttpResponse:
    shelf = open_list(request, pk=pk)
    listed = _listed(shelf.listed)
    given = {"name": listed.name, "private": listed.private}
    form = ListForm(request.POST or None, initial=given, may_be_private=may_be_private(request, listed.advertiser))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_list(listed.pk, actor=of(request), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "The list is saved." if form.changed_data else "Nothing was changed.")
            return redirect(shelf.url)
    return render(request, "processr/lists/settings.html", {"form": form, "shelf": shelf, "listed": listed, "tabs": tabs_for(request)})


@require_http_methods(["GET", "POST"])
@role_required(SEES_LISTS)
def list_delete(request: HttpRequest, pk: int) -> HttpResponse:
    shelf = open_list(request, pk=pk)
    listed = _listed(shelf.listed)
    if request.method == "POST":
        try:
            services.delete_list(listed.pk, who=request.user, actor=of(request))
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return redirect("validation_list_delete", pk=pk)
        messages.success(request, f"{listed.name} is deleted, with {shelf.kind.counted(listed.value_count)}.")
        return redirect(_shelves_of(listed))
    context = {"shelf": shelf, "listed": listed, "users": users_of(listed, request.user), "tabs": tabs_for(request)}
    return render(request, "processr/lists/delete.html", context)


def _listed(listed: ValidationList | None) -> ValidationList:
    assert listed is not None  # the view has looked the list up by id
    return listed


def _shelves_of(listed: ValidationList) -> str:
    return reverse("advertiser_validation_lists", args=[listed.advertiser_id]) if listed.advertiser_id else reverse("validation_lists")
