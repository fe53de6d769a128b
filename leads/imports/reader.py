"""A file as it is going to be read: its records in chunks, and the door they go through. The same for an import and for a trial."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from campaigns import submission
from campaigns.models import Campaign, CampaignLink, CampaignPublisher, Form, Publisher
from campaigns.selectors import campaign_status
from campaigns.submission import Closed, Door
from config.core.errors import DomainError
from leads.imports import columns, header, source_file
from leads.imports.checkpoint import Target, Way
from leads.imports.columns import Columns
from leads.imports.header import Header
from leads.imports.records import Record, records
from leads.imports.row_validation import Layout
from leads.imports.source_file import SourceFile

CHUNK = 1_000
CHUNK_CHARACTERS = 4_000_000
"""A chunk of long rows ends earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants imported. `said` are mappings such as `First Name=firstName`; what is empty is found out."""

    path: Path
    campaign: Campaign
    form: Form
    publisher: Publisher
    link: CampaignLink | None = None
    said: tuple[str, ...] = ()
    delimiter: str = ""
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    asked: Asked
    source: SourceFile
    header: Header
    columns: Columns
    layout: Layout

    @property
    def target(self) -> Target:
        asked = self.asked
        return Target(self.source.sha256, asked.campaign.pk, asked.form.pk, asked.publisher.pk, asked.link.pk if asked.link else None)

    @property
    def way(self) -> Way:
        return Way(self.header.delimiter, self.source.encoding, self.columns.taken)

    def door(self) -> Door:
        """As it is at this moment; raises when it is closed."""
        _, campaign, form, publisher, link = self.target
        door = submission.find(campaign, form_id=form, publisher_id=publisher, link_id=link)
        if door is None or door.closed:
            raise DomainError(self._why_closed(door), status=403)
        return door

    def chunks(self, *, after: int = 0) -> Iterator[list[Record]]:
        """Without the first rows. The first of all is the header."""
        return _in_chunks(islice(records(self.source.text(), self.header.delimiter), after + 1, None))

    def _why_closed(self, door: Door | None) -> str:
        if door is None:
            return "The campaign is gone."
        if door.closed == Closed.CAMPAIGN_INACTIVE:
            return f"{door.closed}: {self.asked.campaign} is {campaign_status(door.campaign)}."
        if door.closed == Closed.PUBLISHER_INACTIVE:
            contract = CampaignPublisher.objects.get(campaign=self.asked.campaign, publisher=self.asked.publisher)
            return f"{door.closed}: the contract of {self.asked.publisher} is {contract.status}."
        return f"{door.closed}."


@contextmanager
def begun(asked: Asked) -> Iterator[Reading]:
    """With everything checked that can be checked before the first row."""
    with source_file.opened(asked.path, encoding=asked.encoding) as source:
        head = header.read(source, delimiter=asked.delimiter)
        fields = asked.form.fields.filter(enabled=True)
        matched = columns.match(head.names, fields, asked.said)
        reading = Reading(asked, source, head, matched, Layout(head.names, matched.taken))
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
