"""The timeline of a lead: the entries of all sources, merged by time, a page at a time.

A place in the timeline is a position in each source, so that every source reads on in the order of its own index, and
a lead with ten thousand entries costs a page.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, QueryDict

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.actor import SYSTEM
from config.core.ids import parse_id
from config.core.lists import times
from config.core.lists.pagination import BadPosition
from leads import display
from leads.extension_points import LeadTab, TimelineChange, TimelineEntry, TimelineSource, hold_reasons, lead_tabs, timeline_sources
from leads.models import Lead, LeadNote
from leads.selectors import in_short, notes_told_to
from leads.statuses import CurrentStatus, DeliveryStatus, EntryPoint, QaStatus, SecondCheck

PAGE_SIZE = 50
NOTHING = "nothing"
RECEIVED = "1"
"""The position of the one entry about the arrival."""
AXES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "qa_status": ("QA Status", {"": "none", **dict(QaStatus.choices)}),
    "second_check": ("2nd Check", {"": "none", **dict(SecondCheck.choices)}),
    "flag_reason": ("Reason", {"": "none"}),
    "flag_category": ("Reason Category", {"": "none"}),
    "current_status": ("Current Status", dict(CurrentStatus.choices)),
    "delivery_status": ("Delivery", dict(DeliveryStatus.choices)),
    "replacement_type": ("Replacement", {"": "No", "replacement": "Yes"}),
    "publisher_billable": ("Billable to lead generator", {"True": "Yes", "False": "No"}),
    "advertiser_billable": ("Billable to advertiser", {"True": "Yes", "False": "No"}),
    "over_allocation": ("Over allocation", {"True": "Yes", "False": "No"}),
    "deleted_at": ("Deleted", {}),
    "hold_reason": ("Hold", {}),
}


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """A page of entries, the newest first. `older` is the query of the next page, empty at the end."""

    entries: list[TimelineEntry]
    older: str


@timeline_sources.register
class NoteSource(TimelineSource):
    """The change log of the lead in words: each axis with its old and new value."""

    key = "notes"
    label = "Notes"
    roles = roles.SEES_LEADS
    kinds = dict(LeadNote.Kind.choices) | {LeadNote.Kind.DELIVERY.value: "Delivery status"}  # beside the attempts of an upper app

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        notes = notes_told_to(self.who, LeadNote.objects.filter(lead_id=lead.pk)).order_by("-pk")
        if self.only:
            notes = notes.filter(kind__in=self.only)
        if before:
            notes = notes.filter(pk__lt=parse_position(before))
        return [note_entry(self.who, lead, note) for note in in_short(notes)[:limit]]


@timeline_sources.register
class ReceivedSource(TimelineSource):
    """The arrival of the lead: by which way, and from whom for those who are told it. The lead's own row says it."""

    key = "received"
    label = "Received"
    roles = roles.SEES_LEADS

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:  # noqa: ARG002  (there is one entry)
        if before:
            if before != RECEIVED:
                raise BadPosition(before)
            return []
        way = f"Received by {EntryPoint(lead.entry_point).label}" if lead.entry_point else "Received"
        return [TimelineEntry(RECEIVED, lead.created_at, SYSTEM.name, "Received", comment=f"{way}{self._sender(lead)}.")]

    def _sender(self, lead: Lead) -> str:
        return f", from {lead.publisher.name}" if lead.publisher and self.who.role in roles.MANAGES_CAMPAIGNS else ""


def note_entry(who: Who, lead: Lead, note: Any, *, start: int = 0) -> TimelineEntry:
    """Return the entry of a note with the changes that were read of it, from the place `start` (`in_short`, `changes_from`)."""
    shown = display.note_for(who, lead, note, note.first_changes)
    is_data = note.kind == LeadNote.Kind.DATA
    return TimelineEntry(
        position=str(note.pk),
        at=note.at,
        by=shown.by,
        kind=note.get_kind_display(),
        lines=[(_value_change if is_data else _axis_change)(*change) for change in shown.changes],
        reason=shown.reason,
        comment=shown.comment,
        further=max(0, note.number_of_changes - start - len(note.first_changes)),
    )


@lead_tabs.register
class TimelineTab(LeadTab):
    """All that has happened to the lead on one axis, the newest first, of the types that are chosen."""

    key = "timeline"
    template = "leads/_timeline_tab.html"

    def context(self, who: Who, lead: Lead, query: QueryDict) -> dict[str, Any]:
        chosen = query.getlist("type")
        sources = _sources_for(who)
        known = set().union(*map(_keys_of, sources))
        problem = next((f"There is no type “{text[:80]}” here." for text in chosen if text not in known), "")
        page = TimelinePage([], "")
        if not problem:
            try:
                page = timeline_page(who, lead, read_positions(query.getlist("before")), chosen)
            except BadPosition as error:
                raise Http404 from error
        return {
            "lead": lead,
            "timeline": page,
            "choices": [_choice(source, chosen) for source in sources],
            "problem": problem,
            "is_filtered": bool(chosen),
            "is_further": bool(query.getlist("before")),
        }


