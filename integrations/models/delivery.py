"""Deliveries, one for each lead and integration. The rows in state queued are the queue."""

from datetime import UTC, datetime
from secrets import token_hex

from django.db import models
from django.db.models import Q

from config.core.models import Run
from integrations.models.outbox_row import CLAIMED_WHILE_SENDING, OutboxRow
from leads.models import Lead
from processr.models import Job

UNTIL_RELEASED = datetime(9999, 1, 1, tzinfo=UTC)
"""The time of deliveries that wait for their release: they are last in every queue, and never due."""


def new_event_id() -> str:
    """Return 24 hex digits (decision 17). They are random, because whoever knows the id can send feedback on the lead."""
    return token_hex(12)


class Delivery(OutboxRow):
    """One round of sending a lead to an integration.

    Each time a lead is to be sent anew there is a new round. All attempts of a round carry its event id, so that the
    receiver can recognise a repetition. The exact exchange of each attempt is an Event of kind delivery; `answer`
    summarises the last one for lists.
    """

    class HeldFor(models.TextChoices):
        """Why a queued delivery is held: until `not_before`, which is `UNTIL_RELEASED` for what has no time of its own."""

        OVER_DELIVERY = "over_delivery", "Over delivery"
        PROCESS_DELAY = "process_delay", "Process delay"

    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_index=False, related_name="deliveries")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, db_index=False, related_name="deliveries")
    event_id = models.CharField(max_length=24, default=new_event_id, editable=False)
    round = models.PositiveIntegerField(default=1)
    held_for = models.CharField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text="Why it waits, beside its turn: a key of HeldFor, while it is queued.",
    )
    arrived_while_not_valid = models.BooleanField(
        default=False, db_default=False, help_text="It was sent, and its lead was Valid no longer when that was recorded (decision 34)."
    )
    taken_back_at = models.DateTimeField(null=True, help_text="The lead was marked undelivered after this was sent: it counts no more.")
    action_id = models.BigIntegerField(null=True, help_text="The last bulk action that queued it, withdrew it or took it back.")
    withdrawn_from = models.CharField(
        max_length=12, blank=True, default="", db_default="", help_text="The state before the lead's change withdrew it."
    )

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event_id"], name="delivery_event_once"),
            models.UniqueConstraint(fields=["lead", "job", "round"], name="delivery_round_once"),
            models.CheckConstraint(condition=CLAIMED_WHILE_SENDING, name="delivery_claimed_while_sending"),
        ]
        indexes = [
            models.Index(fields=["job", "not_before", "id"], condition=Q(state="queued"), name="delivery_queue"),
            models.Index(fields=["claim"], condition=Q(state="sending"), name="delivery_claimed"),
            models.Index(fields=["job", "id"], condition=Q(state="needs_person"), name="delivery_needs_person"),
            models.Index(fields=["job", "id"], condition=Q(arrived_while_not_valid=True), name="delivery_not_valid"),
            models.Index(fields=["lead"], condition=Q(state__in=("needs_person", "failed")), name="delivery_failed_lead"),
            models.Index(fields=["job", "id"], name="delivery_log"),
            models.Index(fields=["job", "answered_at"], condition=Q(answered_at__isnull=False), name="delivery_answered"),
        ]

    def __str__(self) -> str:
        return f"lead {self.lead_id} to {self.job_id}, round {self.round}: {self.state}"


class DeliveryAction(Run):
    """A background run over deliveries or messages: all that match filters are sent again or given up, what failed
    of a destination is sent again, or what a removed integration has not sent is withdrawn."""

    class Type(models.TextChoices):
        RETRY = "retry", "Retry deliveries"
        GIVE_UP = "give_up", "Give up deliveries"
        WITHDRAW = "withdraw", "Withdraw deliveries"
        RESEND = "resend", "Resend what failed"
        RETRY_MESSAGES = "retry_messages", "Retry messages"
        GIVE_UP_MESSAGES = "give_up_messages", "Give up messages"

    type = models.CharField(max_length=16, choices=Type.choices)
    filters = models.JSONField(default=dict, help_text="Filter of the list → value, as the deliveries were selected.")
    selected_at = models.DateTimeField(null=True, help_text="Deliveries that came to need a person later are not meant.")
    reason = models.CharField(max_length=200, blank=True)
    last_job = models.BigIntegerField(default=0, help_text="The integration, or the destination, of the last one dealt with.")
    last_delivery = models.BigIntegerField(default=0)
    skipped = models.JSONField(default=dict, help_text="Reason → number of deliveries.")

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
