"""Rows that earlier imports to the same destination have stored already: no second import doubles their leads.

A row is known by its values, whatever file it comes in; one of the same file also by the line at which it begins, however the
file is read. Each lead answers for one row: of two equal rows in a file both are imported, and both are known afterwards.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Func, IntegerField, Sum
from typing_extensions import override

from config.core.tabular.records import Record
from leads.imports.row_digest import RowIdentity, row_values
from leads.imports.row_validation import RefusedRow, ValidatedRows
from leads.intake.service import IncomingLead, ReceivedLead
from leads.intake.validation import FieldProblem
from leads.models import Lead, LeadImport, LeadImportPart
from leads.models.lead import LIVE

MANY = 1_000
"""Leads of equal rows that are remembered, once there are more: reading them for every chunk would take long."""
_PAGE = 1 << 16


class LeadIds:
    """A set of ids of leads that takes a bit for each, as a file may have ten million rows."""

    def __init__(self) -> None:
        self._pages: defaultdict[int, bytearray] = defaultdict(lambda: bytearray(_PAGE >> 3))

    def __contains__(self, lead_id: int) -> bool:
        page = self._pages.get(lead_id // _PAGE)
        return page is not None and bool(page[lead_id % _PAGE >> 3] & (1 << (lead_id & 7)))

    def update(self, lead_ids: Iterable[int]) -> None:
        for lead_id in lead_ids:
            self._pages[lead_id // _PAGE][lead_id % _PAGE >> 3] |= 1 << (lead_id & 7)


class KnownRows(NamedTuple):
    """The rows of a chunk that remain, and the leads of the others by the line of the row."""

    remaining: ValidatedRows
    lead_ids: dict[int, int]


class EarlierImports:
    """Earlier imports to one destination, as one run sees them.

    - `same_file`: the runs that have read the same bytes.
    - `narrower`: the fields of runs that took fewer of them than this one. Their rows are known without the added values.
    - `notes`: what the user has to know about runs whose rows cannot be recognised.
    """

    def __init__(self, same_file: Sequence[int] = (), narrower: Sequence[frozenset[str]] = (), notes: Sequence[str] = ()) -> None:
        self.notes = notes
        self._same_file, self._narrower = same_file, narrower
        self._taken = LeadIds()
        self._many: dict[UUID, list[int]] = {}

    def leave_out(self, rows: ValidatedRows, identity: RowIdentity) -> KnownRows:
        """Return the rows without those that are leads. One that is a lead with other values is refused."""
        known: dict[int, int] = {}
        chosen: set[int] = set()

        def take(lead_ids: Iterable[int], line: int) -> bool:
            """Let the first lead that answers for no row yet answer for this one."""
            lead_id = next((pk for pk in lead_ids if pk not in chosen and pk not in self._taken), None)
            if lead_id is not None:
                chosen.add(lead_id)
                known[line] = lead_id
            return lead_id is not None

        pairs = list(zip(rows.accepted, rows.leads, strict=True))
        same = self._leads_by_digest({lead.row_digest for lead in rows.leads if lead.row_digest})
        new = [(record, lead) for record, lead in pairs if not (lead.row_digest and take(same(lead.row_digest), record.line))]
        other = self._leads_with_other_values(new, identity)
        remaining = ValidatedRows([], [], list(rows.refused))
        for record, lead in new:
            if take(other(record.line), record.line):
                message = f"This row is lead {known[record.line]} already, with other values. Delete that lead to take the row in anew."
                remaining.refused.append(RefusedRow(record, [FieldProblem(None, message)]))
            else:
                remaining.accepted.append(record)
                remaining.leads.append(lead)
        return KnownRows(remaining, known)

    def add_taken(self, lead_ids: Iterable[int]) -> None:
        """Let these leads answer for no further row: rows of this run are these leads. Call it when their chunk is committed."""
        taken = list(lead_ids)
        self._taken.update(taken)
        for digest, remembered in self._many.items():
            first_free = next((place for place, pk in enumerate(remembered) if pk not in self._taken), len(remembered))
            self._many[digest] = remembered[first_free:] if first_free else remembered

    def _leads_by_digest(self, digests: set[UUID]) -> Callable[[UUID], Iterator[int]]:
        """Return the function from a digest to the leads that have it and are not deleted. It goes on where its last call ended."""
        found: defaultdict[UUID, list[int]] = defaultdict(list)
        wanted = digests - self._many.keys()
        if wanted:
            leads = Lead.objects.filter(LIVE, row_digest__in=wanted).order_by("pk").values_list("row_digest", "pk")
            for digest, pk in leads:
                if digest:
                    found[digest].append(pk)
        self._many |= {digest: lead_ids for digest, lead_ids in found.items() if len(lead_ids) > MANY}
        iterators = {digest: iter(self._many.get(digest) or found[digest]) for digest in digests}
        return lambda digest: iterators[digest]

    def _leads_with_other_values(
        self, rows: Sequence[tuple[Record, IncomingLead]], identity: RowIdentity
    ) -> Callable[[int], Iterator[int]]:
        """Return the function from a line to the leads that its row is although values differ: by the line, or without added values."""
        by_line = self._leads_by_line([record.line for record, _ in rows])
        digests = {record.line: list(self._narrower_digests(lead, identity)) for record, lead in rows} if self._narrower else {}
        by_digest = self._leads_by_digest({digest for several in digests.values() for digest in several})

        def find(line: int) -> Iterator[int]:
            if line in by_line:
                yield by_line[line]
            for digest in digests.get(line, ()):
                yield from by_digest(digest)

        return find

    def _narrower_digests(self, lead: IncomingLead, identity: RowIdentity) -> Iterator[UUID]:
        values = row_values(lead.captured, lead.origin)
        for fields in self._narrower:
            if fewer := {name: value for name, value in values.items() if name in fields}:
                yield identity.digest(fewer)

    def _leads_by_line(self, lines: Sequence[int]) -> dict[int, int]:
        """Map lines of the same file to the leads that were made of them and are not deleted."""
        if not self._same_file or not lines:
            return {}
        parts = LeadImportPart.objects.filter(run__in=self._same_file, first_line__lte=max(lines), last_line__gte=min(lines))
        ids = {line: lead_id for part in parts for line, lead_id in zip(part.lines, part.lead_ids, strict=True)}
        wanted = {ids[line] for line in lines if line in ids}
        present = set(Lead.objects.filter(LIVE, pk__in=wanted).values_list("pk", flat=True))
        return {line: ids[line] for line in lines if ids.get(line) in present}


class NoEarlierImports(EarlierImports):
    """Stands for imports that take every row of their file, whatever was imported before."""

    @override
    def leave_out(self, rows: ValidatedRows, identity: RowIdentity) -> KnownRows:
        return KnownRows(rows, {})

    @override
    def add_taken(self, lead_ids: Iterable[int]) -> None:
        """Remember nothing."""


def record_part(run: LeadImport, lead_ids: Mapping[int, int]) -> None:
    """Record which lines of a chunk are leads."""
    if lead_ids:
        lines = sorted(lead_ids)
        ids = [lead_ids[line] for line in lines]
        LeadImportPart.objects.create(run=run, first_line=lines[0], last_line=lines[-1], lines=lines, lead_ids=ids)


def leads_by_line(known: KnownRows, received: Sequence[ReceivedLead]) -> dict[int, int]:
    """Map the lines of a chunk to their leads: those that were known, and those that its remaining rows became."""
    stored = zip(known.remaining.accepted, received, strict=True)
    return {**known.lead_ids, **{record.line: lead.lead_id for record, lead in stored if not lead.differs}}


def load_taken(earlier: EarlierImports, run: LeadImport) -> None:
    """Let the leads of the rows that a resumed run has read answer for no other row."""
    for lead_ids in run.parts.values_list("lead_ids", flat=True).iterator():
        earlier.add_taken(lead_ids)


def knows_its_leads(run: LeadImport) -> bool:
    """Whether it is recorded which rows of the run are leads. Runs of the first versions recorded nothing."""
    length = Func(F("lines"), function="cardinality", output_field=IntegerField())
    return (run.parts.aggregate(n=Sum(length))["n"] or 0) >= run.done