@dataclass(frozen=True, slots=True)
class TimelineChoice:
    """A source of entries to filter by, or one of its types as `source.type`. `query` chooses it too, or takes it away.

    `kinds` are the types of a source, which are offered once the source or one of them is chosen.
    """

    key: str
    label: str
    is_chosen: bool
    query: str
    kinds: Sequence["TimelineChoice"] = ()


def _choice(source: type[TimelineSource], chosen: Collection[str]) -> TimelineChoice:
    labels = {f"{source.key}.{kind}": label for kind, label in source.kinds.items()}
    own = {key for key in chosen if key == source.key or key in labels}
    others = [key for key in chosen if key not in own]

    def kind(key: str) -> TimelineChoice:
        """Return the choice of a type: it narrows the source, and the last one that is taken away leaves the source whole."""
        kept = [other for other in chosen if other in labels and other != key]
        query = [*others, *(kept or [source.key])] if key in own else [*others, *kept, key]
        return TimelineChoice(key, labels[key], key in own, _query_of(query))

    query = others if own else [*others, source.key]
    return TimelineChoice(source.key, source.label or source.key, bool(own), _query_of(query), [kind(key) for key in labels] if own else [])


def _query_of(chosen: Iterable[str]) -> str:
    return urlencode([("type", key) for key in chosen])


def _keys_of(source: type[TimelineSource]) -> set[str]:
    return {source.key, *(f"{source.key}.{kind}" for kind in source.kinds)}


def _sources_for(who: Who) -> list[type[TimelineSource]]:
    return [source for source in timeline_sources if who.role in source.roles]


def timeline_page(who: Who, lead: Lead, positions: Mapping[str, str], chosen: Collection[str] = ()) -> TimelinePage:
    """Return the page before the positions, of the sources that are open to `who`, or of the types chosen. Each source is asked once.

    Raises BadPosition for a position that no source has given.
    """
    only: dict[str, set[str]] = {}
    for text in chosen:
        key, _, kind = text.partition(".")
        only.setdefault(key, set()).add(kind)
    opened = {source.key: source for source in _sources_for(who)}
    if unknown := positions.keys() - opened.keys():
        raise BadPosition(", ".join(sorted(unknown)))
    sources = {
        # A source that is chosen as a whole has all of its types.
        key: source(who, [] if "" in only.get(key, {""}) else only[key])
        for key, source in opened.items()
        if not only or key in only
    }
    fetched = [[(key, entry) for entry in source.page(lead, positions.get(key, ""), PAGE_SIZE + 1)] for key, source in sources.items()]
    shown = list(islice(merge(*fetched, key=lambda pair: pair[1].at, reverse=True), PAGE_SIZE))
    older = ""
    if sum(map(len, fetched)) > PAGE_SIZE:
        reached = {**positions, **{key: entry.position for key, entry in shown}}
        types = [("type", text) for text in chosen]
        older = urlencode([*types, *(("before", f"{key}:{position}") for key, position in reached.items())])
    return TimelinePage([entry for _, entry in shown], older)


def read_positions(texts: Iterable[str]) -> dict[str, str]:
    """Read `source:position` texts into the position of each source."""
    positions: dict[str, str] = {}
    for text in texts:
        key, _, position = text.partition(":")
        if not position or key in positions:
            raise BadPosition(text)
        positions[key] = position
    return positions


def parse_position(text: str) -> int:
    try:
        return parse_id(text)
    except ValueError as error:
        raise BadPosition(text) from error


def _value_change(field: str, old: Any, new: Any) -> TimelineChange:
    return TimelineChange(field, str(old or "") or NOTHING, str(new or "") or NOTHING)


def _axis_change(axis: str, old: Any, new: Any) -> TimelineChange:
    label, words = AXES.get(axis, (axis, {}))
    before, after = (_axis_text(axis, value, words) for value in (old, new))
    return TimelineChange(label, before, after)


def _axis_text(axis: str, value: Any, words: Mapping[str, str]) -> str:
    if axis == "deleted_at":
        return times.exact(datetime.fromisoformat(value)) if value else "No"
    if axis == "hold_reason":
        hold = hold_reasons.get(value) if value else None
        return hold.label if hold else value or "none"
    return words.get(str(value), str(value))
