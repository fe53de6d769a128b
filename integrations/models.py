"""Deliveries, one for each lead and integration. The rows in state queued are the queue."""

from secrets import token_hex

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.core.models import Run
from leads.models import Lead
from processr.models import Job


def new_event_id() -> str:
    """Return 24 hex digits (decision 17). They are random, because whoever knows the id can send feedback on the lead."""
    return token_hex(12)


class Delivery(models.Model):
    """One round of sending a lead to an integration.

    Each time a lead is to be sent anew there is a new round. All attempts of a round carry its event id, so that the
    receiver can recognise a repetition. The exact exchange of each attempt is an Event of kind delivery; `answer`
    summarises the last one for lists.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"
        NEEDS_PERSON = "needs_person", "Needs a person"
        WITHDRAWN = "withdrawn", "Withdrawn"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_index=False, related_name="deliveries")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, db_index=False, related_name="deliveries")
    event_id = models.CharField(max_length=24, default=new_event_id, editable=False)
    round = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(db_default=Now())
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    lost_claim = models.UUIDField(
        null=True, help_text="The claim that was taken from a worker that seemed dead: its answer may still come."
    )
    first_tried_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True, help_text="When the last attempt ended, with or without an answer.")
    answer = models.CharField(max_length=300, blank=True, help_text="Of the last attempt, in words.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Status code of the last answer.")
    sent_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True, help_text="The lead was marked undelivered after this was sent: it counts no more.")
    action_id = models.BigIntegerField(null=True, help_text="The last bulk action that queued it, withdrew it or took it back.")
    withdrawn_from = models.CharField(
        max_length=12, blank=True, default="", db_default="", help_text="The state before the lead's change withdrew it."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event_id"], name="delivery_event_once"),
            models.UniqueConstraint(fields=["lead", "job", "round"], name="delivery_round_once"),
            models.CheckConstraint(
                condition=Q(state="sending", claim__isnull=False) | (~Q(state="sending") & Q(claim__isnull=True)),
                name="delivery_claimed_while_sending",
            ),
        ]
        indexes = [
            models.Index(fields=["job", "not_before", "id"], condition=Q(state="queued"), name="delivery_queue"),
            models.Index(fields=["claim"], condition=Q(state="sending"), name="delivery_claimed"),
            models.Index(fields=["job", "id"], condition=Q(state="needs_person"), name="delivery_needs_person"),
            models.Index(fields=["lead"], condition=Q(state__in=("needs_person", "failed")), name="delivery_failed_lead"),
            models.Index(fields=["job", "id"], name="delivery_log"),
            models.Index(fields=["job", "answered_at"], condition=Q(answered_at__isnull=False), name="delivery_answered"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} to {self.job_id}, round {self.round}: {self.state}"


class DeliveryAction(Run):
    """A background run over deliveries: all that match filters are sent again or given up, or those of a removed integration withdrawn."""

    class Type(models.TextChoices):
        RETRY = "retry", "Retry deliveries"
        GIVE_UP = "give_up", "Give up deliveries"
        WITHDRAW = "withdraw", "Withdraw deliveries"

    type = models.CharField(max_length=8, choices=Type.choices)
    filters = models.JSONField(default=dict, help_text="Filter of the list → value, as the deliveries were selected.")
    selected_at = models.DateTimeField(null=True, help_text="Deliveries that came to need a person later are not meant.")
    reason = models.CharField(max_length=200, blank=True)
    last_job = models.BigIntegerField(default=0, help_text="The integration of the last delivery that was dealt with.")
    last_delivery = models.BigIntegerField(default=0)
    skipped = models.JSONField(default=dict, help_text="Reason → number of deliveries.")

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
