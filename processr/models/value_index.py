"""The index of field values that leads are compared by. Only fields that some job compares are indexed."""

from django.db import models


class IndexedField(models.Model):
    """A field whose values are indexed.

    Once it is added, every judgement stores the lead's value. `filled_to` is the lead id up to which the leads
    judged before are filled in; from `ready_at` on, none is missing.
    """

    name = models.CharField(max_length=80, unique=True)
    seen_xid = models.BigIntegerField(null=True, help_text="Of a transaction that came after: whoever judged before it has ended since.")
    filled_to = models.BigIntegerField(default=0)
    ready_at = models.DateTimeField(null=True)
    unused_since = models.DateTimeField(null=True, help_text="No job compares it any more.")

    def __str__(self) -> str:
        return self.name


class FieldValue(models.Model):
    """The value of a lead's field as its last judgement or edit left it.

    `key` is 64 bits of a hash of the folded value. A lead without a value has no row.
    """

    field = models.ForeignKey(IndexedField, on_delete=models.CASCADE, db_index=False, related_name="+")
    lead_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    key = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead_id", "field"], name="field_value_once")]
        indexes = [models.Index(fields=["field", "key", "campaign_id", "lead_id"], name="field_value_key")]

    def __str__(self) -> str:
        return f"{self.field} of lead {self.lead_id}"
