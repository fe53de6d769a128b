"""Enterprise > Flag Reasons: a tab for each flag, its reasons in their order, and the permanent categories of those that have some."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.forms.page_form import PageForm
from leads.bulk import flag_reasons as services
from leads.models import FlagReason
from leads.selectors import all_flag_reasons, flag_reasons

FIRST_TAB = FlagReason.Flag.INVALID


class ReasonForm(PageForm):
    name = forms.CharField(label="Reason", max_length=services.LONGEST_NAME)


class CategoryForm(PageForm):
    name = forms.CharField(label="New Category", max_length=services.LONGEST_CATEGORY)
    permanent = forms.BooleanField(
        label="I know that a category is permanent: it can never be edited or deleted",
        error_messages={"required": "Tick the box: a category is permanent."},
    )


@require_http_methods(["GET", "POST"])
@role_required(roles.SUPPORT_STAFF)
def flag_reasons_list(request: UserRequest) -> HttpResponse:
    """Show the reasons of a flag, and add one."""
    flag = request.GET.get("flag", FIRST_TAB)
    if flag not in FlagReason.Flag.values:
        return redirect("flag_reasons")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reason = services.add_reason(flag, form.cleaned_data["name"], actor=actor_of(request))
            messages.success(request, f"“{reason.name}” added.")
            return _to_tab(flag)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
    context = {"tabs": FlagReason.Flag.choices, "flag": flag, "label": FlagReason.Flag(flag).label, "reasons": flag_reasons([flag])}
    return render(request, "leads/flag_reasons.html", {**context, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@role_required(roles.SUPPORT_STAFF)
def flag_reason_edit(request: UserRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(all_flag_reasons(), pk=pk)
    form = ReasonForm(request.POST or None, initial={"name": reason.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_reason(reason, form.cleaned_data["name"], actor=actor_of(request))
            messages.success(request, "Renamed. Leads that were flagged for it keep the text of that time.")
            return _to_tab(reason.flag)
        except DomainError as refusal:
            if refusal.status == 404:
                return _refused(request, reason, refusal)
            form.add_error(refusal.field, refusal.message)
    return render(request, "leads/flag_reason.html", {"reason": reason, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@role_required(roles.SUPPORT_STAFF)
def flag_reason_configure(request: UserRequest, pk: int) -> HttpResponse:
    """Show the categories of a reason, and add one."""
    reason = get_object_or_404(all_flag_reasons().filter(has_categories=True), pk=pk)
    form = CategoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            category = services.add_category(reason, form.cleaned_data["name"], actor=actor_of(request))
            messages.success(request, f"“{category.name}” added.")
            return redirect("flag_reason_configure", pk=reason.pk)
        except DomainError as refusal:
            if refusal.status == 404:
                return _refused(request, reason, refusal)
            form.add_error(refusal.field, refusal.message)
    context = {"reason": reason, "categories": reason.categories.all(), "form": form}
    return render(request, "leads/flag_reason_categories.html", context, status=422 if form.errors else 200)


@require_POST
@role_required(roles.SUPPORT_STAFF)
def flag_reason_remove(request: UserRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(all_flag_reasons(), pk=pk)
    try:
        services.remove_reason(reason, actor=actor_of(request))
        messages.success(request, f"“{reason.name}” removed. Leads that were flagged for it keep the text.")
    except DomainError as refusal:
        return _refused(request, reason, refusal)
    return _to_tab(reason.flag)


@require_POST
@role_required(roles.SUPPORT_STAFF)
def flag_reason_move(request: UserRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(all_flag_reasons(), pk=pk)
    try:
        services.move_up(reason, actor=actor_of(request))
    except DomainError as refusal:
        return _refused(request, reason, refusal)
    return _to_tab(reason.flag)


def _refused(request: UserRequest, reason: FlagReason, refusal: DomainError) -> HttpResponse:
    """Say it on the tab of the flag: a reason that is gone has no page any more."""
    messages.error(request, refusal.message)
    return _to_tab(reason.flag)


def _to_tab(flag: str) -> HttpResponse:
    return redirect(f"{reverse('flag_reasons')}?flag={flag}")
