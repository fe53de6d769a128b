"""The list of what arrived while its lead was not Valid (decision 34), which can be dismissed."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.actor import actor_of
from config.core.ids import ids_in
from config.core.lists.page import ListPage
from integrations import services
from integrations.messages.selectors import messages_in_need_count
from integrations.models import Delivery
from integrations.selectors import SEES_DELIVERIES, arrived_count, arrived_while_not_valid, deliveries_for, needs_person_count
from integrations.services import AT_MOST
from integrations.views.filters import ArrivedFilters
from integrations.views.selection import ID, NONE_CHOSEN
from integrations.views.tables import FORM_ID, ArrivedTable


def tabs_context(request: UserRequest, tab: str) -> dict[str, Any]:
    """Return the context of the tabs of *Needs a person*, of which `tab` is open."""
    return {
        "need_tab": tab,
        "in_need_count": needs_person_count(request.user),
        "messages_in_need_count": messages_in_need_count(request.user),
        "arrived_count": arrived_count(request.user),
    }


class ArrivedList(ListPage):
    request: UserRequest
    roles = SEES_DELIVERIES
    table_class, filterset_class = ArrivedTable, ArrivedFilters
    title, noun, icon = "Arrived while not Valid", ("delivery", "deliveries"), "person-exclamation"
    template_name, empty_template = "integrations/arrived.html", "integrations/_none_arrived.html"
    bar_template = "integrations/_dismiss.html"

    def rows(self) -> QuerySet[Delivery]:
        return arrived_while_not_valid(self.request.user).select_related("job__campaign", "lead")

    def extra_context(self) -> dict[str, Any]:
        return {"form_id": FORM_ID, **tabs_context(self.request, "arrived")}


@require_POST
@role_required(SEES_DELIVERIES)
def arrived_dismiss(request: UserRequest) -> HttpResponse:
    """Take the mark off those that are ticked, as far as the user sees them."""
    ids = sorted(ids_in(request.POST.getlist(ID)))[:AT_MOST]
    if not ids:
        messages.error(request, NONE_CHOSEN.format("delivery"))
        return redirect("needs_person_arrived")
    seen = list(deliveries_for(request.user).filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
    done = len(services.dismiss(seen, actor=actor_of(request)).ids)
    rest = f" {len(ids) - done:,} skipped: no longer marked, or not found." if len(ids) > done else ""
    level = messages.SUCCESS if done else messages.WARNING
    messages.add_message(request, level, f"{f'{done:,}' if done else 'None'} dismissed.{rest}")
    return redirect("needs_person_arrived")
