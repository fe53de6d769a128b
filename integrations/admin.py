"""The admin page of deliveries. It is read-only: workers and the deliveries' own pages change them."""

from django.contrib.admin import display, register
from django.utils.safestring import SafeString

from config.core.admin import ReadOnlyAdmin, site
from config.core.admin.display import link
from integrations.models import Delivery, DeliveryAction


@register(Delivery, site=site)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_shown", "job", "round", "state", "attempts", "answer_in_short", "answered_at", "sent_at")
    list_select_related = ("job",)
    search_fields = ("id__exact", "lead__id__exact", "event_id__exact")
    search_help_text = "Finds by its own id, by the lead's, or by the event id."
    fieldsets = (
        (None, {"fields": ("lead_shown", "job", "round", "event_id", "state")}),
        ("Attempts", {"fields": ("attempts", "first_tried_at", "answered_at", "status", "answer", "not_before")}),
        ("Came to", {"fields": ("sent_at", "taken_back_at", "created_at")}),
        ("Work", {"fields": ("claim", "claimed_at", "action_id", "withdrawn_from")}),
    )

    @display(description="Lead")
    def lead_shown(self, delivery: Delivery) -> SafeString | str:
        return link("leads_lead", delivery.lead_id)

    @display(description="Last answer")
    def answer_in_short(self, delivery: Delivery) -> str:
        return delivery.answer[:80] or "—"


@register(DeliveryAction, site=site)
class DeliveryActionAdmin(ReadOnlyAdmin):
    list_display = ("id", "type", "state", "done", "failed", "total", "started_by", "created_at")
    list_select_related = ("started_by",)
    list_filter = ("type", "state")
    search_fields = ("id__exact",)
    search_help_text = "Finds by id."
