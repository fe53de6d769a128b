"""Tables of deliveries: the log of one integration, those that need a person, and those that arrived while their lead was not Valid."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString

from config.core.lists.markup import markup
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from integrations.models import Delivery
from integrations.views import display
from leads.statuses import CurrentStatus

FORM_ID = "chosen"
"""The id of the form that the tick boxes belong to."""


def tick_box(pk: int, what: str) -> SafeString:
    box = '<input type="checkbox" class="form-check-input" form="{}" name="id" value="{}" aria-label="Choose {}">'
    return markup(box, FORM_ID, pk, what)


class DeliveryTable(ListTable):
    lead = IdColumn(accessor="lead_id", linkify=lambda record: reverse("lead", args=[record.lead_id]))
    answer = TextColumn(verbose_name="Last answer")
    actions = tables.Column(empty_values=(), accessor="pk", verbose_name="")

    def render_answer(self, record: Delivery, column: TextColumn) -> SafeString | str:
        return column.render(record.answer) if record.answer else "—"

    def render_actions(self, record: Delivery) -> SafeString:
        return markup('<a href="{}" aria-label="View delivery {}">View</a>', reverse("delivery", args=[record.pk]), record.pk)


class LogTable(DeliveryTable):
    key = "deliveries"
    sorts = {"id": "id"}
    filters = {"created_at": "created"}
    cards = ("lead", "state", "answer", "actions")
    caption = "Deliveries"

    id = IdColumn(verbose_name="ID")
    state = tables.Column(empty_values=())
    round = NumberColumn()
    attempts = NumberColumn()
    created_at = TimeColumn(verbose_name="Created")
    answered_at = TimeColumn(verbose_name="Last tried")
    next_try = tables.Column(empty_values=(), accessor="pk", verbose_name="Next try")
    sent_at = TimeColumn(verbose_name="Sent")

    class Meta(DeliveryTable.Meta):
        sequence = ("id", "lead", "state", "round", "attempts", "answer", "created_at", "answered_at", "next_try", "sent_at", "actions")

    def render_state(self, record: Delivery) -> SafeString:
        return display.state_badge(record)

    def render_next_try(self, record: Delivery) -> SafeString | str:
        return display.next_try(record)


class ChoiceTable(DeliveryTable):
    """Deliveries to be chosen, by integration, the newest of each first, which is the order of their index."""

    sorts = {"integration": "job_id"}
    default_sort = "-integration"

    tick = tables.Column(empty_values=(), accessor="pk", verbose_name="Choose", attrs={"td": {"class": "tick"}, "th": {"class": "tick"}})
    integration = TextColumn(accessor="job__label")
    campaign = TextColumn(accessor="job__campaign__name")

    def render_tick(self, record: Delivery) -> SafeString:
        return tick_box(record.pk, f"lead {record.lead_id} to {record.job.label}")

    def render_integration(self, record: Delivery, column: TextColumn) -> SafeString:
        log_url = reverse("deliveries", args=[record.job.campaign_id, record.job_id])
        return markup('<a href="{}">{}</a>', log_url, column.render(display.integration_name(record)))

    def render_campaign(self, record: Delivery, column: TextColumn) -> SafeString:
        return markup('<a href="{}">{}</a>', reverse("campaign", args=[record.job.campaign_id]), column.render(record.job.campaign.name))


class NeedsPersonTable(ChoiceTable):
    key = "needs-a-person"
    cards = ("tick", "lead", "integration", "since", "answer", "actions")
    caption = "Deliveries that need a person"

    since = TimeColumn(accessor="answered_at")
    attempts = NumberColumn()
    answer = TextColumn(verbose_name="Why")

    class Meta(DeliveryTable.Meta):
        sequence = ("tick", "lead", "integration", "campaign", "answer", "since", "attempts", "actions")


class ArrivedTable(ChoiceTable):
    """Deliveries that arrived while its lead was not Valid, by integration, as its index has it."""

    key = "arrived-while-not-valid"
    cards = ("tick", "lead", "now", "integration", "sent_at", "actions")
    caption = "Deliveries that arrived while their lead was not Valid"

    now = tables.Column(empty_values=(), accessor="pk", verbose_name="Lead is now")
    sent_at = TimeColumn(verbose_name="Arrived")

    class Meta(DeliveryTable.Meta):
        exclude = ("answer",)
        sequence = ("tick", "lead", "now", "integration", "campaign", "sent_at", "actions")

    def render_now(self, record: Delivery) -> str:
        return str(CurrentStatus(record.lead.current_status).label)
