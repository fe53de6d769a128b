"""Creating, renaming and deleting a validation list."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from processr.lists import services
from processr.lists.selectors import SEES_LISTS, advertisers_with_lists, refusal_to_create, users_of
from processr.views.lists.context import list_to_change
from processr.views.lists.forms import ListForm, privacy_of_list
from processr.views.lists.list_pages import tabs_for


@require_http_methods(["GET", "POST"])
@role_required(SEES_LISTS)
def list_create(request: UserRequest, advertiser_id: int | None = None) -> HttpResponse:
    """Create a list of the system or of an advertiser, and redirect to its values."""
    advertiser = get_object_or_404(advertisers_with_lists(request.user), pk=advertiser_id) if advertiser_id is not None else None
    if forbidden := refusal_to_create(request.user, advertiser):
        raise PermissionDenied(forbidden)
    form = ListForm(request.POST or None, privacy=privacy_of_list(request.user, advertiser))
    if request.method == "POST" and form.is_valid():
        try:
            validation_list = services.create_list(advertiser=advertiser, actor=actor_of(request), **form.values)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, f"{validation_list.name} was added. Add its values now.")
            return redirect("validation_list", pk=validation_list.pk)
    context = {"form": form, "advertiser": advertiser, "back": _lists_url(advertiser_id), "tabs": tabs_for(request)}
    return render(request, "processr/lists/new.html", context)


@require_http_methods(["GET", "POST"])
@role_required(SEES_LISTS)
def list_update(request: UserRequest, pk: int) -> HttpResponse:
    current_list = list_to_change(request, pk=pk)
    validation_list = current_list.validation_list
    assert validation_list is not None  # the list was looked up by its id
    initial = {"name": validation_list.name, "private": validation_list.private}
    form = ListForm(request.POST or None, initial=initial, privacy=privacy_of_list(request.user, validation_list.advertiser))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_list(validation_list.pk, actor=actor_of(request), **form.values)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "The list is saved." if form.changed_data else "Nothing was changed.")
            return redirect(current_list.url)
    context = {"form": form, "current_list": current_list, "validation_list": validation_list, "tabs": tabs_for(request)}
    return render(request, "processr/lists/settings.html", context)


@require_http_methods(["GET", "POST"])
@role_required(SEES_LISTS)
def list_delete(request: UserRequest, pk: int) -> HttpResponse:
    current_list = list_to_change(request, pk=pk)
    validation_list = current_list.validation_list
    assert validation_list is not None  # the list was looked up by its id
    if request.method == "POST":
        try:
            services.delete_list(validation_list.pk, who=request.user, actor=actor_of(request))
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return redirect("validation_list_delete", pk=pk)
        messages.success(request, f"{validation_list.name} is deleted, with {current_list.kind.counted(validation_list.value_count)}.")
        return redirect(_lists_url(validation_list.advertiser_id))
    usage = users_of(validation_list, request.user)
    context = {"current_list": current_list, "validation_list": validation_list, "users": usage, "tabs": tabs_for(request)}
    return render(request, "processr/lists/delete.html", context)


def _lists_url(advertiser_id: int | None) -> str:
    return reverse("advertiser_validation_lists", args=[advertiser_id]) if advertiser_id else reverse("validation_lists")
