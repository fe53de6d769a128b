"""The rows of a file as pages show them: masked for the role."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from batches.files.columns import NAMES, BatchColumn, Query, header_of, select_rows
from batches.files.formats import CSV, BatchFormat
from campaigns.scope import Who
from integrations.delivery.payload import CAPABILITIES
from leads import privacy
from leads.models import Lead

PERSONAL = frozenset({"emailDomain", "ip", "landingPageUrl", "publisherSubId"})
"""Names whose values are masked for roles that see leads masked, as fields of leads are."""


class PreviewRow(NamedTuple):
    lead_id: int
    cells: list[str]


class FilePreview(NamedTuple):
    """The beginning of a file."""

    header: list[str]
    rows: list[PreviewRow]


def preview_rows(
    source: Query, columns: Sequence[BatchColumn], who: Who, limit: int, *, zone: str, moment: datetime | None = None
) -> FilePreview:
    """Return the first rows of the file as the user may see them. For a page of it, the source has the rows of the page alone."""
    sql, parameters = select_rows(source, columns, _AS_THEY_ARE, zone=zone, moment=moment, limit=limit, with_ids=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall()
    leads = Lead.objects.select_related("campaign__advertiser").in_bulk([lead_id for lead_id, *_ in found])
    rows = [
        PreviewRow(lead_id, [shown(who, leads[lead_id], column, text) for column, text in zip(columns, texts, strict=True)])
        for lead_id, *texts in found
    ]
    return FilePreview(header_of(columns), rows)


_AS_THEY_ARE = BatchFormat(kind=CSV, quotes_all=True)


def shown(who: Who, lead: Lead, column: BatchColumn, text: str) -> str:
    name = column.field
    if not name or not text:
        return text
    if name in CAPABILITIES:
        return text if privacy.sees_capabilities(who) else privacy.HIDDEN
    if not privacy.sees_results(who):
        return privacy.HIDDEN
    if name not in NAMES or name in lead.values:
        return privacy.shown_value(who, lead, name, text)
    if name in PERSONAL and not privacy.sees_values_of(who, lead):
        return privacy.HIDDEN
    return privacy.person_for(who, text) if name == "publisherName" else text
