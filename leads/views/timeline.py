"""The timeline of a lead: the entries of all sources, merged by time, a page at a time.

A place in the timeline is a position in each source, so that every source reads on in the order of its own index, and
a lead with ten thousand entries costs a page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.ids import parse_id
from config.core.lists import times
from config.core.lists.pagination import BadPosition
from leads import display
from leads.extension_points import TimelineChange, TimelineEntry, TimelineSource, hold_reasons, timeline_sources
from leads.models import Lead, LeadNote
from leads.selectors import leads_for, notes_told_to
from leads.statuses import CurrentStatus, DeliveryStatus, QaStatus, SecondCheck

PAGE_SIZE = 50
NOTHING = "nothing"
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
    roles = roles.SEES_LEADS

    def page(self, lead: Lead, before: str, limit: int) -> list[TimelineEntry]:
        notes = notes_told_to(self.who, LeadNote.objects.filter(lead_id=lead.pk)).order_by("-pk")
        if before:
            notes = notes.filter(pk__lt=_parse_position(before))
        return [self._entry(note, lead) for note in notes[:limit]]

    def _entry(self, note: LeadNote, lead: Lead) -> TimelineEntry:
        shown = display.note_for(self.who, lead, note)
        is_data = note.kind == LeadNote.Kind.DATA
        return TimelineEntry(
            position=str(note.pk),
            at=note.at,
            by=shown.by,
            kind=note.get_kind_display(),
            lines=[(_value_change if is_data else _axis_change)(*change) for change in shown.changes],
            reason=shown.reason,
            comment=shown.comment,
        )


@require_GET
@role_required(roles.SEES_LEADS)
def lead_timeline(request: UserRequest, pk: int) -> HttpResponse:
    """Answer a page of entries to an htmx request, which appends them, and else a page of its own."""
    lead = get_object_or_404(leads_for(request.user).select_related("campaign"), pk=pk)
    try:
        page = timeline_page(request.user, lead, read_positions(request.GET.getlist("before")))
    except BadPosition as error:
        raise Http404 from error
    context = {"lead": lead, "timeline": page, "fragment": bool(request.htmx)}
    response = render(request, "leads/_timeline.html" if request.htmx else "leads/timeline.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def timeline_page(who: Who, lead: Lead, positions: Mapping[str, str]) -> TimelinePage:
    """Return the page before the positions, of the sources that are open to `who`. Each source is asked once.

    Raises BadPosition for a position that no source has given.
    """
    sources = {source.key: source(who) for source in timeline_sources if who.role in source.roles}
    if unknown := positions.keys() - sources.keys():
        raise BadPosition(", ".join(sorted(unknown)))
    fetched = [[(key, entry) for entry in source.page(lead, positions.get(key, ""), PAGE_SIZE + 1)] for key, source in sources.items()]
    shown = list(islice(merge(*fetched, key=lambda pair: pair[1].at, reverse=True), PAGE_SIZE))
    older = ""
    if sum(map(len, fetched)) > PAGE_SIZE:
        reached = {**positions, **{key: entry.position for key, entry in shown}}
        older = urlencode([("before", f"{key}:{position}") for key, position in reached.items()])
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


def _parse_position(text: str) -> int:
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
