"""Messages: what leaves and is no delivery of a lead."""

from secrets import token_hex

from django.db import models
from django.db.models import Q

from integrations.models.destination import Destination
from integrations.models.outbox_row import CLAIMED_WHILE_SENDING, OutboxRow
from leads.models import Lead


def new_message_id() -> str:
    """Return the id that a receiver sees, the same in every attempt."""
    return f"msg_{token_hex(12)}"


class Message(OutboxRow):
    """Something to be sent once, as it was when it was queued.

    `kind` is a key of `integrations.messages.message_kinds`, which makes a request of the `body`. Nothing of an order key
    is sent while an earlier message of it, to the same destination, is open: waiting, being sent, or in need of a person.
    """

    kind = models.CharField(max_length=20)
    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, db_index=False, related_name="messages")
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, null=True, db_index=False, related_name="messages")
    message_id = models.CharField(max_length=28, default=new_message_id, editable=False)
    order_key = models.CharField(max_length=60, blank=True)
    body = models.JSONField(default=dict, help_text="What its kind needs to send it, frozen when it was queued.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id"], name="message_id_once"),
            models.CheckConstraint(condition=CLAIMED_WHILE_SENDING, name="message_claimed_while_sending"),
        ]
        indexes = [
            models.Index(fields=["destination", "not_before", "id"], condition=Q(state="queued"), name="message_queue"),
            models.Index(fields=["claim"], condition=Q(state="sending"), name="message_claimed"),
            models.Index(fields=["destination", "id"], condition=Q(state="needs_person"), name="message_needs_person"),
            models.Index(
                fields=["destination", "order_key", "id"],
                condition=Q(state__in=("queued", "sending", "needs_person")) & ~Q(order_key=""),
                name="message_order",
            ),
            models.Index(fields=["destination", "id"], name="message_log"),
            models.Index(fields=["destination", "answered_at"], condition=Q(answered_at__isnull=False), name="message_answered"),
            models.Index(fields=["lead", "id"], name="message_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}: {self.state}"
