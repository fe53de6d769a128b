"""The next file as it would be now, and the leads of one that was built: a page of rows, as the user may see them."""

from collections.abc import Sequence

from batches.files import columns, shown_rows
from batches.models import SentBatch, SentLead
from batches.pending import earlier_leads, pending_deliveries
from batches.schedules import setting
from campaigns.scope import Who
from processr.models import Job

_PLACES = "SELECT * FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS chosen (position, lead_id, delivery_id)"
RowPlace = tuple[int, int | None]
"""Lead id and delivery id."""


def pending_rows(job: Job, who: Who, *, offset: int = 0, limit: int = 50) -> shown_rows.FilePreview:
    """Return rows of the next file: of a cumulative one first those that it repeats. Without columns they are empty."""
    deliveries = pending_deliveries(job)
    repeated = earlier_leads().filter(batch__job=job) if deliveries.exists() else SentLead.objects.none()
    leads = repeated.order_by("lead").values_list("lead_id", flat=True).distinct()
    places: list[RowPlace] = [(lead, None) for lead in leads[offset : offset + limit]]
    if len(places) < limit:
        start = max(0, offset - leads.count())
        places += deliveries.values_list("lead_id", "pk")[start : start + limit - len(places)]
    chosen = columns.BatchColumn.of_settings(setting(job.config, columns.FIELD))
    if not chosen:
        return shown_rows.FilePreview([], [shown_rows.PreviewRow(lead, []) for lead, _ in places])
    return shown_rows.preview_rows(_source(places), chosen, who, limit, zone=setting(job.config, "zone") or "UTC")


def sent_rows(batch: SentBatch, who: Who, *, offset: int = 0, limit: int = 50) -> shown_rows.FilePreview:
    """Return leads of a file that was built. Values are those of the leads now: the file itself has those of its building."""
    source = columns.source_of(batch.leads.filter(row__gt=offset, row__lte=offset + limit), position="row")
    chosen = columns.BatchColumn.of_settings(setting(batch.settings, columns.FIELD))
    zone = setting(batch.settings, "zone") or "UTC"
    return shown_rows.preview_rows(source, chosen, who, limit, zone=zone, moment=batch.built_at)


def _source(places: Sequence[RowPlace]) -> columns.Query:
    leads, deliveries = [lead for lead, _ in places], [delivery for _, delivery in places]
    return columns.Query(_PLACES, [list(range(1, len(places) + 1)), leads, deliveries])
