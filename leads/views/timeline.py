"""The timeline of a lead: the entries of all sources, merged by time, a page at a time.

A place in the timeline is a position in each source, so that every source reads on in the order of its own index, and
a lead with ten thousand entries costs a page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from heapq import merge
from itertools import islice
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from campaigns.scope import Who
from config.core.accounts import roles
from config.core.accounts.permissions import role_required
from config.core.accounts.requests import UserRequest
from config.core.errors import ROLE
from config.core.ids import parse_id
from config.core.lists import times
from config.core.lists.pagination import BadPosition
from leads import privacy
from leads.extension_points import TimelineChange, TimelineEntry, TimelineSource, hold_reasons, timeline_sources
from leads.lifecycle.notes import BILLED
from leads.models import Lead, LeadNote
from leads.selectors import leads_for
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
OTHER_SIDES = {
    roles.PUBLISHER: frozenset({"advertiser_billable", "over_allocation"}),
    roles.ADVERTISER: frozenset({"publisher_billable"}),
    roles.ADVERTISER_REPORT: frozenset({"publisher_billable"}),
    roles.AGENCY_CALL_CENTRE: frozenset({"publisher_billable"}),
}
"""Axes that are hidden from a role because they show what the other party pays or earns."""


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
        """Return the entries of the notes. Values and comments hold personal data, and are masked where the lead is.

        Where a lead is delivered to, and why not, is told to those who manage campaigns: others read that it is delivered.
        """
        notes = LeadNote.objects.filter(lead_id=lead.pk).order_by("-pk")
        if hidden := OTHER_SIDES.get(self.who.role):
            own = [Q(changes__contains=[[axis]]) for axis in BILLED if axis not in hidden]
            notes = notes.filter(~Q(kind=LeadNote.Kind.CONTRACT) | reduce(or_, own))
        if before:
            notes = notes.filter(pk__lt=_parse_position(before))
        unmasked = privacy.sees_values_of(self.who, lead)
        return [self._entry(note, unmasked=unmasked) for note in notes[:limit]]

    def _entry(self, note: LeadNote, *, unmasked: bool) -> TimelineEntry:
        changes = [change for change in note.changes if change[0] not in OTHER_SIDES.get(self.who.role, frozenset())]
        told = note.kind != LeadNote.Kind.DELIVERY or self.who.role in roles.MANAGES_CAMPAIGNS
        if note.kind == LeadNote.Kind.DATA:
            lines = [_value_change(*change, unmasked=unmasked) for change in changes]
        else:
            lines = [_axis_change(axis if told or axis in AXES else note.get_kind_display(), *values) for axis, *values in changes]
        chosen = note.kind == LeadNote.Kind.STATUS  # from the reasons of flags; that of an edit or a delivery may be typed
        return TimelineEntry(
            position=str(note.pk),
            at=note.at,
            by=privacy.person_for(self.who, note.actor_name),
            kind=note.get_kind_display(),
            lines=lines,
            reason=_typed_text("Reason", note.reason if told else "", unmasked=unmasked or chosen),
            comment=_typed_text("Comment", note.comment if told else "", unmasked=unmasked),
        )


def _typed_text(label: str, text: str, *, unmasked: bool) -> str:
    return text if unmasked or not text else ROLE.lifts(f"{label} hidden: personal data is masked for your role.")


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


def _value_change(field: str, old: Any, new: Any, *, unmasked: bool) -> TimelineChange:
    before, after = (str(value or "") if unmasked else privacy.mask_value(value or "") for value in (old, new))
    return TimelineChange(field, before or NOTHING, after or NOTHING)


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
