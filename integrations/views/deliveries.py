"""The log of an integration's deliveries, and the page of one delivery with its attempts."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.lists.page import ListPage
from integrations.models import Delivery, DeliveryAction
from integrations.selectors import (
    SEES_DELIVERIES,
    attempts_of,
    deliveries_for,
    deliveries_of_integration,
    delivery_actions_for,
    withdrawal_of,
)
from integrations.views import display
from integrations.views.filters import LogFilters
from integrations.views.tables import LogTable
from leads import privacy
from processr import permissions
from processr.job_types.registry import job_types
from processr.models import Job


class DeliveriesList(ListPage):
    """The log of one integration. That of a removed integration can still be read."""

    request: UserRequest
    roles = SEES_DELIVERIES
    table_class, filterset_class = LogTable, LogFilters
    noun, icon = ("delivery", "deliveries"), "box-arrow-up-right"
    empty_text = "A lead that becomes Valid while the integration is enabled gets one."
    template_name, bar_template = "integrations/deliveries.html", "integrations/_searched.html"

    @property
    def title(self) -> str:  # type: ignore[override]
        return f"Deliveries of {self.job.label}"

    @cached_property
    def job(self) -> Job:
        campaign = permissions.campaign_seen_by(self.request.user, self.kwargs["pk"])
        integrations = Job.objects.select_related("campaign").filter(campaign=campaign, category=Job.Category.INTEGRATION)
        return get_object_or_404(integrations, pk=self.kwargs["job_id"])

    def rows(self) -> QuerySet[Delivery]:
        return deliveries_of_integration(self.request.user, self.job.pk).select_related("job__destination")

    def extra_context(self) -> dict[str, Any]:
        job_type = job_types.get(self.job.type)
        has_rules = bool(getattr(job_type, "sends", False)) and permissions.may_use(self.request.user)
        return {"job": self.job, "campaign": self.job.campaign, "withdrawal": self.withdrawal, "has_sending_rules": has_rules}

    @property
    def withdrawal(self) -> DeliveryAction | None:
        """The run that withdraws what the removed integration has not sent, as long as it is not done and the user may see it."""
        action = withdrawal_of(self.job) if self.job.removed_at else None
        if action is None or action.state == DeliveryAction.State.DONE:
            return None
        return delivery_actions_for(self.request.user).filter(pk=action.pk).first()


@require_GET
@role_required(SEES_DELIVERIES)
def delivery_detail(request: UserRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(deliveries_for(request.user).select_related("job__campaign", "job__destination", "lead"), pk=pk)
    context = {
        "delivery": delivery,
        "job": delivery.job,
        "campaign": delivery.job.campaign,
        "state": display.state_badge(delivery),
        "next_try": display.next_try(delivery),
        "event_id": delivery.event_id if privacy.sees_capabilities(request.user) else "",
        **display.attempts_context(request, attempts_of(delivery), delivery.lead),
    }
    return render(request, "integrations/delivery.html", context)
