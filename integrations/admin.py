"""The admin pages of what leaves. They are read-only: workers and the pages of campaigns change these tables."""

from django.contrib.admin import display, register
from django.utils.safestring import SafeString

from config.core.admin import ReadOnlyAdmin, site
from config.core.admin.display import link
from integrations.models import (
    CampaignAlerts,
    Delivery,
    DeliveryAction,
    Destination,
    Feedback,
    FeedbackPolicy,
    Message,
    OutboundEvent,
    SentCount,
    ToldAlert,
)


@register(Delivery, site=site)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_shown", "job", "round", "state", "attempts", "answer_in_short", "answered_at", "sent_at")
    list_select_related = ("job",)
    search_fields = ("id__exact", "lead__id__exact", "event_id__exact")
    search_help_text = "Finds by its own id, by the lead's, or by the event id."
    fieldsets = (
        (None, {"fields": ("lead_shown", "job", "round", "event_id", "state")}),
        ("Attempts", {"fields": ("attempts", "first_tried_at", "answered_at", "status", "answer", "not_before", "held_for")}),
        ("Came to", {"fields": ("sent_at", "arrived_while_not_valid", "taken_back_at", "created_at")}),
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


@register(OutboundEvent, site=site)
class OutboundEventAdmin(ReadOnlyAdmin):
    """The values of the headers are secrets, so only their number is told by the event's own page."""

    list_display = ("id", "label", "campaign", "publisher", "trigger", "enabled", "created_at", "removed_at")
    list_select_related = ("campaign", "publisher")
    list_filter = ("trigger", "enabled")
    search_fields = ("id__exact", "label", "campaign__id__exact")
    search_help_text = "Finds by id, by label, or by the campaign's id."
    fieldsets = (
        (None, {"fields": ("label", "campaign", "publisher", "trigger", "enabled")}),
        ("Call", {"fields": ("method", "url", "placeholders")}),
        ("Times", {"fields": ("created_at", "updated_at", "removed_at")}),
    )


@register(Destination, site=site)
class DestinationAdmin(ReadOnlyAdmin):
    list_display = ("id", "job", "event", "per_minute", "signs", "waits_for", "waits_until", "failing_since", "served_at")
    list_select_related = ("job", "event")
    list_filter = ("waits_for",)
    search_fields = ("id__exact", "job__id__exact", "event__id__exact")
    search_help_text = "Finds by its own id, by the integration's, or by the event's."
    fieldsets = (
        (None, {"fields": ("job", "event", "signs", "previous_secret_until")}),
        ("Limits", {"fields": ("per_minute", "hours", "cap_day", "cap_week", "cap_month")}),
        ("State", {"fields": ("served_at", "waits_for", "waits_until", "failing_since", "rests")}),
    )

    @display(description="Signs its calls", boolean=True)
    def signs(self, destination: Destination) -> bool:
        return bool(destination.signing_secret)


@register(SentCount, site=site)
class SentCountAdmin(ReadOnlyAdmin):
    list_display = ("id", "destination", "day", "n")
    list_select_related = ("destination__job", "destination__event")
    search_fields = ("destination__id__exact",)
    search_help_text = "Finds by the id of the destination."
    fieldsets = ((None, {"fields": ("destination", "day", "n")}),)


@register(Message, site=site)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "lead_shown", "destination", "state", "attempts", "answer_in_short", "answered_at", "sent_at")
    list_select_related = ("destination__job", "destination__event")
    search_fields = ("id__exact", "lead__id__exact", "message_id__exact")
    search_help_text = "Finds by its own id, by the lead's, or by the id that receivers see."
    fieldsets = (
        (None, {"fields": ("kind", "lead_shown", "destination", "message_id", "order_key", "state", "body")}),
        ("Attempts", {"fields": ("attempts", "first_tried_at", "answered_at", "status", "answer", "not_before")}),
        ("Came to", {"fields": ("sent_at", "created_at")}),
        ("Work", {"fields": ("claim", "claimed_at")}),
    )

    @display(description="Lead")
    def lead_shown(self, message: Message) -> SafeString | str:
        return link("leads_lead", message.lead_id) if message.lead_id else "—"

    @display(description="Last answer")
    def answer_in_short(self, message: Message) -> str:
        return message.answer[:80] or "—"


@register(CampaignAlerts, site=site)
class CampaignAlertsAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "no_lead_hours", "invalid_percent", "invalid_at_least", "changed_at")
    list_select_related = ("campaign",)
    search_fields = ("campaign__id__exact", "campaign__name")
    search_help_text = "Finds by the campaign's id or name."
    fieldsets = ((None, {"fields": ("campaign", "no_lead_hours", "invalid_percent", "invalid_at_least", "changed_at")}),)


@register(ToldAlert, site=site)
class ToldAlertAdmin(ReadOnlyAdmin):
    list_display = ("id", "key_shown", "campaign", "at")
    list_select_related = ("campaign",)
    search_fields = ("campaign__id__exact",)
    search_help_text = "Finds by the campaign's id."
    fieldsets = ((None, {"fields": ("key_shown", "campaign", "at")}),)

    @display(description="About")
    def key_shown(self, alert: ToldAlert) -> str:
        return alert.key


@register(FeedbackPolicy, site=site)
class FeedbackPolicyAdmin(ReadOnlyAdmin):
    list_display = ("id", "job", "version", "made_by_name", "at")
    list_select_related = ("job",)
    search_fields = ("id__exact", "job__id__exact")
    search_help_text = "Finds by its own id, or by the integration's."
    fieldsets = ((None, {"fields": ("job", "version", "body", "made_by_name", "made_by_id", "at")}),)


@register(Feedback, site=site)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ("id", "lead_shown", "job", "type", "state", "conflict", "received_at")
    list_select_related = ("job",)
    search_fields = ("id__exact", "lead__id__exact", "delivery__id__exact")
    search_help_text = "Finds by its own id, by the lead's, or by the delivery's."
    fieldsets = (
        (None, {"fields": ("lead_shown", "job", "delivery_id", "campaign_id", "publisher_id", "type", "reason", "came_by", "received_at")}),
        ("Decision", {"fields": ("state", "refused_because", "explanation", "policy", "repeats_id", "conflict")}),
        ("Approval", {"fields": ("decided_by_name", "decided_by_id", "decided_at", "remark")}),
    )

    @display(description="Lead")
    def lead_shown(self, feedback: Feedback) -> SafeString | str:
        return link("leads_lead", feedback.lead_id)
