"""Background runs over many leads: bulk actions, imports, exports."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from config.core.models import Run
from config.core.models.names import NameField


class BulkAction(Run):
    type = models.CharField(max_length=40, help_text="Key of a bulk type; never a choice list.")
    settings = models.JSONField(default=dict)
    selection_source = models.JSONField(default=dict, help_text="How the leads were chosen: ids, file or filter.")
    signature = models.CharField(max_length=150, blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by", help_text="The action it takes back.")
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.PROTECT, null=True, related_name="+", help_text="The only campaign whose leads it takes."
    )
    answers = models.JSONField(default=dict, db_default={}, help_text="The answers given to the steps of the wizard.")
    saved_at = models.DateTimeField(
        default=timezone.now, db_default=Now(), help_text="The time of Save; of a draft, that of its beginning."
    )

    class Meta:
        indexes = [
            models.Index(fields=["type", "id"], name="bulk_action_type"),
            models.Index(fields=["saved_at", "id"], condition=~Q(state=Run.State.DRAFT), name="bulk_action_saved"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class BulkChunk(models.Model):
    """A chunk of at most CHUNK lead ids, frozen in id order."""

    class State(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        UNDONE = "undone"

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    lead_ids = ArrayField(models.BigIntegerField())
    found = models.JSONField(
        default=list, db_default=[], help_text="The leads it moved: [[columns as the action found them, ids of the leads alike], …]"
    )
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    skipped = models.JSONField(default=dict, help_text="Lead id → why.")
    previewed = models.JSONField(null=True, help_text="Lead ids by status, and by the reason to skip them, as the preview found them.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "position"], name="bulk_chunk_once")]

    def __str__(self) -> str:
        return f"chunk {self.position} of {self.action_id}"


class OmittedEntry(models.Model):
    """An entry of a source of a bulk action that is none of its leads, with the reason."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="omitted")
    source = models.CharField(max_length=120)
    line = models.PositiveIntegerField()
    text = models.CharField(max_length=100)
    why = models.CharField(max_length=100)

    class Meta:
        verbose_name_plural = "omitted entries"

    def __str__(self) -> str:
        return f"line {self.line} of {self.source}"


class BulkForecast(Run):
    """The preview of a draft, chunk by chunk. `result` is what was counted so far."""

    action = models.OneToOneField(BulkAction, on_delete=models.CASCADE, related_name="forecast")
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = "preview of a bulk action"

    def __str__(self) -> str:
        return f"preview of {self.action_id}"


class ColumnMap(models.Model):
    """A saved mapping of a file's columns to fields, for imports and exports."""

    class Use(models.TextChoices):
        IMPORT = "import"
        EXPORT = "export"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="column_maps")
    advertiser = models.ForeignKey("campaigns.Advertiser", on_delete=models.CASCADE, null=True, related_name="column_maps")
    use = models.CharField(max_length=6, choices=Use.choices)
    name = NameField(max_length=120)
    columns = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class LeadImport(Run):
    """An import of a file.

    `position` is the number of rows read: `done` of them are stored, `failed` refused and `repeated` were there already.
    """

    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.PROTECT, related_name="imports")
    form = models.ForeignKey("campaigns.Form", on_delete=models.PROTECT, related_name="+")
    publisher = models.ForeignKey("campaigns.Publisher", on_delete=models.PROTECT, null=True, related_name="+")
    link = models.ForeignKey("campaigns.CampaignLink", on_delete=models.PROTECT, null=True, related_name="+")
    file = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    delimiter = models.CharField(max_length=1, default=",")
    columns = models.JSONField(default=dict, help_text="Column header → field name.")
    encoding = models.CharField(max_length=40, default="utf-8")
    date_orders = models.JSONField(default=dict, db_default={}, help_text="Column header → order of day, month and year.")
    repeated = models.PositiveBigIntegerField(default=0, help_text="Rows whose lead was there already.")
    again = models.BooleanField(default=False, db_default=False, help_text="Rows that earlier imports have stored are left out.")
    refused_rows = models.TextField(blank=True, help_text="Path of the file of refused rows.")
    refused_size = models.PositiveBigIntegerField(default=0, help_text="Bytes of that file that belong to the position.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(position=F("done") + F("failed") + F("repeated")), name="lead_import_every_row_once"),
        ]
        indexes = [models.Index(fields=["sha256"], name="lead_import_file")]

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def dealt_with(self) -> int:
        return self.position


class LeadImportPart(models.Model):
    """The rows of a chunk of an import that are leads, by the lines at which they begin in the file."""

    run = models.ForeignKey(LeadImport, on_delete=models.CASCADE, related_name="parts", db_index=False)
    first_line = models.PositiveBigIntegerField()
    last_line = models.PositiveBigIntegerField()
    lines = ArrayField(models.BigIntegerField())
    lead_ids = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "first_line"], name="lead_import_part_once")]

    def __str__(self) -> str:
        return f"lines {self.first_line} to {self.last_line} of import {self.run_id}"


class LeadExport(Run):
    filter = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    format = models.CharField(max_length=4, default="csv")
    file = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return f"export {self.pk}"
