"""The selection of deliveries that need a person: ticked ones, or all that match the list's filters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from config.core.lists.listing import OWN_PARAMETERS
from config.core.lists.pagination import capped
from integrations.models import Delivery
from integrations.selectors import Count, deliveries_for, needs_person
from integrations.services import AT_MOST, AT_ONCE, Done
from integrations.views.filters import NeedsPersonFilters

NONE_CHOSEN = "Nothing was done: choose at least one delivery first."
NOT_UNDERSTOOD = "Nothing was done: part of what was asked for was not understood."
ALL, ID, QUERY, SEEN = "all", "id", "query", "seen"


@dataclass(frozen=True)
class BulkSelection:
    """The selected deliveries, as far as the user sees them.

    `query` is the query string of the list. `seen` is the time at which all of its matches were selected.
    """

    rows: QuerySet[Delivery]
    ids: list[int] = field(default_factory=list)
    all: bool = False
    query: str = ""
    seen: str = ""
    filters: NeedsPersonFilters | None = None
    problem: str = ""

    @cached_property
    def count(self) -> Count:
        """The number of selected deliveries that still need a person."""
        return Count(*capped(self.rows.filter(state=Delivery.State.NEEDS_PERSON).order_by()))

    @property
    def over(self) -> int:
        """The number that one request processes, if more are selected; otherwise 0."""
        return AT_ONCE if self.count.n > AT_ONCE or not self.count.exact else 0

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Form fields that make the same selection again."""
        which = [(ALL, "1"), (SEEN, self.seen)] if self.all else [(ID, str(pk)) for pk in self.ids]
        return [*which, (QUERY, self.query)]

    @property
    def narrowed_by(self) -> list[str]:
        return [f"{chip.field.label}: {chip.value}" for chip in self.filters.chips() if chip.value] if self.filters else []

    def unseen(self, done: Done) -> int:
        """Return how many of the ticked deliveries the user cannot see, or no longer."""
        return max(0, len(self.ids) - len(done.ids) - len(done.refused))


def selection_of(request: HttpRequest) -> BulkSelection:
    given = request.POST if request.method == "POST" else request.GET
    query = given.get(QUERY, "")
    if given.get(ALL) == "1":
        return _all(request, query, given.get(SEEN) or timezone.now().isoformat())
    rows = deliveries_for(request.user)
    ids = _ids(given.getlist(ID))
    if not ids:
        return BulkSelection(rows.none(), query=query, problem=NONE_CHOSEN)
    return BulkSelection(rows.filter(pk__in=ids), ids=ids, query=query)


def _all(request: HttpRequest, query: str, seen: str) -> BulkSelection:
    """Select all matches that existed when the user was shown their number. Later ones were not meant."""
    rows = needs_person(request.user)
    filters = NeedsPersonFilters(QueryDict(query), rows, request=request)
    try:
        moment = datetime.fromisoformat(seen)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or filters.problems(besides=OWN_PARAMETERS):
        return BulkSelection(rows.none(), query="", problem=NOT_UNDERSTOOD)
    then = filters.qs.filter(Q(answered_at__lte=moment) | Q(answered_at=None))
    return BulkSelection(then, all=True, query=query, seen=seen, filters=filters)


def _ids(texts: Iterable[str]) -> list[int]:
    """Return the ids, at most as many as a page can show. Texts that are no id are ignored."""
    ids = {int(text) for text in texts if text.isascii() and text.isdecimal() and int(text) < 2**63}
    return sorted(ids)[:AT_MOST]
