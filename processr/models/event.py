"""The event log: what was done to a lead, when, by which plan and with which result."""

from django.db import models
from uuid_utils.compat import uuid7

from config.core.models.xid import CurrentXid, Xid8Field


class Event(models.Model):
    """An entry of the event log, which is insert-only.

    A flow event is one run over one lead with its steps as an array. The public id of a step is `<event
    id>-<position>`.

    A step is {job, label, outcome, reason, field, value, points, of, at (ms since the start), took (ms)}. For a
    value transform that could not be applied, `job` is null and `transform` holds its id.

    A provider event is one call about one lead, for one job of one run. Its `source` also holds what is needed to
    continue with the answer. If one call asked about several leads, each has an event with its part of the answer,
    and the first lead has one more with the whole exchange.
    """

    class Kind(models.TextChoices):
        FLOW = "flow"
        PROVIDER = "provider"
        DELIVERY = "delivery"
        FEEDBACK = "feedback"
        MESSAGE = "message"

    class Conclusion(models.TextChoices):
        SUCCESS = "success"
        FAILURE = "failure"
        ERROR = "error"
        SKIP = "skip"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    xid = Xid8Field(db_default=CurrentXid(), editable=False)
    lead_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    outcome = models.CharField(max_length=7, choices=Conclusion.choices)
    reason = models.TextField(blank=True)
    job_id = models.BigIntegerField(null=True)
    run_number = models.PositiveIntegerField(default=0, help_text="The lead's processing counter after this run.")
    submitted_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    source = models.JSONField(default=dict, help_text="Publisher, link and entry point the lead came by.")
    plan_number = models.PositiveIntegerField(null=True)
    steps_run = models.PositiveSmallIntegerField(default=0)
    steps = models.JSONField(default=list)
    message = models.TextField(blank=True, help_text="The exact exchange with a provider, secrets cut.")

    class Meta:
        indexes = [
            models.Index(fields=["lead_id", "id"], name="event_lead"),
            models.Index(fields=["xid", "id"], name="event_feed"),
            models.Index(fields=["lead_id", "id"], condition=models.Q(kind="delivery"), name="event_attempts_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} of lead {self.lead_id}"
