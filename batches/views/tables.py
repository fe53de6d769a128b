"""Tables of batches: the next files of jobs, the files that were made, and the leads of a file in its own columns."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.safestring import SafeString

from batches.models import SentBatch
from batches.pending import file_counts
from batches.schedules import describe
from batches.views.reading import FileCells
from config.core.lists import badges, times
from config.core.lists.markup import markup
from config.core.lists.tables import IdColumn, ListTable, NumberColumn, TextColumn, TimeColumn
from processr.models import Job

FORM_ID = "chosen"
"""The id of the form that the tick boxes belong to."""
DOWNLOADS = "downloads"
"""The id of the form that the buttons for downloading belong to."""
FileState = SentBatch.FileState
BADGES = {
    FileState.COLLECTING: "running",
    FileState.READY: "queued",
    FileState.SENDING: "processing",
    FileState.SENT: "delivered",
    FileState.NEEDS_PERSON: "caution",
    FileState.GIVEN_UP: "stopped",
    FileState.EMPTY: "done",
}


def phase_badge(batch: SentBatch) -> SafeString:
    phase = FileState(batch.phase)
    return badges.badge(BADGES[phase], phase.label)


class PendingTable(ListTable):
    key = "pending-batches"
    sorts = {"campaign_id": "campaign_id"}
    default_sort = "-campaign_id"
    cards = ("label", "campaign", "lead", "schedule", "actions")
    caption = "Pending batches"

    advertiser_id = IdColumn(accessor="campaign__advertiser_id", verbose_name="Advertiser ID")
    advertiser = TextColumn(accessor="campaign__advertiser__name", verbose_name="Advertiser Name")
    campaign_id = IdColumn(verbose_name="Campaign ID")
    campaign = TextColumn(accessor="campaign__name", verbose_name="Campaign Name")
    label = TextColumn()
    lead = NumberColumn(empty_values=(), accessor="pk", verbose_name="Lead")
    schedule = TextColumn(empty_values=(), accessor="pk")
    end = TimeColumn(accessor="campaign__end", verbose_name="Campaign End Date")
    actions = tables.Column(empty_values=(), accessor="pk", verbose_name="")

    class Meta(ListTable.Meta):
        sequence = ("advertiser_id", "advertiser", "campaign_id", "campaign", "label", "lead", "schedule", "end", "actions")

    def __init__(self, *args: Any, may_change: bool = False, **options: Any) -> None:
        self.may_change = may_change
        super().__init__(*args, **options)

    @cached_property
    def counts(self) -> dict[int, int]:
        return file_counts([job.pk for job in self.data])

    def render_campaign(self, record: Job, column: TextColumn) -> SafeString:
        return markup('<a href="{}">{}</a>', reverse("campaign", args=[record.campaign_id]), column.render(record.campaign.name))

    def render_label(self, record: Job, column: TextColumn) -> SafeString:
        return markup('<a href="{}">{}</a>', reverse("pending_batch", args=[record.pk]), column.render(record.label))

    def render_lead(self, record: Job) -> str:
        return f"{self.counts.get(record.pk, 0):,}"

    def render_schedule(self, record: Job, column: TextColumn) -> SafeString:
        return column.render(describe(record, getattr(record, "batch_schedule", None)))

    def render_actions(self, record: Job) -> SafeString:
        places = [
            ("Configure", reverse("processr_job", args=[record.campaign_id, record.pk])),
            ("View", reverse("pending_batch", args=[record.pk])),
            *([("Batch now", reverse("batch_now", args=[record.pk]))] if self.may_change else []),
        ]
        links = [markup('<a href="{}" aria-label="{} {}">{}</a>', url, word, record.label, word) for word, url in places]
        return SafeString(" ".join(links))


class SentTable(ListTable):
    key = "sent-batches"
    cards = ("label", "campaign", "lead", "sent", "actions")
    caption = "Sent batches"

    id = IdColumn(verbose_name="ID", linkify=lambda record: reverse("sent_batch", args=[record.pk]))
    advertiser_id = IdColumn(accessor="job__campaign__advertiser_id", verbose_name="Advertiser ID")
    advertiser = TextColumn(accessor="job__campaign__advertiser__name", verbose_name="Advertiser Name")
    campaign_id = IdColumn(accessor="job__campaign_id", verbose_name="Campaign ID")
    campaign = TextColumn(accessor="job__campaign__name", verbose_name="Campaign Name")
    label = TextColumn()
    lead = NumberColumn(accessor="lead_count", verbose_name="Lead")
    sent = tables.Column(empty_values=(), accessor="pk", verbose_name="Sent")
    actions = tables.Column(empty_values=(), accessor="pk", verbose_name="")

    class Meta(ListTable.Meta):
        sequence = ("id", "advertiser_id", "advertiser", "campaign_id", "campaign", "label", "lead", "sent", "actions")

    def __init__(self, *args: Any, may_change: bool = False, **options: Any) -> None:
        self.may_change = may_change
        super().__init__(*args, **options)

    def render_campaign(self, record: SentBatch, column: TextColumn) -> SafeString:
        return markup('<a href="{}">{}</a>', reverse("campaign", args=[record.job.campaign_id]), column.render(record.job.campaign.name))

    def render_label(self, record: SentBatch, column: TextColumn) -> SafeString:
        return markup('<a href="{}">{}</a>', reverse("sent_batch", args=[record.pk]), column.render(record.label))

    def render_sent(self, record: SentBatch) -> SafeString | str:
        if record.sent_at is None:
            return phase_badge(record)
        return (
            markup("{}, resent {}", times.tag(record.sent_at), times.tag(record.resent_at))
            if record.resent_at
            else times.tag(record.sent_at)
        )

    def render_actions(self, record: SentBatch) -> SafeString:
        view = markup('<a href="{}" aria-label="View batch {}">View</a>', reverse("sent_batch", args=[record.pk]), record.pk)
        if not self.may_change or not record.storage_key:
            return view
        button = '{} <button class="as-link" form="{}" formaction="{}" aria-label="Download the file of batch {}">Download</button>'
        return markup(button, view, DOWNLOADS, reverse("sent_batch_download", args=[record.pk]), record.pk)


class CellColumn(TextColumn):
    """A column of the file, by its place."""

    empty_values = ()

    def __init__(self, place: int, header: str) -> None:
        super().__init__(accessor="pk", verbose_name=header, empty_values=())
        self.place = place

    def render(self, record: Any, table: "FileTable") -> SafeString | str:  # type: ignore[override]  # of any row
        cells = table.cells.by_lead.get(record.lead_id, ())
        text = cells[self.place] if self.place < len(cells) else ""
        return super().render(text) if text else ""


class FileTable(ListTable):
    """Leads of a file. Its columns are those of the file, after the lead itself."""

    lead = IdColumn(accessor="lead_id", verbose_name="Lead ID", linkify=lambda record: reverse("lead", args=[record.lead_id]))

    def __init__(
        self, *args: Any, headers: Sequence[str] = (), read: Callable[[list[Any]], FileCells] | None = None, **options: Any
    ) -> None:
        self.read = read
        extra = [(f"c{place}", CellColumn(place, header)) for place, header in enumerate(headers)]
        super().__init__(*args, extra_columns=extra, **options)

    @cached_property
    def cells(self) -> FileCells:
        rows = list(self.data)
        return self.read(rows) if self.read and rows else FileCells({})


class PendingLeadsTable(FileTable):
    sorts = {"since": "not_before"}
    default_sort = "since"
    cards = ("tick", "lead", "c0", "c1", "c2", "since")
    caption = "Leads of the next file"

    tick = tables.Column(empty_values=(), accessor="pk", verbose_name="Choose", attrs={"td": {"class": "tick"}, "th": {"class": "tick"}})
    since = TimeColumn(accessor="not_before", verbose_name="Waits since")

    class Meta(ListTable.Meta):
        sequence = ("tick", "lead", "...", "since")

    def render_tick(self, record: Any) -> SafeString:
        box = '<input type="checkbox" class="form-check-input" form="{}" name="id" value="{}" aria-label="Choose lead {}">'
        return markup(box, FORM_ID, record.lead_id, record.lead_id)


class SentLeadsTable(FileTable):
    sorts = {"row": "row"}
    default_sort = "row"
    cards = ("lead", "c0", "c1", "c2", "row")
    caption = "Leads of the file"

    row = NumberColumn()

    class Meta(ListTable.Meta):
        sequence = ("row", "lead", "...")
