"""The admin pages of batches. They are read-only: workers and the pages of batches change these tables."""

from django.contrib.admin import register

from batches.models import BatchAttempt, BatchSchedule, SentBatch, SentLead
from config.core.admin import ReadOnlyAdmin, site


@register(BatchSchedule, site=site)
class BatchScheduleAdmin(ReadOnlyAdmin):
    list_display = ("id", "job", "quantity", "next_run_at", "cumulative_since")
    list_select_related = ("job",)
    search_fields = ("job__id__exact",)
    search_help_text = "Finds by the job's id."


@register(SentBatch, site=site)
class SentBatchAdmin(ReadOnlyAdmin):
    list_display = ("id", "job", "number", "phase", "trigger", "lead_count", "file_name", "attempts", "sent_at")
    list_select_related = ("job",)
    list_filter = ("phase", "trigger")
    search_fields = ("id__exact", "job__id__exact", "sha256__exact")
    search_help_text = "Finds by id, by the job's id, or by the SHA-256 of the file."


@register(SentLead, site=site)
class SentLeadAdmin(ReadOnlyAdmin):
    list_display = ("id", "batch", "row", "lead_id", "delivery_id")
    list_select_related = ("batch",)
    search_fields = ("batch__id__exact", "lead__id__exact")
    search_help_text = "Finds by the batch's id, or by the lead's."


@register(BatchAttempt, site=site)
class BatchAttemptAdmin(ReadOnlyAdmin):
    list_display = ("id", "batch", "kind", "at", "ended_at", "ok", "answer", "actor")
    list_select_related = ("batch", "actor")
    list_filter = ("kind", "ok")
    search_fields = ("batch__id__exact",)
    search_help_text = "Finds by the batch's id."
