"""Every status, reason and refusal text of leads, in the operator's words."""

from django.db import models


class ProcessrStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    PROCESSING = "processing", "Sent to Processr"
    HELD = "held", "On Hold"
    COMPLETE = "complete", "Complete"


class QaStatus(models.TextChoices):
    """The result of scoring. An empty value means that the lead is not judged yet."""

    VALID = "valid", "Valid"
    CAUTION = "caution", "Caution"
    INVALID = "invalid", "Invalid"
    TEST = "test", "Test"


def percentage(score: int, possible: int) -> int:
    """Return the share of the points, rounded down: what is below the threshold, or not all, never reads as if it were."""
    return 100 * score // possible if possible else 100


class SecondCheck(models.TextChoices):
    """The flag set after scoring. An empty value means that the lead is not flagged."""

    VALID = "valid", "Valid"
    INVALID = "invalid", "Invalid"
    TEST = "test", "Test"


class CurrentStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    VALID = "valid", "Valid"
    CAUTION = "caution", "Caution"
    INVALID = "invalid", "Invalid"
    TEST = "test", "Test"


class DeliveryStatus(models.TextChoices):
    NOT_DELIVERED = "not_delivered", "Not Delivered"
    DELIVERED = "delivered", "Delivered"


class EntryPoint(models.TextChoices):
    WEBHOOK = "webhook", "Campaign webhook"
    PUBLISHER_API = "publisher_api", "Publisher API"
    IMPORT = "import", "Import"
    FORM = "form", "Hosted form"
    CONNECT = "connect", "Convertr Connect"
    MANUAL = "manual", "By hand"


class HoldReason:
    """Keys of `leads.extension_points.hold_reasons`, which holds the texts and API numbers."""

    NO_JOB = "no_job"
    OVER_DELIVERY = "over_delivery"
    """A hold of delivery (decision 39): the lead is Valid and found no slot. It ends when the lead is released, or no longer Valid."""


class Refusal:
    """Reasons why a lead of a set was left unchanged."""

    NOT_FOUND = "not found"
    ALREADY_VALID = "already Valid"
    ALREADY_INVALID = "already Invalid"
    ALREADY_TEST = "already Test"
    NOT_FLAGGED = "not flagged"
    NOT_VALID = "not valid"
    ALREADY_DELIVERED = "already delivered"
    NOT_DELIVERED = "not delivered"
    NOT_CHOSEN = "no chosen integration on its campaign"
    ALREADY_REPLACEMENT = "already a replacement"
    NO_REPLACEMENT = "not a replacement"
    NOT_HELD = "not held for this reason"
    NOT_HELD_OVER_DELIVERY = "not held over delivery"
    ALREADY_HELD = "already held"
    NOT_WAITING = "not waiting"
    ALREADY_WAITING = "already waiting"
    BEING_PROCESSED = "being processed"
    CONSENT = "consent cannot be given by whoever knows the hash of the lead"
    CLAIM_LOST = "taken over by another worker"
    NOT_DELETED = "not deleted"
    DELIVERED_LOCKED = "already delivered: its data cannot be edited"
    UNCHANGED = "unchanged"
    TOO_MANY_VALUES = "too many fields, or too much text in them, for one lead"
    CHANGED_SINCE = "changed since"
    ALREADY_UNDONE = "already undone"


BILLED_AXES = ("publisher_billable", "advertiser_billable", "over_allocation")
"""The axes of a Contract note, which tells what a change makes of billing."""
