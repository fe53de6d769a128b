"""Leads of a file in its own columns: of the next one, and of one that was built."""

from collections.abc import Collection, Mapping, Sequence
from io import TextIOWrapper
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import QuerySet

from batches.files import columns, shown_rows
from batches.files.formats import CSV, TXT, format_of
from batches.files.storage import StoredBatch, open_file
from batches.models import SentBatch, SentLead
from batches.pending import pending_deliveries
from batches.schedules import setting, setting_names
from campaigns.scope import Who
from config.core.tabular.records import records
from processr.models import Job

FURTHEST_ROW = 20_000
"""Rows of a stored file up to which a page reads it: what stands further on is shown with the values of now."""


class FileCells(NamedTuple):
    """Rows of a file by lead, as the user may see them. `as_sent` tells that they were read from the file itself."""

    by_lead: Mapping[int, Sequence[str]]
    as_sent: bool = False


def columns_of(config: Mapping[str, Any]) -> list[columns.BatchColumn]:
    return columns.BatchColumn.of_settings(setting(config, columns.FIELD) or [])


def pending_cells(job: Job, ids: Collection[int], who: Who) -> FileCells:
    """Return the rows of these deliveries as the next file has them."""
    return _cells_now(pending_deliveries(job).filter(pk__in=ids), job.config, who, position="pk", delivery="pk")


def sent_cells(batch: SentBatch, rows: Sequence[SentLead], who: Who) -> FileCells:
    """Return these rows, which follow each other in the file, as they were sent where the file can be read without a password."""
    if rows and (texts := _rows_in_file(batch, min(row.row for row in rows), max(row.row for row in rows))):
        named = columns_of(batch.settings)
        shown = {
            row.lead_id: [shown_rows.shown(who, row.lead, *cell) for cell in zip(named, texts[row.row], strict=False)]
            for row in rows
            if row.row in texts
        }
        return FileCells(shown, as_sent=True)
    return _cells_now(batch.leads.filter(pk__in=[row.pk for row in rows]), batch.settings, who, position="row")


def _cells_now(rows: QuerySet[Any], config: Mapping[str, Any], who: Who, *, position: str, delivery: str = "delivery_id") -> FileCells:
    chosen = columns_of(config)
    if not chosen:
        return FileCells({})
    source = columns.source_of(rows, position=position, delivery=delivery)
    found = shown_rows.preview_rows(source, chosen, who, len(rows), zone=setting(config, "zone") or "UTC")
    return FileCells({row.lead_id: row.cells for row in found.rows})


def _rows_in_file(batch: SentBatch, first: int, last: int) -> dict[int, list[str]]:
    """Return rows of the stored file by their number; none where it is gone, a workbook, packed, damaged, or the rows are far on."""
    values = {name: setting(batch.settings, name) for name in setting_names()}
    if not batch.storage_key or values["format"] not in (CSV, TXT) or values["zips"] or last > FURTHEST_ROW:
        return {}
    written = format_of(values, campaign_id=batch.job.campaign_id)
    try:
        with open_file(StoredBatch(batch.storage_key, bytes(batch.sealed_key))) as plain:
            text = TextIOWrapper(plain, encoding=written.encoding, newline="")
            start = first - 1 + written.header
            found = list(islice(records(text, written.delimiter), start, start + last - first + 1))
    except (OSError, UnicodeError):
        return {}
    return {} if any(record.fault for record in found) else {row: record.cells for row, record in enumerate(found, start=first)}
