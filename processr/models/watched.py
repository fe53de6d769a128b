"""Values that leads are compared by, beside the leads, where an index finds them: only of fields that some job compares."""

from django.db import models


class WatchedField(models.Model):
    """From its first sight on, every judgement keeps the lead's value. `filled_to`: the leads that were judged before, as far as they
    are done; what is ready has them all.
    """

    name = models.CharField(max_length=80, unique=True)
    seen_xid = models.BigIntegerField(null=True, help_text="Of a transaction that came after: whoever judged before it has ended since.")
    filled_to = models.BigIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    unused_since = models.DateTimeField(null=True, help_text="No job compares it any more.")

    def __str__(self) -> str:
        return self.name


class FieldValue(models.Model):
    """As the lead's last judgement saw it. No value: `key` is 64 bits of a hash of it, folded."""

    watched = models.ForeignKey(WatchedField, on_delete=models.CASCADE, db_index=False, related_name="+")
    lead_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    key = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead_id", "watched"], name="field_value_once")]
        indexes = [models.Index(fields=["watched", "key", "campaign_id", "lead_id"], name="field_value_key")]

    def __str__(self) -> str:
        return f"{self.watched} of lead {self.lead_id}"
