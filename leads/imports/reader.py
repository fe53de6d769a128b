"""The parsed file of an import or a dry run: its records in chunks, and the submission context they are checked with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from campaigns import submission
from campaigns.models import Campaign, CampaignLink, CampaignPublisher, Form, Publisher
from campaigns.selectors import campaign_status
from campaigns.submission import SubmissionContext, SubmissionRefusal
from config.core.errors import DomainError
from config.core.tabular import header, source_file
from config.core.tabular.header import Header
from config.core.tabular.records import Record
from config.core.tabular.refused_rows import RefusedRowsFile, open_refused_rows
from config.core.tabular.source_file import SourceFile
from leads.imports import columns
from leads.imports.checkpoint import FileFormat, ImportTarget
from leads.imports.columns import ColumnMapping
from leads.imports.dates import decide_orders, find_date_columns
from leads.imports.refused_rows import ABOUT, columns_about_rows
from leads.imports.row_validation import RowLayout

CHUNK = 1_000
CHUNK_CHARACTERS = 4_000_000
"""The size at which a chunk of long rows ends earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """A requested import. An empty delimiter or encoding is detected.

    `mappings` are texts such as `First Name=firstName`, `date_formats` such as `DD/MM/YYYY` or `Born=DD/MM/YYYY`.
    """

    path: Path
    campaign: Campaign
    form: Form
    publisher: Publisher
    link: CampaignLink | None = None
    mappings: tuple[str, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    date_formats: tuple[str, ...] = ()
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ImportFile:
    """The open file. `header` and rows are without the first `about` columns, in which an earlier import wrote why it refused the row."""

    request: ImportRequest
    source: SourceFile
    header: Header
    about: int
    columns: ColumnMapping
    layout: RowLayout

    @property
    def target(self) -> ImportTarget:
        link_id = self.request.link.pk if self.request.link else None
        return ImportTarget(self.source.sha256, self.request.campaign.pk, self.request.form.pk, self.request.publisher.pk, link_id)

    @property
    def format(self) -> FileFormat:
        return FileFormat(self.header.delimiter, self.source.encoding, self.columns.fields, self.layout.date_orders)

    def load_context(self) -> SubmissionContext:
        """Load the present submission context. Raises DomainError when the campaign does not take leads."""
        _, campaign, form, publisher, link = self.target
        context = submission.load_submission_context(campaign, form_id=form, publisher_id=publisher, link_id=link)
        if context is None or context.closed:
            raise DomainError(self._why_closed(context), status=403)
        return context

    def rows(self) -> Iterator[Record]:
        """Yield the records without the header, which stands in the middle too where files were appended to each other."""
        records = self.source.records(self.header.delimiter)
        first = next(records, None)
        for record in records:
            if first and record.cells == first.cells:
                continue
            yield record._replace(cells=record.cells[self.about :]) if self.about and not record.fault else record

    def chunks(self, *, after: int = 0) -> Iterator[list[Record]]:
        """Yield the rows in chunks, without the first `after` rows."""
        chunk: list[Record] = []
        characters = 0
        for record in islice(self.rows(), after, None):
            chunk.append(record)
            characters += sum(map(len, record.cells))
            if len(chunk) >= CHUNK or characters >= CHUNK_CHARACTERS:
                yield chunk
                chunk, characters = [], 0
        if chunk:
            yield chunk

    def open_refused_rows(self, path: Path, *, size: int = 0) -> RefusedRowsFile:
        return open_refused_rows(path, size=size, columns=[*ABOUT, *self.header.names], delimiter=self.header.delimiter)

    def _why_closed(self, context: SubmissionContext | None) -> str:
        if context is None:
            return "The campaign is gone."
        if context.closed == SubmissionRefusal.CAMPAIGN_INACTIVE:
            return f"{context.closed}: {self.request.campaign} is {campaign_status(context.campaign)}."
        if context.closed == SubmissionRefusal.PUBLISHER_INACTIVE:
            contract = CampaignPublisher.objects.get(campaign=self.request.campaign, publisher=self.request.publisher)
            return f"{context.closed}: the contract of {self.request.publisher} is {contract.status}."
        return f"{context.closed}."


@contextmanager
def open_import(request: ImportRequest) -> Iterator[ImportFile]:
    """Open the file after all checks that are possible before its first row."""
    with source_file.open_source(request.path, encoding=request.encoding, password=request.password) as source:
        first_row = header.read_header(source, delimiter=request.delimiter)
        about = columns_about_rows(first_row.names)
        own_header = replace(first_row, names=first_row.names[about:])
        fields = list(request.form.fields.filter(enabled=True))
        mapping = columns.match(own_header.names, fields, request.mappings)
        dates = find_date_columns(own_header.names, mapping.fields, fields, request.date_formats)
        layout = RowLayout(own_header, mapping.fields, dates, is_corrected=bool(about))
        file = ImportFile(request, source, own_header, about, mapping, layout)
        file.load_context()
        decide_orders(dates, file.rows())
        yield file
