"""The parsed file of an import or a dry run: its records in chunks, and the submission context they are checked with."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from campaigns import submission
from campaigns.models import Campaign, CampaignLink, CampaignPublisher, Form, Publisher
from campaigns.selectors import campaign_status
from campaigns.submission import SubmissionContext, SubmissionRefusal
from config.core.errors import DomainError
from leads.imports import columns, header, source_file
from leads.imports.checkpoint import ImportProgress, ImportTarget
from leads.imports.columns import ColumnMapping
from leads.imports.header import Header
from leads.imports.records import Record, records
from leads.imports.row_validation import RowLayout
from leads.imports.source_file import SourceFile

CHUNK = 1_000
CHUNK_CHARACTERS = 4_000_000
"""The size at which a chunk of long rows ends earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """A requested import. `said` are mappings such as `First Name=firstName`; an empty delimiter or encoding is detected."""

    path: Path
    campaign: Campaign
    form: Form
    publisher: Publisher
    link: CampaignLink | None = None
    said: tuple[str, ...] = ()
    delimiter: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class ImportFile:
    asked: ImportRequest
    source: SourceFile
    header: Header
    columns: ColumnMapping
    layout: RowLayout

    @property
    def target(self) -> ImportTarget:
        asked = self.asked
        return ImportTarget(self.source.sha256, asked.campaign.pk, asked.form.pk, asked.publisher.pk, asked.link.pk if asked.link else None)

    @property
    def way(self) -> ImportProgress:
        return ImportProgress(self.header.delimiter, self.source.encoding, self.columns.taken)

    def door(self) -> SubmissionContext:
        """Load the present submission context. Raises DomainError when the campaign does not take leads."""
        _, campaign, form, publisher, link = self.target
        door = submission.load_submission_context(campaign, form_id=form, publisher_id=publisher, link_id=link)
        if door is None or door.closed:
            raise DomainError(self._why_closed(door), status=403)
        return door

    def chunks(self, *, after: int = 0) -> Iterator[list[Record]]:
        """Return the records in chunks, without the header and the first `after` rows."""
        return _in_chunks(islice(records(self.source.text(), self.header.delimiter), after + 1, None))

    def _why_closed(self, door: SubmissionContext | None) -> str:
        if door is None:
            return "The campaign is gone."
        if door.closed == SubmissionRefusal.CAMPAIGN_INACTIVE:
            return f"{door.closed}: {self.asked.campaign} is {campaign_status(door.campaign)}."
        if door.closed == SubmissionRefusal.PUBLISHER_INACTIVE:
            contract = CampaignPublisher.objects.get(campaign=self.asked.campaign, publisher=self.asked.publisher)
            return f"{door.closed}: the contract of {self.asked.publisher} is {contract.status}."
        return f"{door.closed}."


@contextmanager
def begun(asked: ImportRequest) -> Iterator[ImportFile]:
    """Open the file after all checks that are possible before its first row."""
    with source_file.opened(asked.path, encoding=asked.encoding) as source:
        head = header.read(source, delimiter=asked.delimiter)
        fields = asked.form.fields.filter(enabled=True)
        matched = columns.match(head.names, fields, asked.said)
        reading = ImportFile(asked, source, head, matched, RowLayout(head.names, matched.taken))
        reading.door()
        yield reading


def _in_chunks(rows: Iterable[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    characters = 0
    for record in rows:
        chunk.append(record)
        characters += sum(map(len, record.cells))
        if len(chunk) >= CHUNK or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
