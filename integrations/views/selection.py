"""Which of the deliveries that need a person were chosen: ticked ones, or all that the list's filters match."""

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
class Chosen:
    """`rows` as far as the person sees them. `query`: the list they were chosen from; `seen`: when, of all that it matches."""

    rows: QuerySet[Delivery]
    ids: list[int] = field(default_factory=list)
    all: bool = False
    query: str = ""
    seen: str = ""
    filters: NeedsPersonFilters | None = None
    problem: str = ""

    @cached_property
    def count(self) -> Count:
        """How many of them still need somebody."""
        return Count(*capped(self.rows.filter(state=Delivery.State.NEEDS_PERSON).order_by()))

    @property
    def over(self) -> int:
        """How many are dealt with at once, where these are more."""
        return AT_ONCE if self.count.n > AT_ONCE or not self.count.exact else 0

    @property
    def fields(self) -> list[tuple[str, str]]:
        """To choose the same once more."""
        which = [(ALL, "1"), (SEEN, self.seen)] if self.all else [(ID, str(pk)) for pk in self.ids]
        return [*which, (QUERY, self.query)]

    @property
    def narrowed_by(self) -> list[str]:
        return [f"{chip.field.label}: {chip.value}" for chip in self.filters.chips() if chip.value] if self.filters else []

    def unseen(self, done: Done) -> int:
        """Of the ticked ones, those that are not, or no longer, in sight."""
        return max(0, len(self.ids) - len(done.ids) - len(done.refused))


def chosen_in(request: HttpRequest) -> Chosen:
    given = request.POST if request.method == "POST" else request.GET
    query = given.get(QUERY, "")
    if given.get(ALL) == "1":
        return _all(request, query, given.get(SEEN) or timezone.now().isoformat())
    rows = deliveries_for(request.user)
    ids = _ids(given.getlist(ID))
    if not ids:
        return Chosen(rows.none(), query=query, problem=NONE_CHOSEN)
    return Chosen(rows.filter(pk__in=ids), ids=ids, query=query)


def _all(request: HttpRequest, query: str, seen: str) -> Chosen:
    """Those that were there when it was said how many there are: what came since was not meant."""
    rows = needs_person(request.user)
    filters = NeedsPersonFilters(QueryDict(query), rows, request=request)
    try:
        moment = datetime.fromisoformat(seen)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or filters.problems(besides=OWN_PARAMETERS):
        return Chosen(rows.none(), query="", problem=NOT_UNDERSTOOD)
    then = filters.qs.filter(Q(answered_at__lte=moment) | Q(answered_at=None))
    return Chosen(then, all=True, query=query, seen=seen, filters=filters)


def _ids(texts: Iterable[str]) -> list[int]:
    """What is no id is nobody's; more than a page can show were not ticked on one."""
    ids = {int(text) for text in texts if text.isascii() and text.isdecimal() and int(text) < 2**63}
    return sorted(ids)[:AT_MOST]
