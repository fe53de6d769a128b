"""The list of deliveries that need a person, sending again and giving up what such lists have, and the runs over many."""

from operator import itemgetter
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.errors import DomainError
from config.core.lists.page import ListPage
from integrations import actions
from integrations.models import Delivery, DeliveryAction
from integrations.selectors import SEES_DELIVERIES, delivery_actions_for, needs_person
from integrations.views.arrived import tabs_context
from integrations.views.filters import NeedsPersonFilters
from integrations.views.forms import GiveUpForm
from integrations.views.selection import DELIVERIES, BulkSelection, NeedList, need_list_of, selection_of, show_result
from integrations.views.tables import FORM_ID, NeedsPersonTable
from leads import privacy


class NeedsPersonList(ListPage):
    request: UserRequest
    roles = SEES_DELIVERIES
    table_class, filterset_class = NeedsPersonTable, NeedsPersonFilters
    title, noun, icon = "Needs a person", ("delivery", "deliveries"), "person-exclamation"
    template_name, empty_template = "integrations/needs_person.html", "integrations/_none_in_need.html"
    bar_template = "integrations/_choose.html"

    def rows(self) -> QuerySet[Delivery]:
        return needs_person(self.request.user).select_related("job__campaign")

    def extra_context(self) -> dict[str, Any]:
        return {"form_id": FORM_ID, "need": DELIVERIES, **tabs_context(self.request, "deliveries")}


@require_http_methods(["GET", "POST"])
@role_required(SEES_DELIVERIES)
def retry_selected(request: UserRequest, need: NeedList) -> HttpResponse:
    """Send ticked rows again at once. All that match the filters are sent after a page that says how many they are."""
    selection = selection_of(request, need)
    if selection.problem:
        messages.error(request, selection.problem)
        return redirect(selection.list_url)
    if request.method == "GET":
        return render(request, "integrations/retry.html", {"chosen": selection, "need": need})
    if selection.needs_run:
        return _begin_run(request, selection, need.rows.retry_type)
    result = need.rows.services.retry(selection.chosen_ids, actor=actor_of(request))
    show_result(request, result, "will be sent again", unseen=selection.unseen(result))
    return redirect(selection.list_url)


@require_http_methods(["GET", "POST"])
@role_required(SEES_DELIVERIES)
def give_up_selected(request: UserRequest, need: NeedList) -> HttpResponse:
    """Give rows up, after a page that says how many they are and asks for the reason.

    The lists send ticked rows by POST too, without a reason.
    """
    selection = selection_of(request, need)
    if selection.problem:
        messages.error(request, selection.problem)
        return redirect(selection.list_url)
    is_sent = "reason" in request.POST
    form = GiveUpForm(request.POST if is_sent else None)
    if not is_sent or not form.is_valid():
        context = {"chosen": selection, "need": need, "form": form}
        return render(request, "integrations/give_up.html", context, status=422 if is_sent else 200)
    reason = form.cleaned_data["reason"]
    if selection.needs_run:
        return _begin_run(request, selection, need.rows.give_up_type, reason=reason)
    result = need.rows.services.give_up(selection.chosen_ids, actor=actor_of(request), reason=reason)
    show_result(request, result, "given up", unseen=selection.unseen(result))
    return redirect(selection.list_url)


@require_GET
@role_required(SEES_DELIVERIES)
def delivery_action_detail(request: UserRequest, pk: int) -> HttpResponse:
    """Show the progress. The page polls it every second until the run is over."""
    action = get_object_or_404(delivery_actions_for(request.user), pk=pk)
    reasons = sorted(action.skipped.items(), key=itemgetter(1), reverse=True)
    context = {"run": action, "reason": privacy.reason_of_action(request.user, action.reason)}
    context |= {
        "done": actions.DONE[action.type],
        "reasons": reasons,
        "may_go_on": actions.may_go_on(action),
        "need": need_list_of(actions.rows_of(action)),
    }
    return render(request, "integrations/_action_progress.html" if request.htmx else "integrations/action.html", context)


@require_POST
@role_required(SEES_DELIVERIES)
def delivery_action_stop(request: UserRequest, pk: int) -> HttpResponse:
    action = get_object_or_404(delivery_actions_for(request.user), pk=pk)
    try:
        actions.stop(action, actor=actor_of(request))
        messages.success(request, "It stops after its current deliveries. What was done so far stays done.")
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("delivery_action", pk=pk)


@require_POST
@role_required(SEES_DELIVERIES)
def delivery_action_go_on(request: UserRequest, pk: int) -> HttpResponse:
    action = get_object_or_404(delivery_actions_for(request.user), pk=pk)
    try:
        action = actions.go_on(action, actor=actor_of(request))
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("delivery_action", pk=action.pk)


def _begin_run(request: UserRequest, selection: BulkSelection, action_type: DeliveryAction.Type, reason: str = "") -> HttpResponse:
    action = actions.begin(action_type, selection.filter_values, selected_at=selection.moment, actor=actor_of(request), reason=reason)
    return redirect("delivery_action", pk=action.pk)
